package apiclient

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

type repeatableKey struct{}

// Repeatable marks requests of ctx as harmless when they are sent twice, where the contract
// says so and neither the method nor a key does.
func Repeatable(ctx context.Context) context.Context {
	return context.WithValue(ctx, repeatableKey{}, true)
}

// mayRepeat says whether r, sent twice, takes effect once.
func mayRepeat(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return r.Header.Get("Idempotency-Key") != "" || r.Context().Value(repeatableKey{}) != nil
}

// A policy says whether and when to send a request again.
type policy struct {
	attempts int
	backoff  time.Duration // the longest wait after the first failure; doubles
	maxWait  time.Duration
	random   func() float64 // in [0, 1)
	now      func() time.Time
}

func newPolicy(o Options) policy {
	return policy{o.Attempts, o.Backoff, o.MaxWait, rand.Float64, time.Now}
}

// next returns how long to wait before attempt number attempt+1, and whether there is to be
// one. response is nil where none came.
func (p policy) next(attempt int, response *http.Response) (time.Duration, bool) {
	if attempt >= p.attempts || response != nil && !transient(response) {
		return 0, false
	}
	if response != nil {
		if wait, ok := RetryAfter(response.Header, p.now()); ok {
			// Not earlier than asked, and not everybody at the same moment. Who asks for more
			// than the caller's patience is not asked again.
			return wait + p.jitter(min(wait/4, p.backoff)), wait <= p.maxWait
		}
	}
	return p.wait(attempt), true
}

// wait is the wait after that many failures in a row where nobody said how long: a random
// part ("full jitter") of a bound that doubles.
func (p policy) wait(failures int) time.Duration {
	bound := p.maxWait
	if shift := failures - 1; shift < 30 {
		bound = min(bound, p.backoff<<shift)
	}
	return p.jitter(bound)
}

func (p policy) jitter(most time.Duration) time.Duration {
	return time.Duration(p.random() * float64(most))
}

// transient says whether the same request may succeed later.
func transient(r *http.Response) bool {
	switch r.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	case http.StatusConflict: // a key in flight, say; a conflict that stays names no time
		return r.Header.Get("Retry-After") != ""
	}
	return false
}

// RetryAfter reads the header of that name: seconds, or a date (RFC 9110, section 10.2.3).
// A date that is over means now.
func RetryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if value == "" {
		return 0, false
	}
	if strings.Trim(value, "0123456789") == "" {
		seconds, err := strconv.ParseInt(value, 10, 32)
		if err != nil { // more than 68 years
			return 1<<63 - 1, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	if date, err := http.ParseTime(value); err == nil {
		return max(0, date.Sub(now)), true
	}
	return 0, false
}

// sleep waits, or returns ctx's error at once where ctx ends before that.
func sleep(ctx context.Context, wait time.Duration) error {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
