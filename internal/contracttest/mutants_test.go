package contracttest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/contracttest"
)

// A mutant is a handler with one planted fault. It stands before the real one and changes
// what goes in or what comes out.
type mutant struct {
	name     string
	contract string
	in       func(r *http.Request)
	out      func(r *http.Request, w *httptest.ResponseRecorder)
}

// status, header and body change an answer where when says so.
func statusTo(status int, when func(*http.Request, *httptest.ResponseRecorder) bool) func(*http.Request, *httptest.ResponseRecorder) {
	return func(r *http.Request, w *httptest.ResponseRecorder) {
		if when(r, w) {
			w.Code = status
		}
	}
}

func headerTo(name, value string, status int) func(*http.Request, *httptest.ResponseRecorder) {
	return func(_ *http.Request, w *httptest.ResponseRecorder) {
		if w.Code != status {
			return
		}
		if w.Header().Del(name); value != "" {
			w.Header().Set(name, value)
		}
	}
}

func bodyTo(status int, change func(map[string]any)) func(*http.Request, *httptest.ResponseRecorder) {
	return func(_ *http.Request, w *httptest.ResponseRecorder) {
		var v map[string]any
		if w.Code != status || json.Unmarshal(w.Body.Bytes(), &v) != nil {
			return
		}
		change(v)
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		w.Body = bytes.NewBuffer(text)
	}
}

// rewrite changes the body of a request.
func rewrite(change func(string) string) func(*http.Request) {
	return func(r *http.Request) {
		if r.Body == nil || r.ContentLength == 0 {
			return
		}
		text, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		changed := change(string(text))
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(changed)), int64(len(changed))
	}
}

// lenient is a decoder that takes what encoding/json takes.
func lenient(text string) string {
	var v map[string]any
	if json.NewDecoder(strings.NewReader(text)).Decode(&v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(out)
}

// unfold makes member names as encoding/json would take them for others.
func unfold(text string) string {
	for _, name := range []string{"text", "kind", "location", "stars", "action", "message"} {
		text = strings.ReplaceAll(text, `"`+strings.ToUpper(name[:1])+name[1:]+`":`, `"`+name+`":`)
	}
	return text
}

func beyond(r *http.Request, _ *httptest.ResponseRecorder) bool {
	return strings.HasPrefix(r.URL.Query().Get("lat"), "-8")
}

var mutants = []mutant{
	{name: "a 500 in the far south", contract: "askaround", out: statusTo(500, beyond)},
	{name: "an undocumented 418", contract: "askaround", out: statusTo(418, beyond)},
	{name: "200 for an accepted question", contract: "askaround", out: statusTo(200, func(_ *http.Request, w *httptest.ResponseRecorder) bool { return w.Code == 202 })},
	{name: "no Location", contract: "askaround", out: headerTo("Location", "", 202)},
	{name: "Retry-After 0", contract: "askaround", out: headerTo("Retry-After", "0", 202)},
	{name: "no ETag", contract: "askaround", out: headerTo("ETag", "", 200)},
	{name: "an ETag that never holds", contract: "askaround", in: func(r *http.Request) { r.Header.Del("If-None-Match") }},
	{name: "an error that is no problem", contract: "askaround", out: headerTo("Content-Type", "application/json", 404)},
	{name: "a problem without a title", contract: "robot", out: bodyTo(422, func(v map[string]any) { delete(v, "title") })},
	{name: "a problem of another status", contract: "device", out: bodyTo(415, func(v map[string]any) { v["status"] = 400 })},
	{name: "a problem of an unknown type", contract: "device", out: bodyTo(404, func(v map[string]any) { v["type"] = "about:blank" })},
	{name: "the author in a question", contract: "askaround", out: bodyTo(200, func(v map[string]any) {
		if v["text"] != nil {
			v["author"] = "alice"
		}
	})},
	{name: "a count as text", contract: "askaround", out: bodyTo(200, func(v map[string]any) {
		if summary, ok := v["summary"].(map[string]any); ok {
			summary["answers"] = "7"
		}
	})},
	{name: "null for an empty list", contract: "askaround", out: bodyTo(200, func(v map[string]any) {
		if items, ok := v["items"].([]any); ok && len(items) == 0 {
			v["items"] = nil
		}
	})},
	{name: "a cursor that leads nowhere", contract: "robot", out: bodyTo(200, func(v map[string]any) {
		if v["nextCursor"] != nil {
			v["nextCursor"] = "AAAA"
		}
	})},
	{name: "unknown parameters are let through", contract: "robot", in: func(r *http.Request) {
		q := r.URL.Query()
		kept := url.Values{}
		for _, name := range []string{"limit", "cursor"} {
			if v, ok := q[name]; ok {
				kept[name] = v
			}
		}
		r.URL.RawQuery = kept.Encode()
	}},
	{name: "the last of repeated parameters counts", contract: "askaround", in: func(r *http.Request) {
		q := r.URL.Query()
		for name, values := range q {
			q[name] = values[len(values)-1:]
		}
		r.URL.RawQuery = q.Encode()
	}},
	{name: "duplicate members and trailing bytes are let through", contract: "robot", in: rewrite(lenient)},
	{name: "trailing bytes are let through", contract: "device", in: rewrite(func(s string) string {
		if end := strings.LastIndex(s, "}"); end > 0 && json.Valid([]byte(s[:end])) {
			return s[:end]
		}
		return strings.TrimSuffix(s, "x")
	})},
	{name: "names in another case are let through", contract: "robot", in: rewrite(unfold)},
	{name: "any media type", contract: "robot", in: func(r *http.Request) {
		if r.ContentLength > 0 {
			r.Header.Set("Content-Type", "application/json")
		}
	}},
	{name: "any Accept", contract: "device", in: func(r *http.Request) { r.Header.Del("Accept") }},
	{name: "a forged token is let in", contract: "device", in: func(r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			r.Header.Set("Authorization", "Bearer good")
		}
	}},
	{name: "405 without Allow", contract: "askaround", out: headerTo("Allow", "", 405)},
	{name: "404 for an unknown method", contract: "askaround", out: statusTo(404, func(_ *http.Request, w *httptest.ResponseRecorder) bool { return w.Code == 405 })},
	{name: "the idempotency key is ignored", contract: "robot", in: func(r *http.Request) { r.Header.Del("Idempotency-Key") }},
	{name: "numbers are rounded into their range", contract: "robot", in: func(r *http.Request) {
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "limit=101", "limit=100", 1)
	}},
	{name: "HEAD is not known", contract: "askaround", out: statusTo(405, func(r *http.Request, _ *httptest.ResponseRecorder) bool { return r.Method == http.MethodHead })},
}

