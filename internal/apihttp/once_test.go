package apihttp

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	api "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/internal/openapi"
)

// everybody is a caller.
func everybody(_ http.ResponseWriter, r *http.Request, _ *openapi.Operation) (Caller, error) {
	return Caller{Account: r.Header.Get("X-Account")}, nil
}

// post sends a good request with a key.
func post(h http.Handler, account, key, action string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "/publish", strings.NewReader(`{"action":"`+action+`"}`))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-Account", account)
	if key != "" {
		r.Header.Set("Idempotency-Key", key)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// counting answers with how often it was asked.
func counting(calls *int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		*calls++
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		fmt.Fprintf(w, `{"call":%d}`, *calls)
	})
}

// TestReplay repeats requests with keys of all kinds.
func TestReplay(t *testing.T) {
	calls := 0
	now := time.Now()
	h, err := New(counting(&calls), Options{Document: api.Document(), Authenticate: everybody, Replays: 2, Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why, account, key, action string
		status                    int
		body                      string
	}{
		{"first", "a", "k", "stop", 200, `{"call":1}`},
		{"repeated", "a", "k", "stop", 200, `{"call":1}`},
		{"without a key", "a", "", "stop", 200, `{"call":2}`},
		{"without a key, again", "a", "", "stop", 200, `{"call":3}`},
		{"another's key", "b", "k", "stop", 200, `{"call":4}`},
		{"for another request", "a", "k", "left", 422, ""},
		{"still the first", "a", "k", "stop", 200, `{"call":1}`},
		{"a third key, which pushes out the first", "a", "m", "stop", 200, `{"call":5}`},
		{"the first, forgotten", "a", "k", "stop", 200, `{"call":6}`},
	} {
		w := post(h, row.account, row.key, row.action)
		if w.Code != row.status || row.body != "" && w.Body.String() != row.body {
			t.Errorf("%s: %d %s, want %d %s", row.why, w.Code, w.Body, row.status, row.body)
		}
		if w.Header().Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", row.why)
		}
	}
	now = now.Add(replayTime)
	if w := post(h, "a", "k", "left"); w.Code != 200 || w.Body.String() != `{"call":7}` {
		t.Errorf("a day later: %d %s", w.Code, w.Body)
	}
}

// TestFailuresAreNotReplayed: who failed may try again with the same key.
func TestFailuresAreNotReplayed(t *testing.T) {
	failing := true
	h, err := New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failing {
			Fail(w, r, fmt.Errorf("the broker is away"))
			return
		}
		w.WriteHeader(http.StatusOK)
	}), Options{Document: api.Document(), Authenticate: everybody, Replays: 2})
	if err != nil {
		t.Fatal(err)
	}
	if w := post(h, "a", "k", "stop"); w.Code != 503 {
		t.Errorf("%d", w.Code)
	}
	failing = false
	if w := post(h, "a", "k", "stop"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// TestInFlight: a key in use is answered with 409, until it is free again, whatever
// became of its request.
func TestInFlight(t *testing.T) {
	for _, replays := range []int{0, 10} {
		entered, leave := make(chan struct{}), make(chan struct{})
		first := true
		h, err := New(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if first {
				first = false
				close(entered)
				<-leave
				panic("the handler fails")
			}
			w.WriteHeader(http.StatusOK)
		}), Options{Document: api.Document(), Authenticate: everybody, Replays: replays})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan int)
		go func() { done <- post(h, "a", "k", "stop").Code }()
		<-entered
		w := post(h, "a", "k", "stop")
		if w.Code != 409 || w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), "idempotency-key-in-flight") {
			t.Errorf("in flight: %d %v %s", w.Code, w.Header(), w.Body)
		}
		if w := post(h, "b", "k", "stop"); w.Code != 200 {
			t.Errorf("another account: %d", w.Code)
		}
		close(leave)
		if status := <-done; status != 503 {
			t.Errorf("the first: %d", status)
		}
		if w := post(h, "a", "k", "stop"); w.Code != 200 {
			t.Errorf("afterwards: %d %s", w.Code, w.Body)
		}
	}
}

// TestOptions are those that cannot work.
func TestOptions(t *testing.T) {
	for why, change := range map[string]func(*Options){
		"no document":             func(o *Options) { o.Document = nil },
		"no authentication":       func(o *Options) { o.Authenticate = nil },
		"no such operation":       func(o *Options) { o.MaxBodies = map[string]int64{"fly": 1} },
		"a negative memory":       func(o *Options) { o.Replays = -1 },
		"a base path with an end": func(o *Options) { o.BasePath = "/x/" },
	} {
		o := Options{Document: api.Document(), Authenticate: everybody}
		change(&o)
		if _, err := New(http.NotFoundHandler(), o); err == nil {
			t.Errorf("%s is accepted", why)
		}
	}
}

// TestLog pages through a log that moves on, and refuses cursors that are none.
func TestLog(t *testing.T) {
	l := NewLog[int](5)
	for i := range 7 {
		l.Append(i)
	}
	entries, next, err := l.Page(3, "")
	if err != nil || fmt.Sprint(entries) != "[6 5 4]" || next == "" {
		t.Fatalf("%v %q %v", entries, next, err)
	}
	l.Append(7) // pushes out the 2, and moves nobody's page
	entries, last, err := l.Page(3, next)
	if err != nil || fmt.Sprint(entries) != "[3]" || last != "" {
		t.Errorf("%v %q %v", entries, last, err)
	}
	for range 5 {
		l.Append(8)
	}
	if entries, last, err := l.Page(3, next); err != nil || len(entries) != 0 || last != "" {
		t.Errorf("forgotten: %v %q %v", entries, last, err)
	}
	for _, bad := range []string{"x", "AAAA", next[:len(next)-1], next + "A", strings.Repeat("A", 22)} {
		if _, _, err := l.Page(3, bad); err == nil {
			t.Errorf("%q is a cursor", bad)
		}
	}
	if _, _, err := NewLog[int](5).Page(3, next); err == nil {
		t.Error("another log's cursor is accepted")
	}
}
