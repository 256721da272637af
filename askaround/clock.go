package askaround

import (
	"sync"
	"time"
)

// ticks hands out times of acceptance in Unix microseconds, each later than the one
// before: of two answers that one Service accepts one after the other the second wins,
// however coarse the clock.
type ticks struct {
	mu   sync.Mutex
	last int64
}

func (t *ticks) next(now time.Time) int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = max(t.last+1, now.UnixMicro())
	return t.last
}
