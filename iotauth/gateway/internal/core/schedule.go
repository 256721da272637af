package core

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A schedule remembers when sessions have something to do: to expire, or to publish a will
// that was delayed. A time that is not needed any more stays until it comes; whoever is
// woken looks for itself what is due.
type schedule struct {
	mu    sync.Mutex
	items dueHeap
	wake  chan struct{} // capacity 1
}

type dueItem struct {
	at      time.Time
	session *session
}

type dueHeap []dueItem

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(dueItem)) }
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	(*h)[last] = dueItem{}
	*h = (*h)[:last]
	return x
}

// add remembers a time.
func (q *schedule) add(at time.Time, s *session) {
	q.mu.Lock()
	heap.Push(&q.items, dueItem{at, s})
	first := q.items[0].at.Equal(at)
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// next returns a session whose time has come, or how long to wait for one.
func (q *schedule) next(now time.Time) (*session, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil, time.Hour
	}
	if wait := q.items[0].at.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&q.items).(dueItem).session, 0
}

// run calls due for each session whose time has come, until ctx ends.
func (q *schedule) run(ctx context.Context, due func(*session, time.Time)) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		now := time.Now()
		s, wait := q.next(now)
		if s != nil {
			due(s, now)
			continue
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-q.wake:
		case <-timer.C:
		}
	}
}
