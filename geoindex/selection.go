package geoindex

import (
	"container/heap"
	"slices"
)

// ranked is a hit and where it stands in the order.
type ranked struct {
	hit Hit
	position
}

// queue is a heap of hits: the first of an order on top, or the last where reverse is set.
type queue struct {
	order   Order
	reverse bool
	items   []ranked
}

func (q *queue) Len() int { return len(q.items) }
func (q *queue) Less(i, j int) bool {
	if q.reverse {
		i, j = j, i
	}
	return q.order.compare(&q.items[i].position, &q.items[j].position) < 0
}
func (q *queue) Swap(i, j int) { q.items[i], q.items[j] = q.items[j], q.items[i] }
func (q *queue) Push(x any)    { q.items = append(q.items, x.(ranked)) }
func (q *queue) Pop() any {
	last := q.items[len(q.items)-1]
	q.items[len(q.items)-1] = ranked{}
	q.items = q.items[:len(q.items)-1]
	return last
}

// keep adds a hit to those that come first in the order, of which there are at most most,
// or any number if most is 0.
func (q *queue) keep(r ranked, most int) {
	switch {
	case most == 0:
		q.items = append(q.items, r)
	case len(q.items) < most:
		heap.Push(q, r)
	case q.order.compare(&r.position, &q.items[0].position) < 0:
		q.items[0] = r
		heap.Fix(q, 0)
	}
}

// sorted returns the hits in order and empties the queue.
func (q *queue) sorted() []ranked {
	out := q.items
	q.items = nil
	slices.SortFunc(out, func(a, b ranked) int { return q.order.compare(&a.position, &b.position) })
	return out
}
