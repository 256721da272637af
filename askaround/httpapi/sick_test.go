package httpapi_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
)

// TestDomainErrors holds each error of the domain to its problem, on an operation
// with a body and on one without.
func TestDomainErrors(t *testing.T) {
	invalid := &askaround.ValidationError{Fields: []askaround.FieldError{{Pointer: "/location/lat", Detail: "not a latitude"}}}
	for _, row := range []struct {
		why        string
		err        error
		post, read string // problem types with their statuses
	}{
		{"invalid", fmt.Errorf("ask: %w", invalid), "422 invalid-body", "400 invalid-parameter"},
		{"not found", fmt.Errorf("%w: x", askaround.ErrNotFound), "404 question-not-found", "404 operation-not-found"},
		{"forbidden", askaround.ErrForbidden, "403 forbidden", "403 forbidden"},
		{"key reused", askaround.ErrIdempotencyConflict, "422 idempotency-key-reused", ""},
		{"unavailable", askaround.ErrUnavailable, "503 unavailable", "503 unavailable"},
		{"out of time", context.DeadlineExceeded, "503 unavailable", "503 unavailable"},
		{"unheard of", errors.New("secret: disk 7 is on fire"), "503 unavailable", "503 unavailable"},
	} {
		t.Run(row.why, func(t *testing.T) {
			f := newFixture(t)
			f.fails = row.err
			for want, r := range map[string]*http.Request{
				row.post: f.request("PUT", "/questions/"+someQuestion+"/answer", `{"stars":1}`),
				row.read: f.request("GET", "/operations/"+someOperation, ""),
			} {
				if want == "" {
					continue
				}
				response, body := f.do(t, r)
				kind := decode[struct{ Type string }](t, body).Type
				if got := fmt.Sprint(response.StatusCode, " ", strings.TrimPrefix(kind, "urn:problem-type:askaround:")); got != want {
					t.Errorf("%s: %s, want %s", r.Method, got, want)
				}
				if strings.Contains(string(body), "secret") {
					t.Errorf("told too much: %s", body)
				}
			}
		})
	}
}

// TestLogs: what the client is not told is in the log, and places and tokens are not.
func TestLogs(t *testing.T) {
	var log bytes.Buffer
	f := newFixture(t, func(o *httpapi.Options) {
		o.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	f.fails = errors.New("disk 7 is on fire")
	f.do(t, f.request("GET", "/questions?lat=40.7123&lng=-74.0456", ""))
	for _, want := range []string{"disk 7 is on fire", "request_id=", "operation=listQuestions", "status=503", "level=ERROR", "level=DEBUG"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in %s", want, log.String())
		}
	}
	for _, secret := range []string{"40.7123", "74.0456", f.token} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%q in %s", secret, log.String())
		}
	}
}

// TestPanics: a handler that panics is a 503, and the next request is served.
func TestPanics(t *testing.T) {
	f := newFixture(t)
	server := f.serve(t)
	f.waits = func(context.Context) error { panic("oh") }
	response, body := over(t, server, f.request("GET", "/questions/"+someQuestion, ""))
	f.hold(t, f.request("GET", "/questions/"+someQuestion, ""), response.StatusCode, response.Header, body)
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	f.waits = nil
	if response, _ := over(t, server, f.request("GET", "/questions/"+someQuestion, "")); response.StatusCode != 404 {
		t.Errorf("afterwards %d", response.StatusCode)
	}
}

