package contracttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/askaround/askaround-go/internal/openapi"
)

// checker checks one contract.
type checker struct {
	contract Contract
	document *document
	compiled *openapi.Document
	report   *Report
}

// Check makes cases random requests, for every operation about as many, and fails tb when
// an answer is not what it must be.
func Check(tb rapid.TB, c Contract, cases int) *Report {
	tb.Helper()
	parsed, err := parse(c.Document)
	if err != nil {
		tb.Fatal(err)
	}
	compiled, err := openapi.Parse(c.Document)
	if err != nil {
		tb.Fatal(err)
	}
	check := &checker{contract: c, document: parsed, compiled: compiled, report: newReport(compiled)}
	set(tb, "rapid.checks", strconv.Itoa(cases))
	set(tb, "rapid.nofailfile", "true")
	start := time.Now()
	rapid.Check(tb, check.one)
	check.report.Took = time.Since(start)
	return check.report
}

func set(tb rapid.TB, name, value string) {
	tb.Helper()
	if err := flag.Set(name, value); err != nil {
		tb.Fatal(err)
	}
}

// one is one case: a request, mostly with one fault, and what follows from its answer.
func (c *checker) one(t *rapid.T) {
	q := c.draw(t, c.operation(t))
	want := 0
	if rapid.IntRange(0, 2).Draw(t, "spoil") > 0 {
		if f := rapid.SampledFrom(faults).Draw(t, "fault"); f.tryOn(c, t, q) {
			want = f.status
		}
	}
	answer := c.send(t, q)
	if want > 0 {
		if answer.Code != want {
			t.Fatalf("%s: %d, want %d: %s", c.tell(q), answer.Code, want, answer.Body)
		}
		return
	}
	c.judge(t, q, answer)
	c.follow(t, q, answer)
}

// operation draws each about as often: rapid prefers small numbers, and a sum of several
// wraps around.
func (c *checker) operation(t *rapid.T) operation {
	n := len(c.document.operations)
	sum := 0
	for range 4 {
		sum += rapid.IntRange(0, n-1).Draw(t, "operation")
	}
	return c.document.operations[sum%n]
}

// tryOn gives q the fault, unless it cannot have it: then q stays as it is.
func (f fault) tryOn(c *checker, t *rapid.T, q *request) bool {
	changed := *q
	changed.header, changed.query = q.header.Clone(), cloneValues(q.query)
	if !f.apply(c, t, &changed) {
		return false
	}
	*q = changed
	return true
}

func cloneValues(v map[string][]string) map[string][]string { return http.Header(v).Clone() }

// send sends q and holds the answer to the document.
func (c *checker) send(t *rapid.T, q *request) *httptest.ResponseRecorder {
	r := c.http(q)
	w := httptest.NewRecorder()
	c.contract.Handler.ServeHTTP(w, r)
	c.report.count(q, w.Code)
	if err := c.hold(r, w); err != nil {
		t.Fatalf("%s: %v", c.tell(q), err)
	}
	return w
}

// hold says what is wrong with an answer, whatever it was to say.
func (c *checker) hold(r *http.Request, w *httptest.ResponseRecorder) error {
	header := w.Result().Header
	if w.Code >= 500 {
		return fmt.Errorf("%d %s", w.Code, w.Body)
	}
	if header.Get("X-Request-Id") == "" {
		return errors.New("no X-Request-Id")
	}
	call, err := c.compiled.Find(r)
	var unknown *openapi.Error
	if errors.As(err, &unknown) {
		return c.holdUnknown(unknown, w)
	}
	if w.Code >= 400 {
		if err := c.problem(w); err != nil {
			return err
		}
	}
	head := r.Method == http.MethodHead
	body := w.Body.Bytes()
	if head {
		body = nil // a recorder keeps what a server drops
	}
	if call.ContentType() != "application/json" && w.Code == http.StatusOK {
		return nil // events are not JSON; the package that sends them tests them
	}
	return call.CheckResponse(w.Code, header, body, head)
}

