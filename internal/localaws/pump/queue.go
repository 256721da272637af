package pump

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/sqs"
)

// QueueOptions configure a mapping of a queue. A zero value means the default. Ranges
// are those of Lambda's CreateEventSourceMapping.
type QueueOptions struct {
	// BatchSize is the most messages of one call, 1 to 10; of a standard queue to 10,000
	// with a BatchWindow of at least a second. Default 10.
	BatchSize int
	// BatchWindow is how long a batch gathers messages before it is delivered
	// (MaximumBatchingWindowInSeconds), up to 5 minutes. A FIFO queue has none. Default 0:
	// what is there.
	BatchWindow time.Duration
	// Concurrency is how many calls run at once, 1 to 1,000. Of a FIFO queue no two of
	// them have messages of one group. Default 1.
	Concurrency int
	// Executions bounds the calls of this mapping together with those of others. Default
	// nil: not at all. The visibility timeout runs while a call waits for its turn.
	Executions *Executions
	// Filters are the patterns of FilterCriteria, at most 10: messages that satisfy none
	// of them are deleted. Default: all are delivered.
	Filters []string
	// Timeout bounds a call. It must not be longer than the queue's visibility timeout,
	// which is the default, since a longer call would see its messages delivered again.
	Timeout time.Duration
	// Logger takes the handler's errors. Default: none.
	Logger *slog.Logger
}

// poll is how long one receive waits; nothing is polled within it. Where too many messages
// are in flight it waits for some to come back.
const poll = 20 * time.Second

func queueOptions(visibility time.Duration, fifo bool, optFns []func(*QueueOptions)) (QueueOptions, error) {
	o := QueueOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.BatchSize == 0 {
		o.BatchSize = 10
	}
	if o.Concurrency == 0 {
		o.Concurrency = 1
	}
	if o.Timeout == 0 {
		o.Timeout = visibility
	}
	o.Logger = discardLogger(o.Logger)
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
		}
	}
	check(o.BatchSize >= 1 && o.BatchSize <= 10_000, "batch size %d, must be 1 to 10,000", o.BatchSize)
	check(o.BatchSize <= 10 || o.BatchWindow >= time.Second, "batch size %d above 10 needs a batch window of at least 1 s", o.BatchSize)
	check(!fifo || o.BatchSize <= 10, "batch size %d, must be 1 to 10 for a FIFO queue", o.BatchSize)
	check(!fifo || o.BatchWindow == 0, "batch window %v, a FIFO queue has none", o.BatchWindow)
	check(o.BatchWindow >= 0 && o.BatchWindow <= 5*time.Minute, "batch window %v, must be 0 to 5 minutes", o.BatchWindow)
	check(o.Concurrency >= 1 && o.Concurrency <= 1000, "concurrency %d, must be 1 to 1,000", o.Concurrency)
	check(o.Timeout > 0 && o.Timeout <= visibility, "timeout %v, must be above 0 and not above the queue's visibility timeout %v", o.Timeout, visibility)
	return o, errors.Join(errs...)
}

// Queue returns a mapping from a queue to h. Errors: [ErrInvalid].
func Queue(local *localaws.Local, queueURL string, h QueueHandler, optFns ...func(*QueueOptions)) (*Mapping, error) {
	if _, _, _, err := local.SQS().Depth(queueURL); err != nil {
		return nil, fmt.Errorf("%w: queue %s: %w", ErrInvalid, queueURL, err)
	}
	fifo := strings.HasSuffix(queueURL, ".fifo")
	o, err := queueOptions(local.SQS().VisibilityTimeout(queueURL), fifo, optFns)
	if err != nil {
		return nil, err
	}
	filters, err := parseFilters(o.Filters)
	if err != nil {
		return nil, err
	}
	q := &queue{engine: local.SQS(), url: queueURL, fifo: fifo, filters: filters, handler: h, options: o, stats: new(counters)}
	return &Mapping{run: q.run, idle: q.idle, stats: q.stats}, nil
}

