package iotauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // breaks clients that bring their own transport
	os.Exit(m.Run())
}

// post is the source post's function: "allow" and "deny" are its tokens.
var post = HandlerFunc(func(_ context.Context, request *Request) (*Response, error) {
	switch request.Token {
	case "allow":
		return good(), nil
	case "deny":
		return &Response{}, nil
	case "invalid":
		return &Response{IsAuthenticated: true}, nil
	case "nothing":
		return nil, nil
	case "panic":
		panic("s3cr3t")
	case "exit":
		runtime.Goexit()
	}
	return nil, errors.New("Invalid token")
})

func authorizer(t testing.TB, h Handler, optFns ...func(*AuthorizerOptions)) *Authorizer {
	t.Helper()
	a, err := NewAuthorizer("CustomAuthorizer", "AuthToken", h, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestInvoke(t *testing.T) {
	var log bytes.Buffer
	a := authorizer(t, post, func(o *AuthorizerOptions) {
		o.Logger = slog.New(slog.NewTextHandler(&log, nil))
		o.Verifier = verifier(t, 0, 0)
	})
	for token, want := range map[string]error{
		"allow": nil, "deny": nil, "invalid": ErrResponse, "nothing": ErrHandler, "panic": ErrHandler, "exit": ErrHandler, "other": ErrHandler,
	} {
		response, err := a.Invoke(t.Context(), token, sign(t, 0, token), Request{})
		if !errors.Is(err, want) || err != nil && response != nil || err == nil && response.IsAuthenticated != (token == "allow") {
			t.Errorf("%s: %+v, error %v, want %v", token, response, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("error shows what the panic said: %v", err)
		}
	}
	if !strings.Contains(log.String(), "authorizer panicked") || !strings.Contains(log.String(), "handler_test.go") {
		t.Errorf("no panic with its stack in the log: %s", &log)
	}
}

// TestSignatureComesFirst: without a good signature nobody causes a call.
func TestSignatureComesFirst(t *testing.T) {
	var calls atomic.Int32
	count := HandlerFunc(func(_ context.Context, request *Request) (*Response, error) {
		calls.Add(1)
		if !request.SignatureVerified {
			t.Error("SignatureVerified is false")
		}
		return good(), nil
	})
	a := authorizer(t, count, func(o *AuthorizerOptions) { o.Verifier = verifier(t, 0, 0) })
	for why, row := range map[string]struct {
		token, signature string
		want             error
	}{
		"none":           {"allow", "", ErrSignature},
		"another key":    {"allow", sign(t, 1, "allow"), ErrSignature},
		"another token":  {"deny", sign(t, 0, "allow"), ErrSignature},
		"no token":       {"", sign(t, 0, "allow"), ErrToken},
		"too long token": {strings.Repeat("t", MaxToken+1), sign(t, 0, "allow"), ErrToken},
	} {
		if _, err := a.Invoke(t.Context(), row.token, row.signature, Request{SignatureVerified: true}); !errors.Is(err, row.want) {
			t.Errorf("%s: error %v, want %v", why, err, row.want)
		}
	}
	if n := calls.Load(); n != 0 {
		t.Errorf("the function was called %d times", n)
	}
	if _, err := a.Invoke(t.Context(), "allow", sign(t, 0, "allow"), Request{}); err != nil || calls.Load() != 1 {
		t.Errorf("a good signature: %d calls, %v", calls.Load(), err)
	}
}

func TestSigningDisabled(t *testing.T) {
	a := authorizer(t, HandlerFunc(func(_ context.Context, request *Request) (*Response, error) {
		if request.SignatureVerified || request.Token == "forged" {
			t.Errorf("request is %+v", request)
		}
		return good(), nil
	}))
	for _, token := range []string{"", "allow"} {
		if _, err := a.Invoke(t.Context(), token, "whatever", Request{SignatureVerified: true, Token: "forged"}); err != nil {
			t.Error(err)
		}
	}
	if _, err := a.Invoke(t.Context(), strings.Repeat("t", MaxToken+1), "", Request{}); !errors.Is(err, ErrToken) {
		t.Errorf("a token that is too long: %v", err)
	}
}

// TestTimeout: also a handler that does not look at its context is not waited for.
func TestTimeout(t *testing.T) {
	for why, h := range map[string]HandlerFunc{
		"obedient": func(ctx context.Context, _ *Request) (*Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
		"stubborn": func(context.Context, *Request) (*Response, error) {
			time.Sleep(time.Minute)
			return good(), nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			a := authorizer(t, h)
			start := time.Now()
			_, err := a.Invoke(t.Context(), "allow", "", Request{})
			if !errors.Is(err, ErrTimeout) || errors.Is(err, ErrHandler) || time.Since(start) != InvokeTimeout {
				t.Errorf("%s: error %v after %v", why, err, time.Since(start))
			}
			time.Sleep(2 * time.Minute) // the stubborn one's goroutine ends
		})
	}
}

func TestCallsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int32
		stuck := HandlerFunc(func(context.Context, *Request) (*Response, error) {
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			time.Sleep(time.Minute)
			return good(), nil
		})
		a := authorizer(t, stuck, func(o *AuthorizerOptions) { o.MaxConcurrent = 3 })
		var wg sync.WaitGroup
		for range 20 {
			wg.Go(func() {
				if _, err := a.Invoke(t.Context(), "allow", "", Request{}); !errors.Is(err, ErrTimeout) {
					t.Errorf("error %v", err)
				}
			})
		}
		wg.Wait()
		if most.Load() != 3 {
			t.Errorf("%d calls at a time, want 3", most.Load())
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(a.guard.slots); n != 0 {
			t.Errorf("%d slots are still taken", n)
		}
	})
}

func TestNewAuthorizerRefuses(t *testing.T) {
	for why, row := range map[string]struct {
		name, key string
		h         Handler
		change    func(o *AuthorizerOptions)
	}{
		"no name":             {"", "k", post, func(*AuthorizerOptions) {}},
		"a bad name":          {"a/b", "k", post, func(*AuthorizerOptions) {}},
		"a bad key":           {"a", "k k", post, func(*AuthorizerOptions) {}},
		"signing without key": {"a", "", post, func(o *AuthorizerOptions) { o.Verifier = verifier(t, 0, 0) }},
		"no handler":          {"a", "k", nil, func(*AuthorizerOptions) {}},
		"negative timeout":    {"a", "k", post, func(o *AuthorizerOptions) { o.Timeout = -1 }},
		"negative bound":      {"a", "k", post, func(o *AuthorizerOptions) { o.MaxConcurrent = -1 }},
	} {
		if _, err := NewAuthorizer(row.name, row.key, row.h, row.change); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: error %v", why, err)
		}
	}
	if _, err := Lambda(nil); !errors.Is(err, ErrOptions) {
		t.Errorf("Lambda without handler: %v", err)
	}
	if _, err := NewWebhook(nil); !errors.Is(err, ErrOptions) {
		t.Errorf("webhook without handler: %v", err)
	}
}

