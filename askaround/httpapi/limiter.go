package httpapi

import (
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/askaround/askaround-go/askaround"
)

// A limiter grants each account a bucket of tokens that fills at a steady rate. It
// is one process's view: behind several servers each grants its own.
type limiter struct {
	rate  float64 // per second; 0: no limit
	burst float64
	clock func() time.Time

	mu      sync.Mutex
	buckets map[askaround.AccountID]bucket
	swept   time.Time
}

type bucket struct {
	level float64 // tokens at the time filled
	at    time.Time
}

// tooManyError says when a token will be there.
type tooManyError struct{ wait time.Duration }

func (e *tooManyError) Error() string {
	return fmt.Sprintf("httpapi: too many requests: wait %v", e.wait)
}

func newLimiter(o Options) *limiter {
	return &limiter{rate: o.Rate, burst: float64(o.Burst), clock: o.Clock, buckets: make(map[askaround.AccountID]bucket)}
}

// take takes a token of account's, or returns a *tooManyError.
func (l *limiter) take(account askaround.AccountID) error {
	if l.rate == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	l.sweep(now)
	b, ok := l.buckets[account]
	if !ok {
		b = bucket{l.burst, now}
	}
	b.level = min(l.burst, b.level+l.rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	defer func() { l.buckets[account] = b }()
	if b.level < 1 {
		return &tooManyError{time.Duration(math.Ceil((1 - b.level) / l.rate * float64(time.Second)))}
	}
	b.level--
	return nil
}

// sweep forgets full buckets, once in the time that an empty one takes to fill, so
// that memory is bounded by the accounts of about that time.
func (l *limiter) sweep(now time.Time) {
	fill := time.Duration(l.burst / l.rate * float64(time.Second))
	if now.Sub(l.swept) < fill {
		return
	}
	l.swept = now
	for account, b := range l.buckets {
		if now.Sub(b.at) >= fill {
			delete(l.buckets, account)
		}
	}
}