func (c *checker) holdUnknown(want *openapi.Error, w *httptest.ResponseRecorder) error {
	if w.Code != want.Reason.Status() {
		return fmt.Errorf("%d, want %d", w.Code, want.Reason.Status())
	}
	if allow := w.Header().Get("Allow"); want.Allow != allow {
		return fmt.Errorf("header Allow %q, want %q", allow, want.Allow)
	}
	return c.problem(w)
}

// problem wants a problem document whose status is the response's.
func (c *checker) problem(w *httptest.ResponseRecorder) error {
	if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
		return fmt.Errorf("%d with %q: %s", w.Code, got, w.Body)
	}
	v, err := openapi.ParseJSON(w.Body.Bytes())
	if err != nil {
		return err
	}
	if found := c.compiled.Schema("Problem").Check(&v); len(found) > 0 {
		return fmt.Errorf("no problem: %v in %s", found, w.Body)
	}
	if status := v.Get("status"); status.Text != strconv.Itoa(w.Code) {
		return fmt.Errorf("a problem of status %s in a response of %d", status.Text, w.Code)
	}
	return nil
}

// judge wants a success, or one of the refusals that the domain has.
func (c *checker) judge(t *rapid.T, q *request, w *httptest.ResponseRecorder) {
	if w.Code < 400 {
		return
	}
	var p struct{ Type string }
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
		t.Fatal(err)
	}
	kind := p.Type[strings.LastIndexByte(p.Type, ':')+1:]
	if !slices.Contains(c.contract.Domain[q.op.ID], kind) {
		t.Fatalf("%s is valid, and refused: %s", c.tell(q), w.Body)
	}
}

// follow repeats a request that succeeded.
func (c *checker) follow(t *rapid.T, q *request, w *httptest.ResponseRecorder) {
	if w.Code >= 400 {
		return
	}
	switch rapid.SampledFrom([]string{"", "", "tag", "head", "again", "page"}).Draw(t, "follow") {
	case "tag":
		if tag := w.Header().Get("ETag"); tag != "" && w.Code == http.StatusOK {
			q.header.Set("If-None-Match", tag)
			if again := c.send(t, q); again.Code != http.StatusNotModified {
				t.Fatalf("%s: %d although the tag is %s", c.tell(q), again.Code, tag)
			}
		}
	case "head":
		if q.method == http.MethodGet {
			q.method = http.MethodHead
			if head := c.send(t, q); head.Code != w.Code {
				t.Fatalf("%s: %d, GET %d", c.tell(q), head.Code, w.Code)
			}
		}
	case "again":
		if q.header.Get("Idempotency-Key") != "" {
			if again := c.send(t, q); again.Code != w.Code || !sameAnswer(again.Body.Bytes(), w.Body.Bytes()) {
				t.Fatalf("%s: the key was answered with %s, then with %d %s", c.tell(q), w.Body, again.Code, again.Body)
			}
		}
	case "page":
		if v, err := openapi.ParseJSON(w.Body.Bytes()); err == nil && v.Get("nextCursor") != nil {
			q.query.Set("cursor", v.Get("nextCursor").Text)
			if next := c.send(t, q); next.Code != http.StatusOK && next.Code != http.StatusNotModified {
				t.Fatalf("%s: %d %s", c.tell(q), next.Code, next.Body)
			}
		}
	}
}

// sameAnswer compares what an answer is about: an operation may have come on meanwhile.
func sameAnswer(a, b []byte) bool {
	var x, y struct{ ID string }
	if json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && x.ID != "" {
		return x.ID == y.ID
	}
	return bytes.Equal(a, b)
}

// unknown and notAllowed report whether the document has no such path, or no such method.
func (c *checker) unknown(q *request) bool { return c.reason(q) == openapi.NotFound }

func (c *checker) notAllowed(q *request) bool { return c.reason(q) == openapi.MethodNotAllowed }

func (c *checker) reason(q *request) openapi.Reason {
	_, err := c.compiled.Find(httptest.NewRequest(q.method, q.path, nil))
	var e *openapi.Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return 0
}

func (c *checker) tell(q *request) string {
	body := q.body
	if len(body) > 500 {
		body = append(slices.Clone(body[:500]), "…"...)
	}
	return fmt.Sprintf("%s %s?%s %v %q", q.method, q.path, q.query.Encode(), q.header, body)
}

var _ rapid.TB = (*testing.T)(nil)
