package httpapi_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
	"github.com/askaround/askaround-go/internal/openapi"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // it reaches localaws through the AWS SDK
	os.Exit(m.Run())
}

// fixture is an API over a fake domain, with an issuer of its own.
type fixture struct {
	*fake
	issuer   *issuer
	verifier *httpapi.Verifier
	handler  http.Handler
	token    string // alice's
	document *openapi.Document
}

func newFixture(t testing.TB, optFns ...func(*httpapi.Options)) *fixture {
	t.Helper()
	f := &fixture{fake: newFake(), issuer: newIssuer(t)}
	var err error
	if f.verifier, err = httpapi.NewVerifier(f.issuer.URL, audience); err != nil {
		t.Fatal(err)
	}
	if f.handler, err = httpapi.New(f.fake, f.verifier, optFns...); err != nil {
		t.Fatal(err)
	}
	if f.document, err = openapi.Parse(api.Document()); err != nil {
		t.Fatal(err)
	}
	f.token = f.issuer.token(t, "alice", nil)
	return f
}

// ask asks a question and returns its id.
func (f *fixture) ask(t testing.TB, kind, text string) string {
	t.Helper()
	r := f.request("POST", "/questions", `{"text":"`+text+`","kind":"`+kind+`","location":{"lat":40.7,"lng":-74}}`)
	response, body := f.do(t, r)
	if response.StatusCode != http.StatusAccepted {
		t.Fatalf("ask: %d %s", response.StatusCode, body)
	}
	v, err := openapi.ParseJSON(body)
	if err != nil {
		t.Fatal(err)
	}
	return v.Get("question").Text
}

// request makes one with alice's token, a new key where one is required, and JSON where
// there is a body.
func (f *fixture) request(method, target, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+f.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost && strings.HasSuffix(target, "/questions") {
		r.Header.Set("Idempotency-Key", rand.Text())
	}
	return r
}

// do runs r in process and holds the response to the contract.
func (f *fixture) do(t testing.TB, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, r)
	f.hold(t, r, w.Code, w.Result().Header, w.Body.Bytes())
	return w.Result(), w.Body.Bytes()
}

// hold holds a response to the contract: a documented status, media type, body and
// headers, or for a path or method that is not in it, a problem.
func (f *fixture) hold(t testing.TB, r *http.Request, status int, header http.Header, body []byte) {
	t.Helper()
	for _, name := range []string{"X-Request-Id", "Cache-Control", "X-Content-Type-Options", "Content-Security-Policy"} {
		if len(header[name]) != 1 {
			t.Errorf("%s %s: header %s: %q", r.Method, r.URL, name, header[name])
		}
	}
	call, err := f.document.Find(r)
	var unknown *openapi.Error
	switch {
	case r.Method == http.MethodOptions && status == http.StatusNoContent:
	case errors.As(err, &unknown):
		if status != unknown.Reason.Status() {
			t.Errorf("%s %s: status %d, want %d", r.Method, r.URL, status, unknown.Reason.Status())
		}
		f.holdProblem(t, header, body)
	default:
		head := r.Method == http.MethodHead
		if head {
			body = nil // a recorder keeps what a server drops
		}
		if err := call.CheckResponse(status, header, body, head); err != nil {
			t.Errorf("%s %s: %v", r.Method, r.URL, err)
		}
	}
}

func (f *fixture) holdProblem(t testing.TB, header http.Header, body []byte) {
	t.Helper()
	if got := header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q", got)
	}
	v, err := openapi.ParseJSON(body)
	if err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	if faults := f.document.Schema("Problem").Check(&v); len(faults) > 0 {
		t.Errorf("not a problem: %v in %s", faults, body)
	}
}

// serve runs the handler behind a socket until the test ends.
func (f *fixture) serve(t testing.TB) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(f.handler)
	t.Cleanup(server.Close)
	return server
}

// over sends r to server.
func over(t testing.TB, server *httptest.Server, r *http.Request) (*http.Response, []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	content := r.Body
	if r.ContentLength == 0 {
		content = http.NoBody // else a POST of nothing would be sent in chunks
	}
	out, err := http.NewRequestWithContext(ctx, r.Method, server.URL+r.URL.RequestURI(), content)
	if err != nil {
		t.Fatal(err)
	}
	out.Header, out.ContentLength = r.Header, r.ContentLength
	response, err := server.Client().Do(out)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := io.Copy(&body, response.Body); err != nil {
		t.Fatal(err)
	}
	return response, body.Bytes()
}
