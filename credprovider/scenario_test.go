package credprovider

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// source is a service without a network. It answers with what it was told last.
type source struct {
	mu       sync.Mutex
	answer   string
	lifetime time.Duration
	delay    time.Duration
	asked    int
	issued   int // of the last credentials
}

func (s *source) Do(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	s.asked++
	answer, lifetime, delay := s.answer, s.lifetime, s.delay
	s.mu.Unlock()
	if delay > 0 {
		select {
		case <-time.After(delay):
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	status, body := 200, ""
	switch answer {
	case "fresh", "stale":
		if answer == "stale" {
			lifetime = 0
		}
		s.mu.Lock()
		s.issued = s.asked
		s.mu.Unlock()
		body = fmt.Sprintf(`{"credentials":{"accessKeyId":"AKID-%d","secretAccessKey":"secret","sessionToken":"token","expiration":%q}}`,
			s.asked, time.Now().Add(lifetime).UTC().Format(time.RFC3339))
	case "error":
		status = 503
	case "denied":
		status, body = 403, `{"message":"Access Denied"}`
	case "throttled":
		status = 429
	default:
		return nil, errors.New("the test does not expect a request")
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (s *source) set(answer string, lifetime time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.lifetime = answer, lifetime
}

func (s *source) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func newFake(t *testing.T, s *source, optFns ...func(*Options)) *Provider {
	t.Helper()
	p, err := New("endpoint.example", "alias", nil, append([]func(*Options){func(o *Options) {
		o.HTTPClient, o.Attempts = s, 1
	}}, optFns...)...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// What a step comes to.
const (
	cached = "cached" // the credentials before
	fresh  = "new"    // others
	failed = "error"
)

type step struct {
	answer   string        // of the service, where it is asked
	lifetime time.Duration // of what it hands out; 1 h
	want     string
	device   string // want without Options.Strict, where it differs
	asked    bool   // whether the service is
	notBy    string // "device": it is not asked without Options.Strict

	advance time.Duration // in place of a call
	reject  string        // in place of a call: "current" or "former" credentials
	window  time.Duration // the advisory window afterwards
}

// scenarios are those of the AWS SDKs' common test suite for refreshing credentials, in
// our words, and some more.
var scenarios = []struct {
	name   string
	given  string // none, valid, advisory, mandatory, expired
	config time.Duration
	only   string // "strict" or "device"
	steps  []step
}{
	{name: "valid credentials are handed out", given: "valid", steps: []step{{want: cached}}},
	{name: "advisory, refresh succeeds", given: "advisory", steps: []step{
		{answer: "fresh", want: fresh, device: cached, asked: true}}},
	{name: "advisory, refresh succeeds, the call after", given: "advisory", steps: []step{
		{answer: "fresh", want: fresh, device: cached, asked: true}, {want: cached, device: fresh}}},
	{name: "advisory, refresh fails", given: "advisory", steps: []step{{answer: "error", want: cached, asked: true}}},
	{name: "mandatory, refresh succeeds", given: "mandatory", steps: []step{{answer: "fresh", want: fresh, asked: true}}},
	{name: "mandatory, refresh fails", given: "mandatory", steps: []step{{answer: "error", want: cached, asked: true}}},
	{name: "expired, refresh succeeds", given: "expired", steps: []step{{answer: "fresh", want: fresh, asked: true}}},
	{name: "expired, refresh fails", given: "expired", steps: []step{{answer: "error", want: cached, device: failed, asked: true}}},
	{name: "nothing to fall back on", given: "none", steps: []step{
		{answer: "error", want: failed, asked: true}, {answer: "fresh", want: fresh, asked: true}}},
	{name: "advisory, expired answer", given: "advisory", steps: []step{{answer: "stale", want: cached, asked: true}, {want: cached}}},
	{name: "mandatory, expired answer", given: "mandatory", steps: []step{{answer: "stale", want: cached, asked: true}, {want: cached}}},
	{name: "nothing, expired answer", given: "none", steps: []step{{answer: "stale", want: failed, asked: true}}},
	{name: "10 minutes have a window of 5", given: "none", steps: []step{
		{answer: "fresh", lifetime: 10 * time.Minute, want: fresh, asked: true, window: 5 * time.Minute}}},
	{name: "20 minutes have a window of 5", given: "none", steps: []step{
		{answer: "fresh", lifetime: 20 * time.Minute, want: fresh, asked: true, window: 5 * time.Minute}}},
	{name: "20.5 minutes have a window of 15", given: "none", steps: []step{
		{answer: "fresh", lifetime: 1230 * time.Second, want: fresh, asked: true, window: 15 * time.Minute}}},
	{name: "what is shorter than its window has half of its life", given: "none", steps: []step{
		{answer: "fresh", lifetime: 4 * time.Minute, want: fresh, asked: true, window: 2 * time.Minute}}},
	{name: "an hour has a window of 15", given: "none", steps: []step{
		{answer: "fresh", lifetime: time.Hour, want: fresh, asked: true, window: 15 * time.Minute}}},
	{name: "6 hours have a window of 60", given: "none", steps: []step{
		{answer: "fresh", lifetime: 6 * time.Hour, want: fresh, asked: true, window: time.Hour}}},
	{name: "the window follows the lifetime", given: "none", steps: []step{
		{answer: "fresh", lifetime: 6 * time.Hour, want: fresh, asked: true, window: time.Hour},
		{advance: 6*time.Hour - 15*time.Minute},
		{answer: "fresh", lifetime: 10 * time.Minute, want: fresh, device: cached, asked: true, window: 5 * time.Minute}}},
	{name: "a configured window", given: "none", config: 30 * time.Minute, steps: []step{
		{answer: "fresh", lifetime: 6 * time.Hour, want: fresh, asked: true, window: 30 * time.Minute}}},
	{name: "advisory, somebody must mend it", given: "advisory", steps: []step{
		{answer: "denied", want: failed, device: cached, asked: true},
		{want: failed, device: cached}, // remembered
		{advance: 6 * time.Second},
		{answer: "fresh", want: fresh, device: cached, asked: true, notBy: "device"}}},
	{name: "mandatory, somebody must mend it", given: "mandatory", steps: []step{
		{answer: "denied", want: failed, device: cached, asked: true},
		{advance: 6 * time.Second},
		{answer: "fresh", want: fresh, asked: true}}},
	{name: "expired, somebody must mend it", given: "expired", steps: []step{
		{answer: "denied", want: failed, asked: true}, {want: failed},
		{advance: 6 * time.Second},
		{answer: "fresh", want: fresh, asked: true}}},
	{name: "nothing, somebody must mend it", given: "none", steps: []step{
		{answer: "denied", want: failed, asked: true}, {want: failed},
		{advance: 6 * time.Second},
		{answer: "fresh", want: fresh, asked: true}}},
	{name: "rejected, refresh succeeds", given: "valid", steps: []step{
		{reject: "current"}, {answer: "fresh", want: fresh, asked: true}}},
	{name: "rejected, refresh fails", given: "valid", steps: []step{
		{reject: "current"}, {answer: "error", want: cached, asked: true}, {want: cached}}},
	{name: "rejected, somebody must mend it", given: "valid", steps: []step{
		{reject: "current"}, {answer: "denied", want: failed, asked: true}}},
	{name: "rejected during the back-off", given: "expired", only: "strict", steps: []step{
		{answer: "error", want: cached, asked: true},
		{advance: time.Minute}, {reject: "current"}, {want: cached},
		{advance: 10 * time.Minute}, {answer: "fresh", want: fresh, asked: true}}},
	{name: "rejected, but replaced already", given: "valid", steps: []step{{reject: "former"}, {want: cached}}},
	{name: "no request before 5 minutes after a failure", given: "expired", only: "strict", steps: []step{
		{answer: "error", want: cached, asked: true},
		{advance: 299 * time.Second}, {want: cached},
		{advance: 302 * time.Second}, {answer: "fresh", want: fresh, asked: true}}},
	{name: "no request before 5 minutes after a failure, valid", given: "valid", steps: []step{
		{reject: "current"}, {answer: "error", want: cached, asked: true},
		{advance: 299 * time.Second}, {want: cached},
		{advance: 302 * time.Second}, {answer: "fresh", want: fresh, asked: true}}},
	{name: "expired, tries come closely at first", given: "expired", only: "device", steps: []step{
		{answer: "error", want: failed, asked: true}, {want: failed}, // remembered for 2 seconds
		{advance: 2 * time.Second},
		{answer: "error", want: failed, asked: true}, {want: failed},
		{advance: 6 * time.Second},
		{answer: "fresh", want: fresh, asked: true}}},
	{name: "nothing, tries come closely at first", given: "none", steps: []step{
		{answer: "error", want: failed, asked: true},
		{answer: "error", want: failed, asked: true}, {want: failed},
		{advance: 6 * time.Second},
		{answer: "fresh", want: fresh, asked: true}}},
	{name: "a try when they end", given: "mandatory", only: "device", steps: []step{
		{answer: "error", want: cached, asked: true}, {want: cached},
		{advance: 30 * time.Second},
		{answer: "error", want: failed, asked: true},
		{advance: 2 * time.Second},
		{answer: "fresh", want: fresh, asked: true}}},
	{name: "two minutes before they end", given: "advisory", only: "device", steps: []step{
		{answer: "error", want: cached, asked: true},
		{advance: 3*time.Minute - time.Second}, {want: cached},
		{advance: time.Second},
		{answer: "fresh", want: cached, asked: true}, {want: fresh}}},
	{name: "throttled with nothing at hand", given: "none", steps: []step{
		{answer: "throttled", want: failed, asked: true}, {answer: "fresh", want: fresh, asked: true}}},
}

func TestScenarios(t *testing.T) {
	for _, strict := range []bool{true, false} {
		for _, sc := range scenarios {
			if sc.only == "device" && strict || sc.only == "strict" && !strict {
				continue
			}
			t.Run(fmt.Sprintf("strict=%t/%s", strict, sc.name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &source{}
					p := newFake(t, s, func(o *Options) { o.Strict, o.AdvisoryWindow = strict, sc.config })
					defer p.Close()
					had := given(t, p, s, sc.given)
					for i, step := range sc.steps {
						had = step.run(t, fmt.Sprintf("step %d", i+1), p, s, strict, had)
					}
				})
			})
		}
	}
}

// given brings the provider into a state and returns the access key id that it has.
func given(t *testing.T, p *Provider, s *source, state string) string {
	t.Helper()
	wait, ok := map[string]time.Duration{"none": 0, "valid": 0, "advisory": 55 * time.Minute, "mandatory": 59*time.Minute + 30*time.Second, "expired": 61 * time.Minute}[state]
	if !ok {
		t.Fatalf("unknown state %q", state)
	}
	if state == "none" {
		return ""
	}
	s.set("fresh", time.Hour)
	c, err := p.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	return c.AccessKeyID
}

func (st step) run(t *testing.T, at string, p *Provider, s *source, strict bool, had string) string {
	t.Helper()
	switch {
	case st.advance > 0:
		time.Sleep(st.advance)
		return had
	case st.reject == "current":
		p.Invalidate(had)
		return had
	case st.reject == "former":
		p.Invalidate("AKID-of-before")
		return had
	}
	lifetime := st.lifetime
	if lifetime == 0 {
		lifetime = time.Hour
	}
	s.set(st.answer, lifetime)
	before := s.count()
	c, err := p.Retrieve(t.Context())
	synctest.Wait() // for what goes on in the background
	want, asked := st.want, st.asked
	if !strict && st.device != "" {
		want = st.device
	}
	if !strict && st.notBy == "device" {
		asked = false
	}
	got := fresh
	switch {
	case err != nil:
		got = failed
	case c.AccessKeyID == had:
		got = cached
	}
	if got != want || s.count()-before > 1 || (s.count() > before) != asked {
		t.Fatalf("%s: got %s (%v), asked %d times; want %s, asked: %t", at, got, err, s.count()-before, want, asked)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if st.window != 0 {
		if advisory, _ := windows(p.state.session.lifetime, p.options.AdvisoryWindow); advisory != st.window {
			t.Fatalf("%s: an advisory window of %v, want %v", at, advisory, st.window)
		}
		if strict && p.state.session.lead != st.window {
			t.Fatalf("%s: refreshes %v before expiry, want %v", at, p.state.session.lead, st.window)
		}
	}
	if err != nil {
		return had
	}
	return c.AccessKeyID
}
