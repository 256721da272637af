package pump

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

const (
	// maxState is the size at which a window's state ends it early, as JSON in bytes
	// (Lambda Developer Guide, "Tumbling windows": 1 MB per shard).
	maxState = 1 << 20
	// lateness is how long a window waits for records that carry its time and are not in
	// the stream yet. Records later than that count to the next window.
	lateness = 10 * time.Millisecond
)

// windows delivers the records of one shard by tumbling windows of their time.
type windows struct {
	*reader
	handler WindowHandler
	after   string
	open    *openWindow
	ended   time.Time // end of the last window; no later one begins before
}

// windowShard reads the shard to its end, or until ctx ends. What a window has gathered
// is part of the position, so that it goes on after a restart.
func (r *reader) windowShard(ctx context.Context, h WindowHandler) error {
	p := r.load(r.shard)
	w := &windows{reader: r, handler: h, after: p.After, open: p.Window}
	for ctx.Err() == nil {
		timer := w.timer()
		records, end, err := r.gather(ctx, w.after, r.options.BatchSize, timer.C)
		timer.Stop()
		if err != nil {
			return err
		}
		kept := w.keep(records)
		if !w.deliver(ctx, kept) {
			return nil // ctx ended
		}
		if len(kept) < len(records) {
			w.advance(records)
		}
		if w.open != nil && (end || len(records) == 0 && w.over()) && !w.finish(ctx) {
			return nil
		}
		if end {
			return nil
		}
	}
	return nil
}

// timer fires at the end of the open window; without one it never does.
func (w *windows) timer() *time.Timer {
	if w.open == nil {
		timer := time.NewTimer(time.Hour)
		timer.Stop()
		return timer
	}
	return time.NewTimer(max(0, w.end().Add(lateness).Sub(w.local.Now())))
}

func (w *windows) end() time.Time { return w.open.Start.Add(w.options.TumblingWindow) }

func (w *windows) over() bool { return !w.local.Now().Before(w.end().Add(lateness)) }

// deliver cuts records into windows and ends each before the next begins. It reports
// false when ctx ended before.
func (w *windows) deliver(ctx context.Context, records []record) bool {
	for len(records) > 0 {
		start := w.windowOf(records[0])
		if w.open != nil && start.After(w.open.Start) && !w.finish(ctx) {
			return false
		}
		if w.open == nil {
			w.open = &openWindow{Start: start, State: map[string]string{}}
		}
		n := 1
		for n < len(records) && !w.windowOf(records[n]).After(w.open.Start) {
			n++
		}
		if !w.batch(ctx, w.shard, records[:n], w.invoke, w.advance) {
			return false
		}
		if size(w.open.State) > maxState && !w.terminateEarly(ctx) {
			return false
		}
		records = records[n:]
	}
	return true
}

// windowOf returns the beginning of the window that a record counts to.
func (w *windows) windowOf(r record) time.Time {
	start := created(r).UTC().Truncate(w.options.TumblingWindow)
	if start.Before(w.ended) {
		return w.ended
	}
	return start
}

func (w *windows) advance(done []record) {
	w.after = sequence(done[len(done)-1])
	w.save(w.shard, position{After: w.after, Window: w.open})
}

// invoke calls the handler with records of the open window, and keeps the state that it
// returns.
func (w *windows) invoke(ctx context.Context, records []record) ([]events.DynamoDBBatchItemFailure, error) {
	response, err := w.handler(ctx, w.event(records))
	if err == nil {
		w.open.State = response.State
	}
	return response.BatchItemFailures, err
}

func size(state map[string]string) int {
	text, err := json.Marshal(state)
	if err != nil {
		panic(err) // strings: cannot fail
	}
	return len(text)
}

func (w *windows) event(records []record) events.DynamoDBTimeWindowEvent {
	event := events.DynamoDBTimeWindowEvent{DynamoDBEvent: events.DynamoDBEvent{Records: records}}
	event.Window = events.Window{Start: events.RFC3339EpochTime{Time: w.open.Start}, End: events.RFC3339EpochTime{Time: w.end()}}
	event.ShardID, event.EventSourceARN = w.shard, w.arn
	if event.State = maps.Clone(w.open.State); event.State == nil {
		event.State = map[string]string{}
	}
	return event
}

var errHandOver = errors.New("pump: the handler reported failures in a call without records")

// finish ends the open window. It reports false when ctx ended before.
func (w *windows) finish(ctx context.Context) bool {
	if !w.handOver(ctx, func(e *events.DynamoDBTimeWindowEvent) { e.IsFinalInvokeForWindow = true }) {
		return false
	}
	w.ended, w.open = w.end(), nil
	w.save(w.shard, position{After: w.after})
	return true
}

// terminateEarly hands over a state that has become too large; the window goes on with
// an empty one. It reports false when ctx ended before.
func (w *windows) terminateEarly(ctx context.Context) bool {
	if !w.handOver(ctx, func(e *events.DynamoDBTimeWindowEvent) { e.IsWindowTerminatedEarly = true }) {
		return false
	}
	w.open.State = nil
	w.save(w.shard, position{After: w.after, Window: w.open})
	return true
}

// handOver calls the handler with the open window's state and no records, until it
// succeeds or has been tried often enough. It reports false when ctx ended before: then
// the call comes again.
func (w *windows) handOver(ctx context.Context, mark func(*events.DynamoDBTimeWindowEvent)) bool {
	delay := w.options.RetryDelay
	for calls := 1; ; calls++ {
		w.stats.batches.Add(1)
		_, err := call(ctx, w.options.Executions, w.options.Timeout, func(ctx context.Context) (struct{}, error) {
			event := w.event(nil)
			mark(&event)
			response, err := w.handler(ctx, event)
			if err == nil && w.options.ReportBatchItemFailures && len(response.BatchItemFailures) > 0 {
				err = errHandOver
			}
			return struct{}{}, err
		})
		if err == nil {
			return true
		}
		w.stats.failures.Add(1)
		w.options.Logger.Error("window handler failed", "table", w.table, "shard", w.shard, "window", w.open.Start, "call", calls, explain(err))
		if w.options.MaximumRetryAttempts >= 0 && calls > w.options.MaximumRetryAttempts {
			return true // given up
		}
		sleep(ctx, delay)
		if ctx.Err() != nil {
			return false
		}
		delay = min(2*delay, maxDelayFactor*w.options.RetryDelay)
	}
}
