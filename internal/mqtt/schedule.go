package mqtt

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A schedule remembers when sessions have something to do: to expire, or to publish a will
// that was delayed. Each session has one time at most.
type schedule struct {
	mu    sync.Mutex
	items dueHeap
	wake  chan struct{} // capacity 1
}

// dueHeap has the sessions by their times; each knows its place.
type dueHeap []*session

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *dueHeap) Push(x any) {
	*h = append(*h, x.(*session))
	x.(*session).place = len(*h)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.place = 0
	return s
}

// set makes at the time of a session.
func (q *schedule) set(at time.Time, s *session) {
	q.mu.Lock()
	s.due = at
	if s.place > 0 {
		heap.Fix(&q.items, s.place-1)
	} else {
		heap.Push(&q.items, s)
	}
	first := q.items[0] == s
	q.mu.Unlock()
	if first {
		select {
		case q.wake <- struct{}{}:
		default:
		}
	}
}

// remove forgets the time of a session.
func (q *schedule) remove(s *session) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.place > 0 {
		heap.Remove(&q.items, s.place-1)
	}
}

// next returns a session whose time has come, or how long to wait for one.
func (q *schedule) next(now time.Time) (*session, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) == 0 {
		return nil, time.Hour
	}
	if wait := q.items[0].due.Sub(now); wait > 0 {
		return nil, wait
	}
	return heap.Pop(&q.items).(*session), 0
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