type queue struct {
	engine  *sqs.Engine
	url     string
	fifo    bool
	filters filters
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
	for ctx.Err() == nil {
		messages, err := q.gather(ctx)
		if messages, err := q.keep(ctx, messages); err != nil {
			return err
		} else if err := q.deliverAll(ctx, messages); err != nil {
			return err
		}
		switch {
		case err == nil, ctx.Err() != nil:
		case errors.Is(err, sqs.ErrClosed):
			return nil
		default:
			return fmt.Errorf("pump: receive from %s: %w", q.url, err)
		}
	}
	return nil
}

// gather receives a batch. With an error there may be messages, which count.
func (q *queue) gather(ctx context.Context) ([]events.SQSMessage, error) {
	messages, err := q.engine.Receive(ctx, q.url, q.options.BatchSize, poll)
	if len(messages) == 0 || err != nil {
		return messages, err
	}
	end := time.Now().Add(q.options.BatchWindow)
	for len(messages) < q.options.BatchSize && fitting(messages) == len(messages) {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		more, err := q.engine.Receive(ctx, q.url, q.options.BatchSize-len(messages), left)
		messages = append(messages, more...)
		if err != nil {
			return messages, err
		}
	}
	return messages, nil
}

// fitting returns how many messages, at least one, make an event that is not too large.
func fitting(messages []events.SQSMessage) int {
	size := 0
	for i, m := range messages {
		if size += len(m.Body); size > maxPayload && i > 0 {
			return i
		}
	}
	return len(messages)
}

// keep returns the messages that satisfy a filter, and deletes the others.
func (q *queue) keep(ctx context.Context, messages []events.SQSMessage) (kept []events.SQSMessage, err error) {
	if len(q.filters) == 0 {
		return messages, nil
	}
	var receipts []string
	for _, m := range messages {
		event := object(m)
		body := text{plain: m.Body}
		if json.Unmarshal([]byte(m.Body), &body.object) != nil {
			body.object = nil
		}
		if event["body"] = body; q.filters.match(event) {
			kept = append(kept, m)
		} else {
			receipts = append(receipts, m.ReceiptHandle)
		}
	}
	if len(receipts) == 0 {
		return kept, nil
	}
	q.stats.filtered.Add(uint64(len(receipts)))
	return kept, q.delete(ctx, receipts)
}

// deliverAll delivers messages in events that are not too large. Of a FIFO queue nothing
// is delivered behind what failed: it comes again, in order.
func (q *queue) deliverAll(ctx context.Context, messages []events.SQSMessage) error {
	for len(messages) > 0 {
		n := fitting(messages)
		done, err := q.deliver(ctx, messages[:n])
		if err != nil || !done && q.fifo {
			return err
		}
		messages = messages[n:]
	}
	return nil
}

// deliver calls the handler and deletes what succeeded. It reports whether all did.
func (q *queue) deliver(ctx context.Context, messages []events.SQSMessage) (done bool, err error) {
	q.stats.batches.Add(1)
	response, err := call(ctx, q.options.Executions, q.options.Timeout, func(ctx context.Context) (events.SQSEventResponse, error) {
		return q.handler(ctx, events.SQSEvent{Records: messages})
	})
	if err != nil {
		q.stats.failures.Add(1)
		q.options.Logger.Error("queue handler failed", "queue", q.url, "messages", len(messages), explain(err))
		return false, nil // all become visible again
	}
	receipts := succeeded(messages, response)
	if len(receipts) < len(messages) {
		q.stats.failures.Add(1)
	}
	if len(receipts) == 0 {
		return false, nil
	}
	q.stats.records.Add(uint64(len(receipts)))
	return len(receipts) == len(messages), q.delete(ctx, receipts)
}

// delete deletes messages. One of a FIFO queue whose visibility timeout is over cannot be
// deleted, as on AWS: it comes again.
func (q *queue) delete(ctx context.Context, receipts []string) error {
	err := q.engine.Delete(context.WithoutCancel(ctx), q.url, receipts...)
	var refusal *sqs.Error
	if q.fifo && errors.As(err, &refusal) && refusal.Name == "InvalidParameterValue" {
		q.options.Logger.Error("queue handler took too long", "queue", q.url, "error", err)
		return nil
	}
	if err != nil {
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