// TestDeadline holds every operation to R003: a domain that never answers is a 503
// in less than 29 s.
func TestDeadline(t *testing.T) {
	f := newFixture(t)
	f.waits = func(ctx context.Context) error {
		<-ctx.Done()
		return fmt.Errorf("%w: %w", askaround.ErrUnavailable, ctx.Err())
	}
	known := staticVerifier{httpapi.Identity{Account: "06d7k2m4n5p6q7r8s9tabcdefg"}}
	handler, err := httpapi.New(f.fake, known)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []*http.Request{
		f.request("POST", "/questions", goodQuestion),
		f.request("GET", "/questions?"+near, ""),
		f.request("GET", "/questions/"+someQuestion, ""),
		f.request("GET", "/questions/"+someQuestion+"/answer", ""),
		f.request("PUT", "/questions/"+someQuestion+"/answer", `{"stars":1}`),
		f.request("DELETE", "/questions/"+someQuestion+"/answer", ""),
		f.request("POST", "/questions/"+someQuestion+"/close", ""),
		f.request("DELETE", "/questions/"+someQuestion, ""),
		f.request("GET", "/operations/"+someOperation, ""),
		f.request("PUT", "/questions/"+someQuestion+"/watch", ""),
		f.request("DELETE", "/questions/"+someQuestion+"/watch", ""),
		f.request("GET", "/watches", ""),
	} {
		synctest.Test(t, func(t *testing.T) {
			start := time.Now()
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			took := time.Since(start)
			f.hold(t, r, w.Code, w.Result().Header, w.Body.Bytes())
			if w.Code != 503 || took >= 29*time.Second || took < 20*time.Second {
				t.Errorf("%s %s: %d after %v", r.Method, r.URL, w.Code, took)
			}
		})
	}
}

type staticVerifier struct{ identity httpapi.Identity }

func (v staticVerifier) Verify(context.Context, string) (httpapi.Identity, error) {
	return v.identity, nil
}

// TestSlowBody: a body that does not arrive is a 408, not a connection held open.
func TestSlowBody(t *testing.T) {
	f := newFixture(t, func(o *httpapi.Options) { o.Deadline = 300 * time.Millisecond })
	if err := f.verifier.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	response, rest := f.raw(t, "POST /questions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+f.token+
		"\r\nContent-Type: application/json\r\nIdempotency-Key: k\r\nContent-Length: 100\r\n\r\n{\"text\":")
	if response.StatusCode != 408 || !response.Close {
		t.Errorf("%d, close %v: %s", response.StatusCode, response.Close, rest)
	}
	f.hold(t, f.request("POST", "/questions", ""), response.StatusCode, response.Header, rest)
}

// TestRefusedBeforeBody: what is refused for its headers is answered though its body never
// comes.
func TestRefusedBeforeBody(t *testing.T) {
	f := newFixture(t)
	for why, row := range map[string]struct {
		headers string
		status  int
	}{
		"no token":     {"Content-Type: application/json\r\n", 401},
		"no key":       {"Content-Type: application/json\r\nAuthorization: Bearer " + f.token + "\r\n", 400},
		"another type": {"Content-Type: text/plain\r\nAuthorization: Bearer " + f.token + "\r\n", 415},
	} {
		t.Run(why, func(t *testing.T) {
			t.Parallel() // the server waits for the rest a while, so that its answer is read
			start := time.Now()
			response, body := f.raw(t, "POST /questions HTTP/1.1\r\nHost: x\r\n"+row.headers+"Content-Length: 100\r\n\r\n{")
			if took := time.Since(start); response.StatusCode != row.status || took > 25*time.Second {
				t.Errorf("%d after %v: %s", response.StatusCode, took, body)
			}
		})
	}
}

