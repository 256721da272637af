package pump

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/sqs"
)

// QueueOptions configure a mapping of a queue. A zero value means the default.
type QueueOptions struct {
	// BatchSize is the most messages of one call, 1 to 10. Default 10.
	BatchSize int
	// Concurrency is how many calls run at once, 1 to 1,000. Default 1.
	Concurrency int
	// Timeout bounds a call. Default: the queue's visibility timeout, since a longer call
	// would see its messages delivered again.
	Timeout time.Duration
	// Logger takes the handler's errors. Default: none.
	Logger *slog.Logger
}

// poll is how long one receive waits; nothing is polled within it.
const poll = 20 * time.Second

// Queue returns a mapping from a queue to h. Errors: [ErrInvalid].
func Queue(local *localaws.Local, queueURL string, h QueueHandler, optFns ...func(*QueueOptions)) (*Mapping, error) {
	o := QueueOptions{BatchSize: 10, Concurrency: 1}
	for _, fn := range optFns {
		fn(&o)
	}
	o.Logger = discardLogger(o.Logger)
	if o.BatchSize < 1 || o.BatchSize > 10 || o.Concurrency < 1 || o.Concurrency > 1000 || o.Timeout < 0 {
		return nil, fmt.Errorf("%w: batch size %d (1 to 10), concurrency %d (1 to 1,000), timeout %v", ErrInvalid, o.BatchSize, o.Concurrency, o.Timeout)
	}
	if _, _, _, err := local.SQS().Depth(queueURL); err != nil {
		return nil, fmt.Errorf("%w: queue %s: %w", ErrInvalid, queueURL, err)
	}
	if o.Timeout == 0 {
		o.Timeout = max(time.Second, local.SQS().VisibilityTimeout(queueURL))
	}
	q := &queue{engine: local.SQS(), url: queueURL, handler: h, options: o, stats: new(counters)}
	return &Mapping{run: q.run, idle: q.idle, stats: q.stats}, nil
}

type queue struct {
	engine  *sqs.Engine
	url     string
	handler QueueHandler
	options QueueOptions
	stats   *counters
}

func (q *queue) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for range q.options.Concurrency {
		group.Go(func() error { return q.work(ctx) })
	}
	return group.Wait()
}

func (q *queue) work(ctx context.Context) error {
	for {
		messages, err := q.engine.Receive(ctx, q.url, q.options.BatchSize, poll)
		if len(messages) > 0 {
			if err := q.deliver(ctx, messages); err != nil {
				return err
			}
		}
		switch {
		case ctx.Err() != nil, errors.Is(err, sqs.ErrClosed):
			return nil
		case err != nil:
			return fmt.Errorf("pump: receive from %s: %w", q.url, err)
		}
	}
}

// deliver calls the handler and deletes what succeeded.
func (q *queue) deliver(ctx context.Context, messages []events.SQSMessage) error {
	q.stats.batches.Add(1)
	response, err := call(ctx, q.options.Timeout, func(ctx context.Context) (events.SQSEventResponse, error) {
		return q.handler(ctx, events.SQSEvent{Records: messages})
	})
	if err != nil {
		q.stats.failures.Add(1)
		q.options.Logger.Error("queue handler failed", "queue", q.url, "messages", len(messages), "error", err)
		return nil // all become visible again
	}
	receipts := succeeded(messages, response)
	if len(receipts) < len(messages) {
		q.stats.failures.Add(1)
	}
	if len(receipts) == 0 {
		return nil
	}
	q.stats.records.Add(uint64(len(receipts)))
	if err := q.engine.Delete(context.WithoutCancel(ctx), q.url, receipts...); err != nil {
		return fmt.Errorf("pump: delete from %s: %w", q.url, err)
	}
	return nil
}

// succeeded returns the receipts of the messages that were not reported as failed. An
// identifier that is empty or of no message fails the whole batch, as on Lambda.
func succeeded(messages []events.SQSMessage, response events.SQSEventResponse) (receipts []string) {
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, m := range messages {
		if failed[m.MessageId] {
			delete(failed, m.MessageId)
			continue
		}
		receipts = append(receipts, m.ReceiptHandle)
	}
	if len(failed) > 0 {
		return nil
	}
	return receipts
}

func (q *queue) idle() bool {
	visible, inFlight, delayed, err := q.engine.Depth(q.url)
	return err == nil && visible+inFlight+delayed == 0
}
