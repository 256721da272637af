package pump

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// ErrInvalid reports an option out of range, or a source that does not exist.
var ErrInvalid = errors.New("pump: invalid")

// Handlers of the three kinds of events.
type (
	QueueHandler  func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)
	StreamHandler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)
	WindowHandler func(context.Context, events.DynamoDBTimeWindowEvent) (events.DynamoDBTimeWindowEventResponse, error)
)

// Mapping connects a source with a handler.
type Mapping struct {
	run   func(context.Context) error
	idle  func() bool
	stats *counters
}

type counters struct{ batches, records, failures, discarded atomic.Uint64 }

// Stats are figures about a mapping since it was made.
type Stats struct {
	Batches   uint64 // calls of the handler
	Records   uint64 // in batches that succeeded, or in their part that did
	Failures  uint64 // calls that failed or reported a failed item
	Discarded uint64 // stream records given up
}

// Run calls the handler until ctx ends; then it finishes the batch in hand and returns
// nil. The source's own failure, such as a journal that cannot be written, is returned.
func (m *Mapping) Run(ctx context.Context) error { return m.run(ctx) }

// Idle reports whether nothing waits in the source and nothing is on its way.
func (m *Mapping) Idle() bool { return m.idle() }

// Stats returns the figures. It is safe for concurrent use with Run.
func (m *Mapping) Stats() Stats {
	return Stats{m.stats.batches.Load(), m.stats.records.Load(), m.stats.failures.Load(), m.stats.discarded.Load()}
}

// call runs a handler with a deadline of its own, which the end of ctx does not cut
// short, and makes a panic an error: it must not end the process that holds the stores.
func call[R any](ctx context.Context, timeout time.Duration, h func(context.Context) (R, error)) (response R, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("pump: the handler panicked: %v", v)
		}
	}()
	return h(ctx)
}

func discardLogger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}
