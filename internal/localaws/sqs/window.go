package sqs

import "container/heap"

// window remembers values for a while after their time. A replay puts them in any order.
type window[T any] struct {
	entries map[string]timed[T]
	order   keyHeap // has a key again for each time it was put
}

type timed[T any] struct {
	at    int64 // Unix ms
	value T
}

// put remembers a value, unless there is one of a later time.
func (w *window[T]) put(key string, at int64, value T) {
	old, there := w.entries[key]
	if there && old.at > at {
		return
	}
	if w.entries == nil {
		w.entries = map[string]timed[T]{}
	}
	w.entries[key] = timed[T]{at, value}
	if !there || old.at != at {
		heap.Push(&w.order, timedKey{key, at})
	}
}

func (w *window[T]) get(key string) (at int64, value T, ok bool) {
	e, ok := w.entries[key]
	return e.at, e.value, ok
}

// forget drops what is not younger than a time.
func (w *window[T]) forget(until int64) {
	for len(w.order) > 0 && w.order[0].at <= until {
		first := heap.Pop(&w.order).(timedKey)
		if w.entries[first.key].at == first.at {
			delete(w.entries, first.key)
		}
	}
}

type timedKey struct {
	key string
	at  int64
}

// keyHeap is a min-heap by time.
type keyHeap []timedKey

func (h keyHeap) Len() int           { return len(h) }
func (h keyHeap) Less(i, j int) bool { return h[i].at < h[j].at }
func (h keyHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *keyHeap) Push(x any)        { *h = append(*h, x.(timedKey)) }
func (h *keyHeap) Pop() any {
	last := len(*h) - 1
	k := (*h)[last]
	*h = (*h)[:last]
	return k
}
