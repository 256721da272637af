package rules

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

const arn = "arn:aws:lambda:us-east-1:123456789012:function:"

func lambdaOf(name string) string { return `{"lambda": {"functionArn": "` + arn + name + `"}}` }

// TestLambda: a function is found by ARN, without its version, or by name, and by a
// template; it gets JSON only.
func TestLambda(t *testing.T) {
	var mu sync.Mutex
	var got []string
	record := func(name string) Function {
		return Function{Handle: func(_ context.Context, event json.RawMessage) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, name+" "+string(event))
			return nil
		}}
	}
	e, broker := newEngine(t, func(o *Options) {
		o.Functions = map[string]Function{arn + "f": record("f"), "g": record("g")}
	})
	rule := payload("SELECT * FROM 'a'", lambdaOf("f"), lambdaOf("f:live"), lambdaOf("g:1"), `{"lambda": {"functionArn": "g"}}`, lambdaOf("${name}"))
	put(t, e, "r", withErrorAction(rule, republishTo("failed")))
	tap(e, "c", "a", `{"name": "g"}`)
	tap(e, "c", "a", `no JSON`)
	closed(t, e)
	slices.Sort(got)
	want := []string{`f {"name": "g"}`, `f {"name": "g"}`, `g {"name": "g"}`, `g {"name": "g"}`, `g {"name": "g"}`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if s := e.Stats().Rules["r"]; s.Actions["LambdaAction"] != (ActionStats{Success: 5, Failure: 5}) {
		t.Errorf("%+v", s)
	}
	all := broker.published()
	if len(all) != 1 || strings.Count(all[0], "no JSON, which a function needs") != 4 || !strings.Contains(all[0], "there is no such function") {
		t.Error(all)
	}
}

// TestLambdaRetry: a function in process is called three times, a panic is a failure, and
// neither is the action's.
func TestLambdaRetry(t *testing.T) {
	var calls, panics atomic.Int64
	e, _ := newEngine(t, func(o *Options) {
		o.Functions = map[string]Function{
			"recovers": {Handle: func(context.Context, json.RawMessage) error {
				if calls.Add(1) < 3 {
					return errors.New("not yet")
				}
				return nil
			}},
			"panics": {Handle: func(context.Context, json.RawMessage) error { panics.Add(1); panic("no") }},
		}
	})
	put(t, e, "r", payload("SELECT * FROM 'a'", lambdaOf("recovers"), lambdaOf("panics")))
	tap(e, "c", "a", `{}`)
	closed(t, e)
	s := e.Stats().Rules["r"]
	if calls.Load() != 3 || panics.Load() != 3 || s.FunctionErrors != 1 || s.Actions["LambdaAction"] != (ActionStats{Success: 2}) {
		t.Errorf("%d calls, %d panics, %+v", calls.Load(), panics.Load(), s)
	}
}

// TestLambdaClose: a function that waits to be tried again has failed when the engine is
// closed in haste.
func TestLambdaClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _ := newEngine(t, func(o *Options) {
			o.RetryDelay = time.Hour
			o.Functions = map[string]Function{"f": {Handle: func(context.Context, json.RawMessage) error { return errors.New("no") }}}
		})
		put(t, e, "r", payload("SELECT * FROM 'a'", lambdaOf("f")))
		tap(e, "c", "a", `{}`)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := e.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Close: %v", err)
		}
		if got := e.Stats().Rules["r"].FunctionErrors; got != 1 {
			t.Errorf("%d functions failed, want 1", got)
		}
	})
}

// TestLambdaPlaces: as many functions run at once as there are places, and no more.
func TestLambdaPlaces(t *testing.T) {
	var running, most atomic.Int64
	e, _ := newEngine(t, func(o *Options) {
		o.Invocations = 3
		o.Functions = map[string]Function{"f": {Handle: func(context.Context, json.RawMessage) error {
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			return nil
		}}}
	})
	put(t, e, "r", payload("SELECT * FROM 'a'", lambdaOf("f")))
	for range 100 {
		tap(e, "c", "a", `{}`)
	}
	closed(t, e)
	if most.Load() > 3 {
		t.Errorf("%d ran at once, want no more than 3", most.Load())
	}
}

// TestLambdaEndpoint: an endpoint gets an asynchronous invocation, and is tried again where
// that can help.
func TestLambdaEndpoint(t *testing.T) {
	var mu sync.Mutex
	requests := map[string][]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		requests[r.URL.Path] = append(requests[r.URL.Path], strings.Join([]string{r.Method, r.Header.Get("X-Amz-Invocation-Type"), r.Header.Get("Content-Type"), string(body)}, " "))
		switch n := len(requests[r.URL.Path]); {
		case r.URL.Path == "/busy" && n < 3:
			http.Error(w, "busy", http.StatusTooManyRequests)
		case r.URL.Path == "/broken":
			http.Error(w, "broken", http.StatusInternalServerError)
		case r.URL.Path == "/missing":
			http.Error(w, "no such function", http.StatusNotFound)
		case r.URL.Path == "/faulty":
			w.Header().Set("X-Amz-Function-Error", "Unhandled")
		default:
			w.WriteHeader(http.StatusAccepted)
		}
	}))
	defer server.Close()
	names := []string{"fine", "busy", "broken", "missing", "faulty"}
	e, broker := newEngine(t, func(o *Options) {
		o.Functions = map[string]Function{}
		for _, name := range names {
			o.Functions[name] = Function{URL: server.URL + "/" + name}
		}
	})
	var actions []string
	for _, name := range names {
		actions = append(actions, lambdaOf(name))
	}
	put(t, e, "r", withErrorAction(payload("SELECT * FROM 'a'", actions...), republishTo("failed")))
	tap(e, "c", "a", `{"n": 1}`)
	closed(t, e)
	const request = `POST Event application/json {"n": 1}`
	want := map[string][]string{"/fine": {request}, "/missing": {request}}
	for _, path := range []string{"/busy", "/broken", "/faulty"} {
		want[path] = []string{request, request, request}
	}
	if diff := cmp.Diff(want, requests); diff != "" {
		t.Error(diff)
	}
	if s := e.Stats().Rules["r"].Actions["LambdaAction"]; s != (ActionStats{Success: 2, Failure: 3}) {
		t.Errorf("%+v", s)
	}
	if all := broker.published(); len(all) != 1 || !strings.Contains(all[0], "status 404: no such function") {
		t.Error(all)
	}
}
