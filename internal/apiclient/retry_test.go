package apiclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A script answers requests one after the other: an http.Response, or nil for a broken
// connection. It remembers when each came and with which headers.
type script struct {
	answers []func(*http.Request) *http.Response
	times   []time.Duration
	seen    []*http.Request
	bodies  []string
	began   time.Time
}

var errBroken = errors.New("connection reset")

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.times = append(s.times, time.Since(s.began))
	s.seen = append(s.seen, r)
	body := ""
	if r.Body != nil {
		data, _ := io.ReadAll(r.Body)
		body = string(data)
	}
	s.bodies = append(s.bodies, body)
	answer := s.answers[min(len(s.seen), len(s.answers))-1]
	if response := answer(r); response != nil {
		return response, nil
	}
	return nil, errBroken
}

func status(code int, headers ...string) func(*http.Request) *http.Response {
	return func(*http.Request) *http.Response {
		h := http.Header{}
		for i := 0; i < len(headers); i += 2 {
			h.Set(headers[i], headers[i+1])
		}
		return &http.Response{StatusCode: code, Header: h, Body: io.NopCloser(strings.NewReader("body"))}
	}
}

func broken1(*http.Request) *http.Response { return nil }

// hang never answers.
func hang(r *http.Request) *http.Response {
	<-r.Context().Done()
	return nil
}

type step = func(*http.Request) *http.Response

// play runs requests through a Transport whose jitter is the middle.
func play(t *testing.T, r *http.Request, o Options, answers ...step) (*script, *http.Response, error) {
	t.Helper()
	s := &script{answers: answers, began: time.Now()}
	o.HTTPClient = &http.Client{Transport: s}
	transport, err := NewTransport("http://server.example", o)
	if err != nil {
		t.Fatal(err)
	}
	transport.policy.random = func() float64 { return 0.5 }
	response, err := transport.Do(r)
	return s, response, err
}

func request(t *testing.T, ctx context.Context, method string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, "http://server.example/x", strings.NewReader("payload"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func TestRepetition(t *testing.T) {
	ms := time.Millisecond
	date := func(d time.Duration) step {
		return func(r *http.Request) *http.Response {
			return status(503, "Retry-After", time.Now().Add(d).UTC().Format(http.TimeFormat))(r)
		}
	}
	for _, row := range []struct {
		why     string
		method  string
		headers []string
		answers []step
		want    int // status; 0: an error
		times   []time.Duration
	}{
		{"success is not repeated", "GET", nil, []step{status(200)}, 200, []time.Duration{0}},
		{"what is wrong stays wrong", "GET", nil, []step{status(422)}, 422, []time.Duration{0}},
		{"an error of the server's own is not repeated", "GET", nil, []step{status(500)}, 500, []time.Duration{0}},
		{"half of a bound that doubles, and four attempts", "GET", nil, []step{status(503)}, 503, []time.Duration{0, 125 * ms, 375 * ms, 875 * ms}},
		{"a broken connection", "GET", nil, []step{broken1, status(200)}, 200, []time.Duration{0, 125 * ms}},
		{"always broken", "PUT", nil, []step{broken1}, 0, []time.Duration{0, 125 * ms, 375 * ms, 875 * ms}},
		{"seconds to wait, and a little more", "GET", nil, []step{status(429, "Retry-After", "7"), status(200)}, 200, []time.Duration{0, 7125 * ms}},
		{"no second to wait", "GET", nil, []step{status(503, "Retry-After", "0"), status(200)}, 200, []time.Duration{0, 0}},
		{"a date to wait for", "GET", nil, []step{date(9 * time.Second), status(200)}, 200, []time.Duration{0, 9125 * ms}},
		{"a date that is over", "GET", nil, []step{date(-time.Hour), status(200)}, 200, []time.Duration{0, 0}},
		{"a time that is none", "GET", nil, []step{status(503, "Retry-After", "soon"), status(200)}, 200, []time.Duration{0, 125 * ms}},
		{"more than one's patience", "GET", nil, []step{status(503, "Retry-After", "31")}, 503, []time.Duration{0}},
		{"more than a number holds", "GET", nil, []step{status(503, "Retry-After", "99999999999999999999")}, 503, []time.Duration{0}},
		{"a conflict that stays", "PUT", nil, []step{status(409)}, 409, []time.Duration{0}},
		{"a conflict that passes", "PUT", nil, []step{status(409, "Retry-After", "1"), status(202)}, 202, []time.Duration{0, 1125 * ms}},
		{"an unsafe call without a key", "POST", nil, []step{status(503, "Retry-After", "1")}, 503, []time.Duration{0}},
		{"an unsafe call without a key, broken", "POST", nil, []step{broken1}, 0, []time.Duration{0}},
		{"an unsafe call with its key", "POST", []string{"Idempotency-Key", "k"}, []step{broken1, status(202)}, 202, []time.Duration{0, 125 * ms}},
		{"a patch is unsafe", "PATCH", nil, []step{broken1}, 0, []time.Duration{0}},
		{"an attempt that hangs", "GET", nil, []step{hang, status(200)}, 200, []time.Duration{0, 15*time.Second + 125*ms}},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, response, err := play(t, request(t, t.Context(), row.method, row.headers...), Options{}, row.answers...)
			got := 0
			if err == nil {
				got = response.StatusCode
			}
			if got != row.want || len(s.times) != len(row.times) {
				t.Fatalf("%s: status %d (%v) at %v", row.why, got, err, s.times)
			}
			for i, at := range s.times {
				if off := (at - row.times[i]).Abs(); off >= time.Second && strings.Contains(row.why, "date") || off > 0 && !strings.Contains(row.why, "date") {
					t.Errorf("%s: attempts at %v, want %v", row.why, s.times, row.times)
				}
				if s.bodies[i] != "payload" || s.seen[i].Header.Get("Idempotency-Key") != s.seen[0].Header.Get("Idempotency-Key") {
					t.Errorf("%s: attempt %d differs: %q", row.why, i, s.bodies[i])
				}
			}
		})
	}
}

