package credprovider

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// crowd is what happened to callers.
type crowd struct {
	calls, stalled, errors, requests int
	worst                            time.Duration
}

// watch has 100 callers, each with a call every second, for the last 20 minutes of an
// hour but the last half.
func watch(t *testing.T, p aws.CredentialsProvider, s *source, disturb func()) crowd {
	t.Helper()
	if _, err := p.Retrieve(t.Context()); err != nil {
		t.Fatal(err)
	}
	disturb()
	time.Sleep(40 * time.Minute) // the callers come before the advisory window
	before := s.count()
	var (
		out     crowd
		mu      sync.Mutex
		callers sync.WaitGroup
	)
	end := time.Now().Add(19*time.Minute + 30*time.Second)
	for range 100 {
		callers.Go(func() {
			for ; time.Now().Before(end); time.Sleep(time.Second) {
				start := time.Now()
				_, err := p.Retrieve(t.Context())
				waited := time.Since(start)
				mu.Lock()
				out.calls++
				out.worst = max(out.worst, waited)
				if waited > time.Millisecond {
					out.stalled++
				}
				if err != nil {
					out.errors++
				}
				mu.Unlock()
			}
		})
	}
	callers.Wait()
	out.requests = s.count() - before
	return out
}

// TestAgainstTheCache compares with AWS's cache over a provider that asks each time, with
// a window of 15 minutes: across a refresh that takes the service 5 seconds, and in an
// outage while the credentials are valid. No time passes but in waiting, so that the
// figures are exact.
func TestAgainstTheCache(t *testing.T) {
	for _, tt := range []struct {
		name    string
		disturb func(*source)
		cache   func(crowd) bool // whether it is seen to suffer
	}{
		{"refresh against a slow service", func(s *source) { s.delay = 5 * time.Second }, func(c crowd) bool { return c.stalled == 100 && c.worst == 5*time.Second }},
		{"outage while credentials are valid", func(s *source) { s.answer = "error" }, func(c crowd) bool { return c.errors > 80_000 }},
	} {
		run := func(what string, make func(*testing.T, *source) aws.CredentialsProvider, check func(*testing.T, crowd)) {
			t.Run(tt.name+"/"+what, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := &source{answer: "fresh", lifetime: time.Hour}
					c := watch(t, make(t, s), s, func() {
						s.mu.Lock()
						defer s.mu.Unlock()
						tt.disturb(s)
					})
					t.Logf("%d calls: %d stalled, the longest for %v; %d errors; %d requests", c.calls, c.stalled, c.worst, c.errors, c.requests)
					check(t, c)
				})
			})
		}
		run("aws.CredentialsCache", func(_ *testing.T, s *source) aws.CredentialsProvider {
			return aws.NewCredentialsCache(plain{s}, func(o *aws.CredentialsCacheOptions) { o.ExpiryWindow = 15 * time.Minute })
		}, func(t *testing.T, c crowd) {
			if !tt.cache(c) {
				t.Errorf("the comparison does not show what it is for: %+v", c)
			}
		})
		run("credprovider", func(t *testing.T, s *source) aws.CredentialsProvider {
			p := newFake(t, s)
			t.Cleanup(func() { p.Close() })
			return p
		}, func(t *testing.T, c crowd) {
			if c.stalled > 0 || c.errors > 0 || c.requests > 6 {
				t.Errorf("got %+v", c)
			}
		})
	}
}