// TestRawRequests are what no Go client sends.
func TestRawRequests(t *testing.T) {
	f := newFixture(t)
	head := " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + f.token + "\r\n"
	for _, row := range []struct {
		why, request string
		status       int
	}{
		{"two tokens", "GET /live?" + near + head + "Authorization: Bearer x\r\n\r\n", 401},
		{"two content types", "POST /questions" + head + "Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}", 415},
		{"two keys", "POST /questions" + head + "Content-Type: application/json\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\nContent-Length: 2\r\n\r\n{}", 400},
		{"a chunked body without an end", "POST /questions" + head + "Idempotency-Key: k\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{}xyz\r\nnonsense\r\n", 400},
		{"a chunked body too long", "POST /questions" + head + "Idempotency-Key: k\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" +
			fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", 20_000, strings.Repeat(" ", 20_000)), 413},
		{"a chunked body on GET", "GET /live?" + near + head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400},
		{"a declared length of 1 TB, nothing sent", "POST /questions" + head + "Idempotency-Key: k\r\nContent-Type: application/json\r\nContent-Length: 1099511627776\r\n\r\n", 413},
		{"the whole URL", "GET http://elsewhere/live?" + near + head + "\r\n", 200},
		{"a key in Latin-1", "POST /questions" + head + "Content-Type: application/json\r\nIdempotency-Key: \xe9\r\nContent-Length: 2\r\n\r\n{}", 400},
	} {
		t.Run(row.why, func(t *testing.T) {
			response, body := f.raw(t, row.request)
			if response.StatusCode != row.status {
				t.Errorf("%d, want %d: %s", response.StatusCode, row.status, body)
			}
			if row.status >= 400 {
				f.holdProblem(t, response.Header, body)
			}
		})
	}
}

// raw sends text over a connection of its own and reads one response.
func (f *fixture) raw(t *testing.T, text string) (*http.Response, []byte) {
	t.Helper()
	connection, err := net.DialTimeout("tcp", f.serve(t).Listener.Addr().String(), 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(connection, text); err != nil {
		t.Fatal(err)
	}
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, body
}

// TestRate: an account that asks too often waits, another does not.
func TestRate(t *testing.T) {
	c := &clock{now: time.Now()}
	f := newFixture(t, func(o *httpapi.Options) { o.Rate, o.Burst, o.Clock = 0.5, 3, c.Now })
	alice, bob := f.token, f.issuer.token(t, "bob", nil)
	var limits [2]string // of the last response
	get := func(token string) (int, string) {
		f.token = token
		response, _ := f.do(t, f.request("GET", "/live?"+near, ""))
		limits = [2]string{response.Header.Get("RateLimit-Policy"), response.Header.Get("RateLimit")}
		return response.StatusCode, response.Header.Get("Retry-After")
	}
	for range 3 {
		if status, _ := get(alice); status != 200 {
			t.Fatalf("within the burst: %d", status)
		}
	}
	if got := limits; got != [2]string{`"account";q=3;w=6`, `"account";r=0;t=6`} {
		t.Errorf("after the burst: %q", got)
	}
	if status, wait := get(alice); status != 429 || wait != "2" {
		t.Errorf("after the burst: %d, Retry-After %q", status, wait)
	}
	if status, _ := get(bob); status != 200 {
		t.Errorf("another account: %d", status)
	}
	c.advance(time.Second)
	if status, wait := get(alice); status != 429 || wait != "1" {
		t.Errorf("half way: %d, Retry-After %q", status, wait)
	}
	c.advance(time.Second)
	if status, _ := get(alice); status != 200 {
		t.Errorf("after the wait: %d", status)
	}
}

// TestIssuerDownIsUnavailable: without keys a token is neither good nor bad.
func TestIssuerDownIsUnavailable(t *testing.T) {
	f := newFixture(t)
	f.issuer.setDown(true)
	response, _ := f.do(t, f.request("GET", "/live?"+near, ""))
	if response.StatusCode != 503 || response.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
}

func TestOptions(t *testing.T) {
	for why, fn := range map[string]func(*httpapi.Options){
		"a base path with a slash behind": func(o *httpapi.Options) { o.BasePath = "/api/" },
		"a base path without a slash":     func(o *httpapi.Options) { o.BasePath = "api" },
		"the root as base path":           func(o *httpapi.Options) { o.BasePath = "/" },
		"a negative body limit":           func(o *httpapi.Options) { o.MaxBody = -1 },
		"a deadline of 29 s":              func(o *httpapi.Options) { o.Deadline = 29 * time.Second },
		"a negative deadline":             func(o *httpapi.Options) { o.Deadline = -1 },
		"a negative rate":                 func(o *httpapi.Options) { o.Rate = -1 },
		"a negative burst":                func(o *httpapi.Options) { o.Burst = -1 },
		"MQTT over HTTP":                  func(o *httpapi.Options) { o.MQTT = []string{"http://x/mqtt"} },
		"MQTT nowhere":                    func(o *httpapi.Options) { o.MQTT = []string{"mqtt:"} },
	} {
		if _, err := httpapi.New(newFake(), staticVerifier{}, fn); !errors.Is(err, httpapi.ErrOptions) {
			t.Errorf("%s: %v", why, err)
		}
	}
	if _, err := httpapi.New(nil, staticVerifier{}); !errors.Is(err, httpapi.ErrOptions) {
		t.Errorf("no service: %v", err)
	}
	if _, err := httpapi.New(newFake(), nil); !errors.Is(err, httpapi.ErrOptions) {
		t.Errorf("no verifier: %v", err)
	}
}
