package topic

import (
	"cmp"
	"slices"
	"sync"
)

// A Router hands messages of type M to the handlers whose filter matches their topic.
// The zero Router has no handlers and is ready for use. It is safe for concurrent use.
type Router[M any] struct {
	mu     sync.RWMutex
	routes Index[*route[M]]
	last   uint64
}

type route[M any] struct {
	number uint64 // in order of Handle
	handle func(name string, m M)
}

// Handle has handle called for every message whose topic matches f, until stop is
// called; a call that has begun goes on. Handlers of one filter, or of filters that
// overlap, are all called, in the order in which they came.
func (r *Router[M]) Handle(f Filter, handle func(name string, m M)) (stop func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	to := &route[M]{r.last, handle}
	r.routes.Add(f, to)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.routes.Remove(f, to)
	}
}

// Route calls the handlers of a message one after another, on the caller's goroutine,
// and returns how many there were. Handlers may call any method of r: what they change
// holds from the next message on. Up to 16 handlers it allocates nothing.
func (r *Router[M]) Route(name string, m M) int {
	var room [16]*route[M]
	found := room[:0]
	r.mu.RLock()
	for to := range r.routes.Matching(name) {
		found = append(found, to)
	}
	r.mu.RUnlock()
	slices.SortFunc(found, func(a, b *route[M]) int { return cmp.Compare(a.number, b.number) })
	for _, to := range found {
		to.handle(name, m)
	}
	return len(found)
}
