package sqs

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
)

// Kind marks the records of an Engine in the journal.
const Kind journal.Kind = 2

// Engine holds queues. It is safe for concurrent use.
type Engine struct {
	options Options
	log     *journal.Log

	mu       sync.Mutex
	queues   map[string]*queue // by name
	byID     map[uint64]*queue
	sequence uint64      // the last given to a queue or message
	lsn      journal.LSN // of the last record
	closed   bool
	limit    int    // of messages in flight in a queue
	room     []byte // for the next record

	moving map[uint64]*queue // those that a move task empties
	mover  *time.Timer       // for the next step of the tasks, nil when none runs
}

// New returns an Engine that writes to log. Before its first operation the log must be
// replayed through Replay. An option out of range is an error.
func New(log *journal.Log, optFns ...func(*Options)) (*Engine, error) {
	if log == nil {
		return nil, errors.New("sqs: a journal is required")
	}
	o, err := newOptions(optFns)
	if err != nil {
		return nil, err
	}
	return &Engine{options: o, log: log, queues: map[string]*queue{}, byID: map[uint64]*queue{}, moving: map[uint64]*queue{}, limit: maxInFlight}, nil
}

// Close ends all waiting receivers with [ErrClosed], and later ones too; over HTTP they
// get an empty answer. Everything else goes on. Close does not close the journal.
func (e *Engine) Close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if e.mover != nil {
		e.mover.Stop()
	}
	for _, q := range e.queues {
		q.dismiss(ErrClosed)
	}
}

// tx is one operation: it holds the engine's lock and gathers the effects, which
// become one record.
type tx struct {
	*Engine
	now    int64 // Unix ms
	record []byte
	due    []*queue // to be dispatched, while dispatch runs
}

func (e *Engine) begin() *tx {
	e.mu.Lock()
	return &tx{Engine: e, now: e.options.Clock().UnixMilli(), record: e.room[:0]}
}

// end releases the lock. What the operation did and saw is on disk when the log has
// reached the returned position.
func (t *tx) end() journal.LSN {
	defer t.mu.Unlock()
	if len(t.record) > 0 {
		t.lsn = t.log.Append(Kind, t.record) // copies it
	}
	if cap(t.record) <= maxRoom {
		t.room = t.record
	}
	return t.lsn
}

// maxRoom is the largest that is kept, in bytes.
const maxRoom = 64 << 10

// do runs f as one operation and returns when its effects are on disk, also when f
// failed or ctx ends: what is done is done, and the log ends every wait.
func (e *Engine) do(ctx context.Context, f func(*tx) error) error {
	t := e.begin()
	err := f(t)
	if logErr := e.wait(ctx, t.end()); logErr != nil {
		return logErr
	}
	return err
}

func (e *Engine) wait(ctx context.Context, lsn journal.LSN) error {
	return e.log.Wait(context.WithoutCancel(ctx), lsn)
}

// queue returns the queue at a URL, of which the path counts, as it is at present.
func (t *tx) queue(queueURL string) (*queue, error) {
	if queueURL == "" {
		return nil, missingParameter("QueueUrl")
	}
	u, err := url.Parse(queueURL)
	if err != nil {
		return nil, invalidAddress(queueURL)
	}
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) != 2 {
		return nil, invalidAddress(queueURL)
	}
	q := t.queues[parts[1]]
	if q == nil || parts[0] != t.options.AccountID {
		return nil, ErrQueueDoesNotExist
	}
	t.advance()
	t.refresh(q)
	return q, nil
}

// refresh brings q to the present: what is due appears, what is too old goes.
func (t *tx) refresh(q *queue) {
	q.appear(t.now)
	for len(q.age.items) > 0 && q.age.items[0].sent+q.settings.retention.Milliseconds() <= t.now {
		t.delete(q, q.age.items[0])
	}
	if q.fifo != nil {
		q.fifo.sent.forget(t.now - retryWindow.Milliseconds())
		q.fifo.attempts.forget(t.now - retryWindow.Milliseconds())
	}
}

func invalidAddress(queueURL string) *Error {
	return refuse("InvalidAddress", "The address %s is not valid for this endpoint.", shorten(queueURL))
}

func (e *Engine) arn(name string) string {
	return fmt.Sprintf("arn:aws:sqs:%s:%s:%s", e.options.Region, e.options.AccountID, name)
}

// url returns the URL of the queue called name, for the client of ctx.
func (e *Engine) url(ctx context.Context, name string) string {
	return e.base(ctx) + "/" + e.options.AccountID + "/" + name
}

// base returns where the client of ctx reaches the engine, without a path.
func (e *Engine) base(ctx context.Context) string {
	if e.options.BaseURL != "" {
		return e.options.BaseURL
	}
	if endpoint, overSocket := ctx.Value(endpointKey{}).(string); overSocket {
		return endpoint
	}
	return "http://sqs." + e.options.Region + ".localhost"
}

// byARN returns the queue that an ARN names, or nil.
func (t *tx) byARN(arn string) *queue {
	name, ok := strings.CutPrefix(arn, t.arn(""))
	if !ok {
		return nil
	}
	return t.queues[name]
}
