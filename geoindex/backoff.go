package geoindex

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstPause = 50 * time.Millisecond
	mostPause  = 5 * time.Second
)

// pause waits before what has been refused so often in a row is tried again: a random
// time below a limit that doubles, so that those who were refused together do not come
// back together. It returns early, with nil, when quit closes, and with its error when
// ctx ends.
func pause(ctx context.Context, quit <-chan struct{}, refused int) error {
	limit := min(mostPause, firstPause<<min(refused, 10))
	timer := time.NewTimer(rand.N(limit))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-quit:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
