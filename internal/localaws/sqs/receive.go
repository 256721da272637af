package sqs

import (
	"container/list"
	"context"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
)

// maxInFlight is the quota of a queue (Developer Guide, "Amazon SQS standard queue
// quotas" and "Amazon SQS FIFO queue quotas").
const maxInFlight = 120_000

// delivery is a message as one receiver gets it.
type delivery struct {
	message // a copy
	handle  string
}

// waiter is a receiver that waits for messages.
type waiter struct {
	max        int
	visibility time.Duration
	attempt    string        // receive request attempt id
	done       chan struct{} // closed when the following are set
	got        []delivery
	err        error
}

// request is what a receiver asks for.
type request struct {
	queueURL   string
	max        int
	visibility *time.Duration // nil means the queue's
	wait       *time.Duration // for the first message; nil means the queue's
	attempt    string         // receive request attempt id
}

// admit opens a waiter for r, and says how long it may wait.
func (t *tx) admit(r request) (q *queue, w *waiter, limit time.Duration, err error) {
	if q, err = t.queue(r.queueURL); err != nil {
		return nil, nil, 0, err
	}
	if r.attempt != "" && q.fifo == nil {
		return nil, nil, 0, wrongType(r.attempt, "ReceiveRequestAttemptId")
	}
	w = &waiter{max: r.max, visibility: q.settings.visibility, attempt: r.attempt, done: make(chan struct{})}
	if r.visibility != nil {
		w.visibility = *r.visibility
	}
	if limit = q.settings.wait; r.wait != nil {
		limit = *r.wait
	}
	switch {
	case t.closed:
		err = ErrClosed
	case q.fifo == nil && limit <= 0 && q.count[inFlight] >= t.limit: // those who wait, and FIFO queues, are not told
		err = refuse("OverLimit", "The maximum number of in flight messages, %d, is reached.", t.limit)
	}
	return q, w, limit, err
}

// receive takes messages as r asks. No messages after the wait is no error. When ctx
// ends while it waits, that is returned.
func (e *Engine) receive(ctx context.Context, r request) (*queue, []delivery, error) {
	t := e.begin()
	q, w, limit, err := t.admit(r)
	if err != nil {
		t.end()
		return nil, nil, err
	}
	if r.attempt != "" {
		if got := t.again(q, r.attempt, w.visibility); got != nil {
			t.dispatch(q)
			return q, got, e.wait(ctx, t.end())
		}
	}
	place := q.waiters.PushBack(w)
	t.dispatch(q)
	select {
	case <-w.done:
		limit = 0
	default:
		if limit <= 0 {
			q.waiters.Remove(place)
		}
	}
	lsn := t.end()
	if limit > 0 {
		err = w.await(ctx, limit)
		lsn = e.abandon(q, w, place)
		if w.got != nil || w.err != nil {
			err = w.err
		}
	}
	if logErr := e.wait(ctx, lsn); logErr != nil {
		return nil, nil, logErr
	}
	return q, w.got, err
}

// await returns when w is served, after limit, or with the error of ctx.
func (w *waiter) await(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-w.done:
	case <-timer.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// abandon takes w out of the line, unless it was served by then.
func (e *Engine) abandon(q *queue, w *waiter, place *list.Element) journal.LSN {
	t := e.begin()
	select {
	case <-w.done:
	default:
		q.waiters.Remove(place)
	}
	return t.end()
}

// dispatch serves those who wait for q, in the order of their arrival, and sets the
// timer for the next message to appear. It is to be called after everything that makes
// messages ready or sooner visible.
func (t *tx) dispatch(q *queue) {
	t.due = append(t.due, q)
	if len(t.due) > 1 {
		return // a dead-letter queue: its turn comes in the loop that is under way
	}
	for ; len(t.due) > 0; t.due = t.due[1:] {
		t.serveWaiters(t.due[0])
	}
}

func (t *tx) serveWaiters(q *queue) {
	t.refresh(q)
	for q.waiters.Len() > 0 && q.count[inFlight] < t.limit && q.next(nil) != nil {
		w := q.waiters.Front().Value.(*waiter)
		if w.got = t.take(q, w.max, w.visibility); len(w.got) == 0 {
			continue // all that there was went to the dead-letter queue
		}
		if w.attempt != "" {
			t.keep(q, w.attempt, t.now, w.got)
		}
		q.waiters.Remove(q.waiters.Front())
		close(w.done)
	}
	t.arm(q)
}

// take receives up to max messages that are ready, or moves them to the dead-letter
// queue when they were received often enough.
func (t *tx) take(q *queue, max int, visibility time.Duration) []delivery {
	var got []*message
	target, moved := t.deadLetterQueue(q), false
	var last *message
	for len(got) < max && q.count[inFlight]+len(got) < t.limit {
		m := q.next(last)
		if m == nil {
			break
		}
		last = m
		if target != nil && m.receives-m.receivesBefore >= q.settings.redrive.maxReceives {
			t.move(q, target, m)
			moved = true
			continue
		}
		q.displace(m)
		m.receives++
		m.lastReceived = t.now
		if m.firstReceived == 0 {
			m.firstReceived = t.now
		}
		got = append(got, m)
	}
	if moved {
		t.dispatch(target)
	}
	return t.deliver(q, got, visibility)
}

// deliver hides messages, which are displaced, and makes their deliveries.
func (t *tx) deliver(q *queue, got []*message, visibility time.Duration) []delivery {
	deliveries := make([]delivery, 0, len(got))
	for _, m := range got {
		t.hide(q, m, visibility)
		deliveries = append(deliveries, delivery{*m, handle{q.ID, m.sequence, m.receives}.String()})
	}
	return deliveries
}

// hide places m, which is displaced, so that it appears after d.
func (t *tx) hide(q *queue, m *message, d time.Duration) {
	if d <= 0 {
		t.set(q, m, ready, t.now)
		return
	}
	t.set(q, m, inFlight, t.now+d.Milliseconds())
}

func (t *tx) deadLetterQueue(q *queue) *queue {
	if q.settings.redrive == nil {
		return nil
	}
	return t.byARN(q.settings.redrive.target)
}

// arm sets q's timer for the first hidden message, when somebody waits for it.
func (t *tx) arm(q *queue) {
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
	if q.waiters.Len() == 0 || len(q.hidden.items) == 0 || t.closed || q.gone {
		return
	}
	at := q.hidden.items[0].visible
	if q.fifo != nil { // a message in flight that grows too old frees its group
		at = min(at, q.age.items[0].sent+q.settings.retention.Milliseconds())
	}
	due := time.Duration(at-t.now) * time.Millisecond
	q.timer = time.AfterFunc(max(due, time.Millisecond), func() { t.Engine.appear(q) })
}

// appear is what q's timer calls.
func (e *Engine) appear(q *queue) {
	t := e.begin()
	defer t.end()
	if !q.gone && !t.closed {
		t.dispatch(q)
	}
}

// dismiss ends everybody's waiting for q.
func (q *queue) dismiss(err error) {
	for x := q.waiters.Front(); x != nil; x = q.waiters.Front() {
		w := x.Value.(*waiter)
		q.waiters.Remove(x)
		w.err = err
		close(w.done)
	}
	if q.timer != nil {
		q.timer.Stop()
		q.timer = nil
	}
}
