package credprovider

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// In a bubble of synctest time passes only where everybody waits. So a call that took any
// time has waited for something, and no busy machine can make it look so.

func TestColdCallersShareARequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour, delay: 300 * time.Millisecond}
		p := newFake(t, s)
		defer p.Close()
		var callers sync.WaitGroup
		for range 10_000 {
			callers.Go(func() {
				if c, err := p.Retrieve(t.Context()); err != nil || c.AccessKeyID != "AKID-1" {
					t.Errorf("got %q, %v", c.AccessKeyID, err)
				}
			})
		}
		callers.Wait()
		if s.count() != 1 {
			t.Errorf("%d requests", s.count())
		}
	})
}

func TestGivingUpEndsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour, delay: 3 * time.Second}
		p := newFake(t, s)
		defer p.Close()
		var callers sync.WaitGroup
		callers.Go(func() { // begins the request
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			_, err := p.Retrieve(ctx)
			if canceled := (*aws.RequestCanceledError)(nil); !errors.As(err, &canceled) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if waited := time.Since(start); waited != time.Second {
				t.Errorf("waited %v", waited)
			}
		})
		synctest.Wait()
		for range 10 {
			callers.Go(func() {
				if _, err := p.Retrieve(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		if s.count() != 1 {
			t.Errorf("%d requests", s.count())
		}
	})
}

// TestNobodyWaitsAcrossARefresh has callers all the time for two hours, against a service
// that takes 5 seconds.
func TestNobodyWaitsAcrossARefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour}
		p := newFake(t, s)
		defer p.Close()
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		s.delay = 5 * time.Second
		s.mu.Unlock()
		seen := map[string]bool{}
		for end := time.Now().Add(2 * time.Hour); time.Now().Before(end); time.Sleep(70 * time.Millisecond) {
			start := time.Now()
			c, err := p.Retrieve(t.Context())
			if waited := time.Since(start); err != nil || waited > 0 {
				t.Fatalf("waited %v, %v", waited, err)
			}
			if left := time.Until(p.Status().Expires); left < mandatoryWindow {
				t.Fatalf("handed out with %v to live", left)
			}
			seen[c.AccessKeyID] = true
		}
		if len(seen) < 3 || len(seen) != s.count() {
			t.Errorf("%d credentials from %d requests", len(seen), s.count())
		}
	})
}

// TestOutage: who has valid credentials goes on with them for as long as they live, and
// the service is asked every 5 to 10 minutes. By the letter of the rules also longer.
func TestOutage(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("strict=%t", strict), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{answer: "fresh", lifetime: time.Hour}
				p := newFake(t, s, func(o *Options) { o.Strict = strict })
				defer p.Close()
				start := time.Now()
				if _, err := p.Retrieve(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.set("error", 0)
				for ; time.Since(start) < 100*time.Minute; time.Sleep(time.Second) {
					_, err := p.Retrieve(t.Context())
					if expired := time.Since(start) >= time.Hour; expired && !strict && !errors.Is(err, ErrUnavailable) || (!expired || strict) && err != nil {
						t.Fatalf("after %v: %v", time.Since(start), err)
					}
				}
				if n := s.count(); n < 5 || n > 30 {
					t.Errorf("%d requests in 100 minutes", n)
				}
				if failure := p.Status().Failure; !errors.Is(failure, ErrUnavailable) {
					t.Errorf("the status says %v", failure)
				}
				s.set("fresh", time.Hour)
				time.Sleep(maxBackoff)
				if _, err := p.Retrieve(t.Context()); err != nil || p.Status().Failure != nil {
					t.Errorf("%v, %v", err, p.Status().Failure)
				}
			})
		})
	}
}