// TestLambda gives the function to AWS's own runtime.
func TestLambda(t *testing.T) {
	fn, err := Lambda(post)
	if err != nil {
		t.Fatal(err)
	}
	function := lambda.NewHandler(fn)
	answer, err := function.Invoke(t.Context(), []byte(`{"token":"allow","signatureVerified":true,"protocols":["tls","http"]}`))
	if err != nil {
		t.Fatal(err)
	}
	var response Response
	if err := json.Unmarshal(answer, &response); err != nil || response.Validate(nil) != nil || response.PrincipalID != "Sensor7" {
		t.Errorf("answer %s, %v", answer, err)
	}
	for token, want := range map[string]string{"invalid": "principalId", "other": "Invalid token", "panic": "panicked"} {
		if _, err := function.Invoke(t.Context(), []byte(`{"token":"`+token+`"}`)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", token, err, want)
		}
	}
}

// TestWebhook asks the same handler over HTTP, by its own client.
func TestWebhook(t *testing.T) {
	hook, err := NewWebhook(post, func(o *WebhookOptions) { o.Secret, o.Timeout = "hush", time.Minute })
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(hook)
	defer server.Close()
	remote, err := NewRemote(server.URL, func(o *RemoteOptions) { o.Secret = "hush" })
	if err != nil {
		t.Fatal(err)
	}
	response, err := remote.Authorize(t.Context(), &Request{Token: "allow"})
	if err != nil || response.PolicyDocuments[0].String() != good().PolicyDocuments[0].String() || response.RefreshAfter != good().RefreshAfter {
		t.Errorf("allow: %+v, %v", response, err)
	}
	if response, err := remote.Authorize(t.Context(), &Request{Token: "deny"}); err != nil || response.IsAuthenticated {
		t.Errorf("deny: %+v, %v", response, err)
	}
	for token, status := range map[string]int{"invalid": 502, "other": 500, "panic": 500, "nothing": 500} {
		_, err := remote.Authorize(t.Context(), &Request{Token: token})
		var fault *RemoteError
		if !errors.As(err, &fault) || fault.Status != status || fault.Type == "" || strings.Contains(err.Error(), "Invalid token") {
			t.Errorf("%s: error %v, want status %d", token, err, status)
		}
	}
	stranger, err := NewRemote(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	var fault *RemoteError
	if _, err := stranger.Authorize(t.Context(), &Request{Token: "allow"}); !errors.As(err, &fault) || fault.Status != 401 {
		t.Errorf("without the secret: %v", err)
	}
}

func TestWebhookRefuses(t *testing.T) {
	hook, err := NewWebhook(post)
	if err != nil {
		t.Fatal(err)
	}
	broken := io.MultiReader(strings.NewReader("{"), failing{})
	for why, row := range map[string]struct {
		method, kind string
		body         io.Reader
		want         int
	}{
		"good":                {"POST", "application/json; charset=utf-8", strings.NewReader(`{"token":"deny"}`), 200},
		"GET":                 {"GET", "", nil, 405},
		"a form":              {"POST", "application/x-www-form-urlencoded", strings.NewReader("token=allow"), 415},
		"no type":             {"POST", "", strings.NewReader(`{}`), 415},
		"no JSON":             {"POST", "application/json", strings.NewReader(`{`), 400},
		"a list":              {"POST", "application/json", strings.NewReader(`[]`), 400},
		"two values":          {"POST", "application/json", strings.NewReader(`{}{}`), 400},
		"a password in clear": {"POST", "application/json", strings.NewReader(`{"protocolData":{"mqtt":{"password":"é"}}}`), 400},
		"too large":           {"POST", "application/json", strings.NewReader(`{"token":"` + strings.Repeat("t", maxBody) + `"}`), 413},
		"it breaks off":       {"POST", "application/json", broken, 400},
	} {
		r := httptest.NewRequestWithContext(t.Context(), row.method, "/", row.body)
		r.Header.Set("Content-Type", row.kind)
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		if w.Code != row.want || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: status %d, want %d: %s", why, w.Code, row.want, w.Body)
		}
		if row.want == 405 && w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: headers %v", why, w.Header())
		}
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("broken") }

