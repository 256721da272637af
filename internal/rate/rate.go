// Package rate limits what happens per second, to a client or a session.
package rate

import (
	"math"
	"sync"
	"time"
)

// A Bucket limits a rate. What was not used for a while may come at once, up to what one
// second brings. nil does not limit. It is safe for concurrent use.
type Bucket struct {
	rate  float64 // per second
	burst float64

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

// New returns a full Bucket, or nil where perSecond is infinite.
func New(perSecond float64) *Bucket {
	if math.IsInf(perSecond, 1) {
		return nil
	}
	burst := max(perSecond, 1)
	return &Bucket{rate: perSecond, burst: burst, tokens: burst, last: time.Now()}
}

func (b *Bucket) fill(now time.Time) {
	if passed := now.Sub(b.last); passed > 0 {
		b.tokens = min(b.burst, b.tokens+passed.Seconds()*b.rate)
		b.last = now
	}
}

// Take takes one, or says how long it will be until there is one.
func (b *Bucket) Take(now time.Time) (wait time.Duration) {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	if b.tokens < 1 {
		return b.until(1)
	}
	b.tokens--
	return 0
}

// Spend takes n, if need be on credit, and says how long to do nothing afterwards.
func (b *Bucket) Spend(now time.Time, n int) (wait time.Duration) {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	b.tokens -= float64(n)
	return b.until(0)
}

// Wait says how long it will be until there are n.
func (b *Bucket) Wait(now time.Time, n float64) time.Duration {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	return b.until(n)
}

func (b *Bucket) until(tokens float64) time.Duration {
	if b.tokens >= tokens {
		return 0
	}
	return max(time.Microsecond, time.Duration((tokens-b.tokens)/b.rate*float64(time.Second)))
}
