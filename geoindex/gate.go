package geoindex

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// gate lets only so many queries of a search be on their way as DynamoDB takes: each that
// is throttled takes one place away, some that are not give one back.
type gate struct {
	places  chan struct{} // a query takes one while it is on its way
	retries int

	mu       sync.Mutex
	withheld int // places taken away
	streak   int // successes since the last change
}

func newGate(places, retries int) *gate {
	g := &gate{places: make(chan struct{}, places), retries: retries}
	for range places {
		g.places <- struct{}{}
	}
	return g
}

// Waits before a repetition: at most firstWait before the first, doubling, up to
// longestWait; the actual one is random, so that searches do not return together
// ("Error retries and exponential backoff", AWS SDKs reference).
const (
	firstWait   = 50 * time.Millisecond
	longestWait = 5 * time.Second
	forgiven    = 8 // successes that give a place back
)

// query repeats a query while it is throttled, and returns how often it was.
func (g *gate) query(ctx context.Context, client DynamoDB, in *dynamodb.QueryInput) (*dynamodb.QueryOutput, int, error) {
	for throttles := 0; ; throttles++ {
		select {
		case <-g.places:
		case <-ctx.Done():
			return nil, throttles, ctx.Err()
		}
		if err := ctx.Err(); err != nil {
			g.places <- struct{}{}
			return nil, throttles, err
		}
		out, err := client.Query(ctx, in)
		err = classify(err)
		throttled := errors.Is(err, ErrThrottled)
		g.leave(throttled)
		if !throttled || throttles >= g.retries {
			return out, throttles, err
		}
		if err := sleep(ctx, rand.N(min(longestWait, firstWait<<throttles))); err != nil {
			return nil, throttles, err
		}
	}
}

// leave gives the place of a query back, or takes it away.
func (g *gate) leave(throttled bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if throttled {
		g.streak = 0
		if g.withheld < cap(g.places)-1 {
			g.withheld++
			return
		}
	} else if g.streak++; g.streak >= forgiven && g.withheld > 0 {
		g.streak, g.withheld = 0, g.withheld-1
		g.places <- struct{}{}
	}
	g.places <- struct{}{}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