// TestHarmless: what the contract declares harmless is repeated without a key.
func TestHarmless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, response, err := play(t, request(t, Repeatable(t.Context()), "POST"), Options{}, broken1, status(204))
		if err != nil || response.StatusCode != 204 || len(s.seen) != 2 {
			t.Errorf("%v %v after %d attempts", response, err, len(s.seen))
		}
	})
}

// TestContext: a wait that the context does not outlive is not begun, and what the server
// said is not lost.
func TestContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		_, response, err := play(t, request(t, ctx, "GET"), Options{}, status(429, "Retry-After", "6"))
		if err != nil || response.StatusCode != 429 || time.Since(began) != 0 {
			t.Errorf("%v %v after %v", response, err, time.Since(began))
		}
		_, _, err = play(t, request(t, ctx, "GET"), Options{Backoff: time.Minute}, broken1)
		if !errors.Is(err, errBroken) || !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		stopped, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		began = time.Now()
		_, _, err = play(t, request(t, stopped, "GET"), Options{Backoff: time.Minute}, broken1)
		if !errors.Is(err, context.Canceled) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// TestTokens: a token that is refused is replaced once, even where the request is unsafe.
func TestTokens(t *testing.T) {
	n := 0
	next := func(context.Context) (string, error) { n++; return strings.Repeat("x", n), nil }
	s, response, err := play(t, request(t, t.Context(), "POST"), Options{Token: next}, status(401), status(202))
	if err != nil || response.StatusCode != 202 || s.seen[0].Header.Get("Authorization") != "Bearer x" || s.seen[1].Header.Get("Authorization") != "Bearer xx" {
		t.Errorf("%v %v %d", response, err, len(s.seen))
	}
	same := func(context.Context) (string, error) { return "same", nil }
	if s, _, _ = play(t, request(t, t.Context(), "GET"), Options{Token: same}, status(401)); len(s.seen) != 1 {
		t.Errorf("the same token was sent %d times", len(s.seen))
	}
	failed := errors.New("issuer is down")
	none := func(context.Context) (string, error) { return "", failed }
	if s, _, err = play(t, request(t, t.Context(), "GET"), Options{Token: none}, status(200)); !errors.Is(err, failed) || len(s.seen) != 0 {
		t.Errorf("%v after %d requests", err, len(s.seen))
	}
}

