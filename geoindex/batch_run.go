package geoindex

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// task is one item of a batch.
type task struct {
	key   Key
	slot  string             // the same for keys that address one item
	write types.WriteRequest // of writes
}

// batch runs tasks in requests of at most size. The feeder, in the caller's goroutine,
// cuts the sequence into requests; workers send each until all of it is done; the
// collector adds up and calls Progress.
type batch struct {
	options BatchOptions
	size    int
	send    func(context.Context, []task) (answer, error)

	pending pending
	chunks  chan []task
	tallies chan tally
	quit    chan struct{} // closed by the first failure
	once    sync.Once
	failure BatchError
	result  BatchResult
}

// answer is what one request came to.
type answer struct {
	unprocessed []task
	units       float64
}

// tally is what became of tasks.
type tally struct {
	done, left, unknown []task
	requests, retried   int
	units               float64
}

func (b *batch) run(ctx context.Context, tasks iter.Seq2[task, error]) (BatchResult, error) {
	b.pending.keys = map[string]bool{}
	b.pending.changed.L = &b.pending.mu
	b.chunks, b.tallies, b.quit = make(chan []task), make(chan tally), make(chan struct{})
	var working, collecting sync.WaitGroup
	collecting.Go(b.collect)
	for range b.options.Workers {
		working.Go(func() {
			for chunk := range b.chunks {
				b.work(ctx, chunk)
			}
		})
	}
	var err error
	func() {
		defer collecting.Wait() // in defers since the sequence may panic
		defer close(b.tallies)
		defer working.Wait()
		defer close(b.chunks)
		err = b.feed(ctx, tasks)
	}()
	if err != nil {
		b.fail(err)
	}
	if b.failure.Err == nil {
		return b.result, nil
	}
	slices.SortFunc(b.failure.Left, compareKeys)
	slices.SortFunc(b.failure.Unknown, compareKeys)
	return b.result, &b.failure
}

// fail ends the batch; the first failure is the one that is told.
func (b *batch) fail(err error) {
	b.once.Do(func() {
		b.failure.Err = err
		close(b.quit)
	})
}

func (b *batch) failed() bool {
	select {
	case <-b.quit:
		return true
	default:
		return false
	}
}

// feed takes tasks until the sequence or the batch ends. A request never has a key twice,
// which DynamoDB refuses, and never one that another request still writes, which could
// overtake this one. It returns the error of a task, behind which it takes none, or of ctx.
func (b *batch) feed(ctx context.Context, tasks iter.Seq2[task, error]) error {
	var chunk []task
	for j, err := range tasks {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil && b.pending.has(j.slot) {
			b.hand(ctx, chunk)
			chunk = nil
			b.pending.wait(j.slot)
		}
		if err != nil || b.failed() {
			b.hand(ctx, chunk)
			b.tell(tally{left: []task{j}})
			return err
		}
		b.pending.add(j.slot)
		if chunk = append(chunk, j); len(chunk) == b.size {
			b.hand(ctx, chunk)
			chunk = nil
		}
	}
	b.hand(ctx, chunk)
	return nil
}

// hand gives a request to a worker, unless the batch has ended.
func (b *batch) hand(ctx context.Context, chunk []task) {
	if len(chunk) == 0 {
		return
	}
	if !b.failed() && ctx.Err() == nil {
		select {
		case b.chunks <- chunk:
			return
		case <-b.quit:
		}
	}
	b.tell(tally{left: chunk})
}

// work sends a request until all of it is done.
func (b *batch) work(ctx context.Context, chunk []task) {
	refused := 0 // in a row
	for len(chunk) > 0 {
		got, err := b.send(ctx, chunk)
		if err != nil && !errors.Is(err, ErrThrottled) {
			b.fail(err)
			b.tell(lost(chunk, err))
			return
		}
		rest := got.unprocessed
		if err != nil {
			rest = chunk
		}
		b.tell(tally{done: without(chunk, rest), requests: 1, retried: len(rest), units: got.units})
		if refused++; len(rest) < len(chunk) {
			refused = 0
		}
		if chunk = rest; len(chunk) > 0 && !b.again(ctx, refused, err) {
			b.tell(tally{left: chunk})
			return
		}
	}
}

// lost sorts out a failed request: DynamoDB did nothing where it said so; where it gave no
// answer, or said that it failed itself, it may have.
func lost(chunk []task, err error) tally {
	if conditions[errorCode(err)] != nil {
		return tally{left: chunk, requests: 1}
	}
	return tally{unknown: chunk, requests: 1}
}

// again waits before a retry, and reports whether there should be one.
func (b *batch) again(ctx context.Context, refused int, err error) bool {
	if refused >= b.options.Attempts {
		if err == nil {
			err = ErrThrottled
		}
		b.fail(err)
		return false
	}
	if err := pause(ctx, b.quit, refused); err != nil {
		b.fail(err)
	}
	return !b.failed()
}

// without returns the tasks of chunk that are not among rest.
func without(chunk, rest []task) []task {
	left := map[string]bool{}
	for _, j := range rest {
		left[j.slot] = true
	}
	return slices.DeleteFunc(slices.Clone(chunk), func(j task) bool { return left[j.slot] })
}

// tell reports tasks, and then lets others with their keys go ahead.
func (b *batch) tell(r tally) {
	b.tallies <- r
	for _, tasks := range [][]task{r.done, r.left, r.unknown} {
		b.pending.remove(tasks)
	}
}

// collect adds up until all is told.
func (b *batch) collect() {
	for r := range b.tallies {
		b.result.Done += len(r.done)
		b.result.Requests += r.requests
		b.result.Retried += r.retried
		b.result.Units += r.units
		b.failure.Left = append(b.failure.Left, keysOf(r.left)...)
		b.failure.Unknown = append(b.failure.Unknown, keysOf(r.unknown)...)
		if len(r.done) > 0 {
			b.options.Progress(keysOf(r.done))
		}
	}
}

func keysOf(tasks []task) []Key {
	keys := make([]Key, len(tasks))
	for i, j := range tasks {
		keys[i] = j.key
	}
	return keys
}

// pending are the keys in the feeder's and the workers' hands.
type pending struct {
	mu      sync.Mutex
	changed sync.Cond
	keys    map[string]bool // slots, guarded by mu
}

func (p *pending) has(slot string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.keys[slot]
}

func (p *pending) add(slot string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keys[slot] = true
}

func (p *pending) remove(tasks []task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, j := range tasks {
		delete(p.keys, j.slot)
	}
	p.changed.Broadcast()
}

// wait returns when slot is no longer pending. Every request ends, at the latest when its
// context does.
func (p *pending) wait(slot string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.keys[slot] {
		p.changed.Wait()
	}
}
