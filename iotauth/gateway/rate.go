package gateway

import (
	"sync"
	"time"
)

// A rate bounds events per second: it lets a second's worth through at once.
type rate struct {
	perSecond float64

	mu   sync.Mutex
	left float64
	last time.Time
}

// newRate is that of Limits.PublishRate.
func (g *Gateway) newRate() *rate {
	return &rate{perSecond: g.limits.PublishRate, left: max(1, g.limits.PublishRate), last: time.Now()}
}

// allow reports whether one more may happen now, and counts it.
func (r *rate) allow(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.left = min(max(1, r.perSecond), r.left+r.perSecond*now.Sub(r.last).Seconds())
	r.last = now
	if r.left < 1 {
		return false
	}
	r.left--
	return true
}
