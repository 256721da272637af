package askaround

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/askaround/askaround-go/askaround/topic"
)

// Verdict is what moderation says of a question. The zero Verdict lets it pass.
type Verdict struct {
	Reject bool
	Reason string // told to the author when Reject
}

// WorkerOptions configure a Worker.
type WorkerOptions struct {
	// Moderate judges a question before it is stored; nil lets all pass. It may be
	// slow, and see a question more than once: nobody waits for it but the question. An
	// error is tried again; after some attempts the operation fails with
	// [FailedModeration].
	Moderate func(context.Context, Question) (Verdict, error)
	// Aggregation is how answers become sums; "" is AggregateWatermark.
	Aggregation Aggregation
	// BatchWorkers is how much of a batch is in progress at a time, 1 to 100; 0 is 10. They
	// wait for DynamoDB most of their time: where that is in the same process and in memory 1
	// does as much, and leaves the processors to requests. Questions, which wait for Moderate,
	// are 10 at a time in any case.
	BatchWorkers int
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes what no caller sees; nil discards.
	Logger *slog.Logger
}

// Worker is the event side. It is safe for concurrent use.
//
// Every method takes and returns the event types of AWS Lambda. Failures of AWS or of
// the publisher come back as batch item failures, to be tried again, so the
// event source mapping must have ReportBatchItemFailures; input that can never be
// processed goes to a dead-letter queue with the attribute "Reason". A method returns
// an error only for an event that comes from a wrongly configured source.
type Worker struct {
	stores
	queues    SQS
	publisher Publisher
	options   WorkerOptions
	apply     applier
}

// NewWorker returns a Worker over the installation r that publishes through p. It
// does no I/O. Missing clients or names are an [ErrOptions].
func NewWorker(db DynamoDB, q SQS, r Resources, p Publisher, optFns ...func(*WorkerOptions)) (*Worker, error) {
	var o WorkerOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Moderate == nil {
		o.Moderate = func(context.Context, Question) (Verdict, error) { return Verdict{}, nil }
	}
	if o.Aggregation == "" {
		o.Aggregation = AggregateWatermark
	}
	if o.BatchWorkers == 0 {
		o.BatchWorkers = 10
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if q == nil || p == nil {
		return nil, fmt.Errorf("%w: no SQS client or no publisher", ErrOptions)
	}
	if o.BatchWorkers < 1 || o.BatchWorkers > 100 {
		return nil, fmt.Errorf("%w: batch workers %d, must be 1 to 100", ErrOptions, o.BatchWorkers)
	}
	st, err := newStores(db, r, o.Clock)
	if err != nil {
		return nil, err
	}
	w := &Worker{stores: st, queues: q, publisher: p, options: o}
	if w.apply, err = w.applier(); err != nil {
		return nil, err
	}
	return w, nil
}

// Announce publishes a notice on the system topic.
func (w *Worker) Announce(ctx context.Context, text string) error {
	var f faults
	if text = f.text("/text", text); len(f) > 0 {
		return f.err()
	}
	return w.publish(ctx, topic.System{}, NoticeMessage{TypeNotice, text})
}

// publish sends a message as JSON.
func (w *Worker) publish(ctx context.Context, t topic.Topic, m any) error {
	payload, err := json.Marshal(m)
	if err != nil {
		return poisonf("message for %s: %v", t, err)
	}
	if len(payload) > t.Channel().MaxPayload() {
		return poisonf("message for %s of %d bytes", t, len(payload))
	}
	if err := w.publisher.Publish(ctx, t.String(), payload); err != nil {
		return fmt.Errorf("askaround: publish on %s: %w", t, err)
	}
	return nil
}

// asPoison returns the reason when err is poison.
func asPoison(err error) (reason string, ok bool) {
	var p *poison
	if errors.As(err, &p) {
		return p.reason, true
	}
	return "", false
}
