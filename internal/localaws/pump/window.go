package pump

import (
	"context"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// plain delivers batches without windows.
type plain StreamHandler

func (h plain) deliver(ctx context.Context, _ string, records []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error) {
	response, err := h(ctx, events.DynamoDBEvent{Records: records})
	return response.BatchItemFailures, err
}

func (plain) wait(string) (<-chan time.Time, func()) { return nil, func() {} }
func (plain) tick(context.Context, string) error     { return nil }

// windows delivers batches by tumbling windows of the records' time. One window of a
// shard is open at a time; it is used by the shard's goroutine alone.
type windows struct {
	handler WindowHandler
	length  time.Duration
	start   time.Time // of the open window; zero when none is
	state   map[string]string
}

func (w *windows) deliver(ctx context.Context, shard string, records []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error) {
	for len(records) > 0 {
		start := w.windowOf(records[0])
		if !w.start.IsZero() && start.After(w.start) {
			if err := w.finish(ctx, shard); err != nil {
				return nil, err
			}
		}
		if w.start.IsZero() {
			w.start, w.state = start, map[string]string{}
		}
		n := 1 // records of this window; a late one counts to the open window
		for n < len(records) && !w.windowOf(records[n]).After(w.start) {
			n++
		}
		failures, err := w.invoke(ctx, shard, records[:n], false)
		if err != nil || len(failures) > 0 {
			return failures, err
		}
		records = records[n:]
	}
	return nil, nil
}

func (w *windows) windowOf(r events.DynamoDBEventRecord) time.Time {
	return r.Change.ApproximateCreationDateTime.Truncate(w.length).UTC()
}

func (w *windows) invoke(ctx context.Context, shard string, records []events.DynamoDBEventRecord, final bool) ([]events.DynamoDBBatchItemFailure, error) {
	event := events.DynamoDBTimeWindowEvent{DynamoDBEvent: events.DynamoDBEvent{Records: records}}
	event.Window = events.Window{Start: events.RFC3339EpochTime{Time: w.start}, End: events.RFC3339EpochTime{Time: w.start.Add(w.length)}}
	event.State, event.ShardID, event.IsFinalInvokeForWindow = w.state, shard, final
	if len(records) > 0 {
		event.EventSourceARN = records[0].EventSourceArn
	}
	response, err := w.handler(ctx, event)
	if err == nil && response.State != nil {
		w.state = response.State
	}
	return response.BatchItemFailures, err
}

// finish ends the open window with a call without records.
func (w *windows) finish(ctx context.Context, shard string) error {
	if _, err := w.invoke(ctx, shard, nil, true); err != nil {
		return err
	}
	w.start = time.Time{}
	return nil
}

func (w *windows) wait(string) (<-chan time.Time, func()) {
	if w.start.IsZero() {
		return nil, func() {}
	}
	timer := time.NewTimer(max(time.Millisecond, time.Until(w.start.Add(w.length))))
	return timer.C, func() { timer.Stop() }
}

func (w *windows) tick(ctx context.Context, shard string) error {
	_, err := call(ctx, time.Minute, func(ctx context.Context) (struct{}, error) { return struct{}{}, w.finish(ctx, shard) })
	return err
}