// TestResumeBeforeTheNetwork: the credentials expired in the machine's sleep, and when it
// wakes the network takes 20 seconds more.
func TestResumeBeforeTheNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour}
		p := newFake(t, s)
		defer p.Close()
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(8 * time.Hour)
		woke := time.Now()
		s.set("error", 0)
		for {
			if time.Since(woke) >= 20*time.Second {
				s.set("fresh", time.Hour)
			}
			c, err := p.Retrieve(t.Context())
			if err == nil {
				if c.AccessKeyID == "AKID-1" {
					t.Fatal("stale credentials")
				}
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if took := time.Since(woke); took > 80*time.Second || s.count() > 10 {
			t.Errorf("worked after %v and %d requests", took, s.count())
		}
	})
}

// TestOutageCold: without anything at hand, each call asks.
func TestOutageCold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "error"}
		p := newFake(t, s, func(o *Options) { o.Attempts = 3 })
		defer p.Close()
		start := time.Now()
		_, err := p.Retrieve(t.Context())
		if waited := time.Since(start); !errors.Is(err, ErrUnavailable) || s.count() != 3 || waited > 2*time.Second {
			t.Fatalf("%v after %v and %d attempts", err, waited, s.count())
		}
		s.set("fresh", time.Hour)
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
}

// TestWallClock: a machine that was suspended, or whose clock was set, hands out stale
// credentials for at most a second, although its own clock and its timers stood still.
func TestWallClock(t *testing.T) {
	for _, tt := range []struct {
		name string
		jump time.Duration
	}{
		{"suspended for two hours", 2 * time.Hour},
		{"suspended for a year", 365 * 24 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var mu sync.Mutex
				var offset time.Duration
				clock := func() time.Time {
					mu.Lock()
					defer mu.Unlock()
					return time.Now().Add(offset)
				}
				s := &source{answer: "fresh", lifetime: time.Hour}
				p := newFake(t, s, func(o *Options) { o.Clock = clock })
				defer p.Close()
				before, err := p.Retrieve(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				offset = tt.jump
				mu.Unlock()
				s.set("fresh", tt.jump+time.Hour) // by the service's clock
				resumed := time.Now()
				for {
					c, err := p.Retrieve(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if c.AccessKeyID != before.AccessKeyID {
						break
					}
					if stale := time.Since(resumed); stale >= time.Second {
						t.Fatalf("stale for %v", stale)
					}
					time.Sleep(time.Millisecond)
				}
				if s.count() != 2 {
					t.Errorf("%d requests", s.count())
				}
			})
		})
	}
}

// TestClockSetBack: the process's own clock ends credentials that the wall clock would
// keep for another year.
func TestClockSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var offset time.Duration
		s := &source{answer: "fresh", lifetime: time.Hour}
		p := newFake(t, s, func(o *Options) {
			o.Clock = func() time.Time {
				mu.Lock()
				defer mu.Unlock()
				return time.Now().Add(offset)
			}
		})
		defer p.Close()
		before, err := p.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		offset = -365 * 24 * time.Hour
		mu.Unlock()
		time.Sleep(time.Hour - 30*time.Second)
		c, err := p.Retrieve(t.Context())
		if err != nil || c.AccessKeyID == before.AccessKeyID {
			t.Fatalf("%q, %v", c.AccessKeyID, err)
		}
	})
}

// TestAroundACache: AWS's config package puts a cache around every provider. It must not
// keep credentials to their last second, and not make callers wait.
func TestAroundACache(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour}
		p := newFake(t, s)
		defer p.Close()
		cache := aws.NewCredentialsCache(p)
		if _, err := cache.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		expires := map[string]time.Time{}
		s.mu.Lock()
		s.delay = 5 * time.Second
		s.mu.Unlock()
		for end := time.Now().Add(3 * time.Hour); time.Now().Before(end); time.Sleep(170 * time.Millisecond) {
			start := time.Now()
			c, err := cache.Retrieve(t.Context())
			if err != nil || time.Since(start) > 0 {
				t.Fatalf("waited %v, %v", time.Since(start), err)
			}
			status := p.Status()
			expires[status.AccessKeyID] = status.Expires
			if left := time.Until(expires[c.AccessKeyID]); left < mandatoryWindow {
				t.Fatalf("handed out with %v to live", left)
			}
			if c.Expires.After(expires[c.AccessKeyID]) || c.Expired() {
				t.Fatalf("Expires says %v at %v, the truth is %v", c.Expires, time.Now(), expires[c.AccessKeyID])
			}
		}
		if s.count() < 4 {
			t.Errorf("%d requests", s.count())
		}
	})
}

