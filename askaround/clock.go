package askaround

import (
	"context"
	"math/rand/v2"
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

// conflictAttempts is how often a transaction is tried again that another one was in the
// way of.
const conflictAttempts = 8

// pause waits before the next attempt at a write that met another, longer each time and
// at random, so that the same ones do not meet again.
func pause(ctx context.Context, attempt int) error {
	most := 2 * time.Millisecond << min(attempt, 8)
	timer := time.NewTimer(rand.N(most))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