// mutate plants m into next.
func (m mutant) mutate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.in != nil {
			m.in(r)
		}
		recorder := httptest.NewRecorder()
		next.ServeHTTP(recorder, r)
		if m.out != nil {
			m.out(r, recorder)
		}
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		_, _ = w.Write(recorder.Body.Bytes())
	})
}

// TestMutants plants faults, one at a time, and wants each found.
func TestMutants(t *testing.T) {
	shrinking := flag.Lookup("rapid.shrinktime").Value
	before := shrinking.String()
	if err := shrinking.Set("1ms"); err != nil { // that it fails is enough
		t.Fatal(err)
	}
	defer shrinking.Set(before)
	found := 0
	sound := map[string]contracttest.Contract{}
	for _, m := range mutants {
		if _, ok := sound[m.contract]; !ok {
			sound[m.contract] = contracts[m.contract](t)
		}
		c := sound[m.contract]
		c.Handler = m.mutate(c.Handler)
		if tb := run(func(tb *judge) { contracttest.Check(tb, c, 20_000) }); tb.failed {
			found++
		} else {
			t.Errorf("not found: %s", m.name)
		}
	}
	t.Logf("%d of %d planted faults found", found, len(mutants))
	for name, c := range sound { // the net itself does not make the failure
		c.Handler = mutant{}.mutate(c.Handler)
		if tb := run(func(tb *judge) { contracttest.Check(tb, c, 300) }); tb.failed {
			t.Errorf("%s without a fault fails: %s", name, tb.said)
		}
	}
}

// run runs check to its end, as the testing package would.
func run(check func(*judge)) *judge {
	tb := &judge{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(tb)
	}()
	<-done
	return tb
}

// A judge is a testing.TB that only remembers.
type judge struct {
	failed bool
	said   string
}

func (j *judge) Helper()                   {}
func (j *judge) Name() string              { return "mutant" }
func (j *judge) Logf(string, ...any)       {}
func (j *judge) Log(...any)                {}
func (j *judge) Skipf(string, ...any)      { j.SkipNow() }
func (j *judge) Skip(...any)               { j.SkipNow() }
func (j *judge) SkipNow()                  { runtime.Goexit() }
func (j *judge) Errorf(f string, a ...any) { j.said += fmt.Sprintf(f, a...); j.Fail() }
func (j *judge) Error(a ...any)            { j.said += fmt.Sprint(a...); j.Fail() }
func (j *judge) Fatalf(f string, a ...any) { j.Errorf(f, a...); j.FailNow() }
func (j *judge) Fatal(a ...any)            { j.Error(a...); j.FailNow() }
func (j *judge) FailNow()                  { j.Fail(); runtime.Goexit() }
func (j *judge) Fail()                     { j.failed = true }
func (j *judge) Failed() bool              { return j.failed }