// TestRun: who asks once in an hour does not wait either.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: 15 * time.Minute}
		p := newFake(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		time.Sleep(time.Second)
		for range 20 {
			time.Sleep(61 * time.Minute)
			start := time.Now()
			if _, err := p.Retrieve(t.Context()); err != nil || time.Since(start) > 0 {
				t.Fatalf("waited %v, %v", time.Since(start), err)
			}
		}
		if n := s.count(); n < 80 || n > 140 { // 20 h at 10 to 13 minutes each
			t.Errorf("%d requests", n)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		p.Close()
		if err := p.Run(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// TestRunAgainstAnOutage: the service is not stormed by who has nothing.
func TestRunAgainstAnOutage(t *testing.T) {
	for _, answer := range []string{"error", "denied", "throttled"} {
		t.Run(answer, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &source{answer: answer}
				p := newFake(t, s)
				ctx, cancel := context.WithCancel(t.Context())
				ended := make(chan error, 1)
				go func() { ended <- p.Run(ctx) }()
				time.Sleep(10 * time.Minute)
				cancel()
				<-ended
				if n := s.count(); n < 4 || n > 400 {
					t.Errorf("%d requests in 10 minutes", n)
				}
				p.Close()
			})
		})
	}
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour, delay: time.Hour}
		p := newFake(t, s, func(o *Options) { o.Timeout = 2 * time.Hour })
		ended := make(chan error, 1)
		go func() {
			_, err := p.Retrieve(t.Context())
			ended <- err
		}()
		synctest.Wait()
		start := time.Now()
		if err := p.Close(); err != nil || time.Since(start) > 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := <-ended; !errors.Is(err, ErrClosed) {
			t.Errorf("who waited got %v", err)
		}
		if _, err := p.Retrieve(t.Context()); !errors.Is(err, ErrClosed) {
			t.Errorf("afterwards: %v", err)
		}
	})
}

// TestInvalidateTellsWhetherToTryAgain is what keeps a client from trying in vain.
func TestInvalidateTellsWhetherToTryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &source{answer: "fresh", lifetime: time.Hour}
		p := newFake(t, s)
		defer p.Close()
		if p.Invalidate("AKID-1") {
			t.Error("there was nothing to invalidate")
		}
		_, err := p.Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if p.Invalidate("AKID-of-somebody-else") || p.Invalidate("") {
			t.Error("others than the provider's are none of its business")
		}
		if !p.Invalidate("AKID-1") {
			t.Error("others may be had")
		}
		if _, err := p.Retrieve(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !p.Invalidate("AKID-1") || p.Status().AccessKeyID != "AKID-2" {
			t.Error("others are at hand")
		}
		p.Invalidate("AKID-2")
		s.set("error", 0)
		if c, err := p.Retrieve(t.Context()); err != nil || c.AccessKeyID != "AKID-2" {
			t.Fatal(c.AccessKeyID, err)
		}
		if p.Invalidate("AKID-2") {
			t.Error("a refresh has just failed")
		}
	})
}

// TestParallel is for the race detector.
func TestParallel(t *testing.T) {
	s := &source{answer: "fresh", lifetime: 2 * time.Second}
	p := newFake(t, s)
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			for n := range 2000 {
				c, err := p.Retrieve(t.Context())
				if err != nil || !c.HasKeys() {
					t.Errorf("%v", err)
				}
				switch {
				case n%97 == i:
					p.Invalidate(c.AccessKeyID)
				case n%50 == 0:
					_ = fmt.Sprint(p, p.Status())
				}
			}
		})
	}
	callers.Wait()
	p.Close()
}