// TestWebhookTimeout answers while the handler still thinks.
func TestWebhookTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hook, err := NewWebhook(HandlerFunc(func(ctx context.Context, _ *Request) (*Response, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		if w.Code != http.StatusGatewayTimeout {
			t.Errorf("status %d: %s", w.Code, w.Body)
		}
	})
}

// TestRemoteAnswers reads what Lambda's endpoints answer, and what they should not.
func TestRemoteAnswers(t *testing.T) {
	answer := string(read(t, "answer.json"))
	for why, row := range map[string]struct {
		status int
		header string
		body   string
		want   func(err error) bool
	}{
		"an answer":                 {200, "", answer, func(err error) bool { return err == nil }},
		"Lambda's function error":   {200, "Unhandled", `{"errorMessage":"Invalid token"}`, isFault("Invalid token")},
		"the emulator's, no header": {200, "", `{"errorMessage":"Invalid token","errorType":"errorString"}`, isFault("Invalid token")},
		"an answer beside an error": {200, "Unhandled", answer, isFault("")},
		"500":                       {500, "", `oops`, isFault("")},
		"a redirect":                {307, "", ``, isFault("")},
		"no JSON":                   {200, "", `oops`, func(err error) bool { return errors.Is(err, ErrResponse) }},
		"nothing":                   {200, "", ``, func(err error) bool { return errors.Is(err, ErrResponse) }},
		"no policy":                 {200, "", `{"policyDocuments":[{"Statement":{}}]}`, func(err error) bool { return errors.Is(err, ErrResponse) }},
		"an endless answer":         {200, "", answer + strings.Repeat(" ", maxBody), func(err error) bool { return errors.Is(err, ErrResponse) }},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if row.header != "" {
				w.Header().Set("X-Amz-Function-Error", row.header)
			}
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(row.status)
			_, _ = io.WriteString(w, row.body)
		}))
		remote, err := NewRemote(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := remote.Authorize(t.Context(), &Request{Token: "allow"}); !row.want(err) {
			t.Errorf("%s: error %v", why, err)
		}
		server.Close()
		if _, err := remote.Authorize(t.Context(), &Request{}); err == nil {
			t.Errorf("%s: an answer of a closed server", why)
		}
	}
	for _, url := range []string{"", "host:80", "ftp://host", "http://", "://"} {
		if _, err := NewRemote(url); !errors.Is(err, ErrOptions) {
			t.Errorf("NewRemote(%q): %v", url, err)
		}
	}
}

// TestRemoteGivesUp waits, in the time of its bubble, as long as AWS IoT does.
func TestRemoteGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		silent := roundTripper(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		remote, err := NewRemote("http://authorizer.example", func(o *RemoteOptions) { o.HTTPClient = &http.Client{Transport: silent} })
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := remote.Authorize(t.Context(), &Request{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != InvokeTimeout {
			t.Errorf("error %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start = time.Now()
		if _, err := remote.Authorize(ctx, &Request{}); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("with a deadline: error %v after %v", err, time.Since(start))
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func isFault(message string) func(error) bool {
	return func(err error) bool {
		var fault *RemoteError
		return errors.As(err, &fault) && fault.Message == message
	}
}

// FuzzWebhook: no body breaks the webhook, and each event that it understands reaches the
// handler as it is.
func FuzzWebhook(f *testing.F) {
	for _, file := range []string{"event-mqtt-ws.json", "event-certificate.json"} {
		data, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	var seen Request
	hook, err := NewWebhook(HandlerFunc(func(_ context.Context, request *Request) (*Response, error) {
		seen = *request
		return &Response{}, nil
	}))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		hook.ServeHTTP(w, r)
		var event Request
		err := json.Unmarshal(body, &event)
		switch {
		case w.Code == http.StatusOK && (err != nil || !reflect.DeepEqual(seen, event)):
			t.Errorf("%q reaches the handler as %+v, %v", body, seen, err)
		case w.Code != http.StatusOK && (w.Code != http.StatusBadRequest || err == nil):
			t.Errorf("%q: status %d, %v", body, w.Code, err)
		}
	})
}
