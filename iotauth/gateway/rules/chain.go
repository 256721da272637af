package rules

import (
	"context"
	"sync/atomic"
)

// Bounds of what one message may cause by being republished.
const (
	maxSteps       = 16
	maxRepublished = 1000
)

// A chain is where a message stands among those that came of one another.
type chain struct {
	steps int           // that led to it
	total *atomic.Int64 // messages that came of the first one
}

type chainKey struct{}

// nextStep returns the chain of a message that is published with ctx; false where rules
// are not to see it.
func nextStep(ctx context.Context) (chain, bool) {
	before, republished := ctx.Value(chainKey{}).(chain)
	if !republished {
		return chain{total: new(atomic.Int64)}, true
	}
	before.steps++
	return before, before.steps <= maxSteps && before.total.Add(1) <= maxRepublished
}

// within is a context for publishing what comes of the message.
func (c chain) within(ctx context.Context) context.Context {
	return context.WithValue(ctx, chainKey{}, c)
}
