package core

import (
	"math"
	"sync"
	"time"
)

// A bucket limits a rate. What was not used for a while may come at once, up to what one
// second brings. nil does not limit.
type bucket struct {
	rate  float64 // per second
	burst float64

	mu     sync.Mutex
	tokens float64
	last   time.Time
}

// newBucket returns a full bucket, or nil where rate is infinite.
func newBucket(rate float64) *bucket {
	if math.IsInf(rate, 1) {
		return nil
	}
	burst := max(rate, 1)
	return &bucket{rate: rate, burst: burst, tokens: burst, last: time.Now()}
}

func (b *bucket) fill(now time.Time) {
	if passed := now.Sub(b.last); passed > 0 {
		b.tokens = min(b.burst, b.tokens+passed.Seconds()*b.rate)
		b.last = now
	}
}

// take takes one, or says how long it will be until there is one.
func (b *bucket) take(now time.Time) (wait time.Duration) {
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

// spend takes n, if need be on credit, and says how long to do nothing afterwards.
func (b *bucket) spend(now time.Time, n int) (wait time.Duration) {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	b.tokens -= float64(n)
	return b.until(0)
}

// wait says how long it will be until there are n.
func (b *bucket) wait(now time.Time, n float64) time.Duration {
	if b == nil {
		return 0
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fill(now)
	return b.until(n)
}

func (b *bucket) until(tokens float64) time.Duration {
	if b.tokens >= tokens {
		return 0
	}
	return max(time.Microsecond, time.Duration((tokens-b.tokens)/b.rate*float64(time.Second)))
}
