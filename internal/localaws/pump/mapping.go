package pump

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

var (
	// ErrInvalid reports an option out of range, or a source that does not exist.
	ErrInvalid = errors.New("pump: invalid")
	// ErrTimeout is the error of a call that took longer than its Timeout, whatever the
	// handler returned in the end.
	ErrTimeout = errors.New("pump: the handler took longer than its timeout")
)

// PanicError is the error of a call whose handler panicked.
type PanicError struct {
	Value any
	Stack []byte // of the handler, as runtime/debug prints it
}

func (e *PanicError) Error() string { return fmt.Sprintf("pump: the handler panicked: %v", e.Value) }

// Handlers of the three kinds of events.
type (
	QueueHandler  func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)
	StreamHandler func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)
	WindowHandler func(context.Context, events.DynamoDBTimeWindowEvent) (events.DynamoDBTimeWindowEventResponse, error)
)

// maxPayload is the size of the largest event, in bytes (AWS Lambda quotas, "Invocation
// payload").
const maxPayload = 6 << 20

// Mapping connects a source with a handler. Run it once; everything else is safe for
// concurrent use with Run.
type Mapping struct {
	run   func(context.Context) error
	idle  func() bool
	stats *counters
}

type counters struct{ batches, records, failures, discarded, filtered atomic.Uint64 }

// Stats are figures about a mapping since it was made.
type Stats struct {
	Batches   uint64 // calls of the handler
	Records   uint64 // messages or records that it took
	Failures  uint64 // calls that failed or reported a failed item
	Discarded uint64 // stream records given up
	Filtered  uint64 // messages or records that satisfied no filter
}

// Run calls the handler until ctx ends; then it finishes the calls in hand, those that wait
// for their turn too, which ctx does not cut short, and returns nil. The source's own failure, such as a journal that
// cannot be written or a table that is dropped, is returned.
func (m *Mapping) Run(ctx context.Context) error { return m.run(ctx) }

// Idle reports whether nothing waits in the source and nothing is on its way: a queue
// without messages, not even invisible ones; a stream read to its end, and no window
// open that has state.
func (m *Mapping) Idle() bool { return m.idle() }

// Stats returns the figures.
func (m *Mapping) Stats() Stats {
	return Stats{m.stats.batches.Load(), m.stats.records.Load(), m.stats.failures.Load(), m.stats.discarded.Load(), m.stats.filtered.Load()}
}

// call runs a handler when it is its turn, with a deadline of its own, which the end of ctx
// does not cut short, and makes a panic an error: it must not end the process that holds
// the stores.
func call[R any](ctx context.Context, turn *Executions, timeout time.Duration, h func(context.Context) (R, error)) (response R, err error) {
	defer turn.take()()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{v, debug.Stack()}
		}
	}()
	response, err = h(ctx)
	if err == nil && ctx.Err() != nil {
		err = ErrTimeout
	}
	return response, err
}

// explain gives a handler's error to the log, with the stack of a panic.
func explain(err error) slog.Attr {
	var p *PanicError
	if errors.As(err, &p) {
		return slog.Group("error", "message", p.Error(), "stack", string(p.Stack))
	}
	return slog.Any("error", err)
}

func discardLogger(l *slog.Logger) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	return l
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
