package apihttp

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// A limiter grants each account a bucket of tokens that fills at a steady rate. It
// is one process's view: behind several servers each grants its own.
type limiter struct {
	rate   float64 // per second; 0: no limit
	burst  float64
	policy []string // the RateLimit-Policy header
	clock  func() time.Time

	mu      sync.Mutex
	buckets map[string]bucket
	swept   time.Time
}

type bucket struct {
	level float64 // tokens at the time filled
	at    time.Time
}

func newLimiter(o Options) *limiter {
	l := &limiter{rate: o.Rate, burst: float64(o.Burst), clock: o.Clock, buckets: make(map[string]bucket)}
	if l.rate > 0 {
		l.policy = []string{`"account";q=` + strconv.Itoa(o.Burst) + ";w=" + strconv.FormatInt(ceil(l.burst/l.rate), 10)}
	}
	return l
}

// take takes a token of account's and tells in header how many are left. The error is a
// *Refusal.
func (l *limiter) take(account string, header http.Header) error {
	if l.rate == 0 {
		return nil
	}
	level, ok := l.draw(account)
	header["Ratelimit-Policy"] = l.policy
	header["Ratelimit"] = []string{`"account";r=` + strconv.Itoa(int(level)) + ";t=" + strconv.FormatInt(ceil((l.burst-level)/l.rate), 10)}
	if !ok {
		wait := time.Duration(math.Ceil((1 - level) / l.rate * float64(time.Second)))
		return (&Refusal{Kind: TooManyRequests}).With("Retry-After", Seconds(wait))
	}
	return nil
}

// draw returns what is left in the bucket, and whether a token could be taken.
func (l *limiter) draw(account string) (level float64, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	l.sweep(now)
	b, known := l.buckets[account]
	if !known {
		b = bucket{l.burst, now}
	}
	b.level = min(l.burst, b.level+l.rate*max(0, now.Sub(b.at).Seconds()))
	b.at = now
	if ok = b.level >= 1; ok {
		b.level--
	}
	l.buckets[account] = b
	return b.level, ok
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

func ceil(f float64) int64 { return int64(math.Ceil(f)) }

// Seconds is how Retry-After spells d: rounded up, at least one.
func Seconds(d time.Duration) string { return strconv.FormatInt(max(1, ceil(d.Seconds())), 10) }