// TestCutBody: a response that breaks off is a failure as well.
func TestCutBody(t *testing.T) {
	cut := func(*http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(io.MultiReader(strings.NewReader("ha"), failing{}))}
	}
	s, response, err := play(t, request(t, t.Context(), "GET"), Options{Backoff: 1}, cut, status(200))
	if err != nil || len(s.seen) != 2 {
		t.Fatal(err, len(s.seen))
	}
	if body, err := io.ReadAll(response.Body); string(body) != "body" || err != nil {
		t.Errorf("%q %v", body, err)
	}
	endless := func(*http.Request) *http.Response {
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(zeros{})}
	}
	if s, _, err = play(t, request(t, t.Context(), "GET"), Options{}, endless); err == nil || len(s.seen) != 1 {
		t.Errorf("an endless response: %v after %d requests", err, len(s.seen))
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestCache(t *testing.T) {
	tagged := func(r *http.Request) *http.Response {
		if r.Header.Get("If-None-Match") == `"1"` {
			return &http.Response{StatusCode: 304, Header: http.Header{"X-Request-Id": {"second"}}, Body: http.NoBody}
		}
		return status(200, "ETag", `"1"`, "Content-Type", "text/plain", "X-Request-Id", "first")(r)
	}
	s := &script{answers: []step{tagged}}
	transport, err := NewTransport("http://server.example", Options{Cache: 1, HTTPClient: &http.Client{Transport: s}})
	if err != nil {
		t.Fatal(err)
	}
	get := func(path string) (*http.Response, string) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://server.example"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(body)
	}
	get("/a")
	response, body := get("/a")
	if h := response.Header; response.StatusCode != 200 || body != "body" || h.Get("Content-Type") != "text/plain" || h.Get("X-Request-Id") != "second" {
		t.Errorf("%v %q", response, body)
	}
	get("/b") // in the place of the first
	get("/a")
	asked := 0
	for _, r := range s.seen {
		if r.Header.Get("If-None-Match") != "" {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("%d of 4 requests had a tag, want 1", asked)
	}
}

func TestOptions(t *testing.T) {
	for why, o := range map[string]Options{
		"attempts": {Attempts: -1}, "backoff": {Backoff: -1}, "wait": {MaxWait: -1}, "timeout": {AttemptTimeout: -1}, "cache": {Cache: -1},
	} {
		if _, err := NewTransport("http://x", o); !errors.Is(err, ErrOptions) {
			t.Errorf("negative %s: %v", why, err)
		}
	}
	for _, base := range []string{"", "x", "ftp://x", "http://", "http://x?y", "http://x#y", "http://user:secret@h\x7f"} {
		if _, err := NewTransport(base, Options{}); !errors.Is(err, ErrOptions) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestKinds(t *testing.T) {
	for _, row := range []struct {
		status int
		kind   string
		want   error
	}{
		{400, "", ErrInvalid}, {401, "", ErrUnauthorized}, {403, "", ErrForbidden}, {404, "", ErrNotFound}, {408, "", ErrUnavailable},
		{409, "", ErrConflict}, {413, "", ErrInvalid}, {422, "", ErrInvalid}, {422, "urn:x:idempotency-key-reused", ErrConflict},
		{429, "", ErrRateLimited}, {500, "", ErrUnavailable}, {503, "", ErrUnavailable}, {302, "", ErrInvalid},
	} {
		if got := KindOf(row.status, row.kind); got != row.want {
			t.Errorf("%d %s is %v, want %v", row.status, row.kind, got, row.want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"", "0", "120", " 7 ", "-1", "1.5", "Fri, 27 Nov 2026 16:00:00 GMT", "Friday, 27-Nov-26 16:00:00 GMT", "99999999999"} {
		f.Add(s)
	}
	now := time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, s string) {
		wait, ok := RetryAfter(http.Header{"Retry-After": {s}}, now)
		if wait < 0 || !ok && wait != 0 {
			t.Errorf("%q: %v %v", s, wait, ok)
		}
	})
}
