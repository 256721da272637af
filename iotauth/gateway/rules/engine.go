package rules

import (
	"context"
	"sync"
	"sync/atomic"
)

// An Engine holds rules and does what they say. It is safe for concurrent use.
type Engine struct {
	options Options
	schedule
	invocations chan struct{} // a place for each function in process
	running     sync.WaitGroup

	// ctx is that of actions: it ends when Close has waited for long enough.
	ctx    context.Context
	cancel context.CancelFunc

	change sync.Mutex // held while rules are changed
	rules  map[string]*rule
	table  atomic.Pointer[table] // what Tap reads

	notFound, loops atomic.Uint64
}

// New returns an Engine without rules. It does no I/O and starts no goroutine.
// Its error says which options are wrong.
func New(optFns ...func(*Options)) (*Engine, error) {
	o := Options{}
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	o.defaults()
	e := &Engine{options: o, invocations: make(chan struct{}, o.Invocations), rules: map[string]*rule{}}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	e.schedule.lanes = map[laneKey]*lane{}
	e.table.Store(newTable(nil))
	return e, nil
}

// Close takes no more messages, and waits for those that were taken and for functions in
// process. When ctx ends it drops what waits, ends the context of what is under way, and
// waits for that; then its error is ctx's.
func (e *Engine) Close(ctx context.Context) error {
	e.schedule.close()
	done := make(chan struct{})
	go func() {
		e.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		e.cancel()
		return nil
	case <-ctx.Done():
	}
	e.schedule.drop()
	e.cancel()
	<-done
	return ctx.Err()
}
