package pump

// Executions bounds the calls that are under way at once in all the mappings that share
// it, as Lambda bounds an account's concurrent executions. Where the stores are in the same
// process and nothing is waited for, more calls than processors do no more: they stand
// in the scheduler's queue before whoever comes from outside.
type Executions struct{ slots chan struct{} }

// NewExecutions returns Executions of n calls, at least one.
func NewExecutions(n int) *Executions { return &Executions{make(chan struct{}, max(n, 1))} }

// take waits for a call's turn. nil bounds nothing.
func (e *Executions) take() (done func()) {
	if e == nil {
		return func() {}
	}
	e.slots <- struct{}{}
	return e.release
}

func (e *Executions) release() { <-e.slots }
