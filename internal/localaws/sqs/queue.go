package sqs

import (
	"container/heap"
	"container/list"
	"time"
)

// definition is the part of a queue that is not messages.
type definition struct {
	ID         uint64
	Name       string
	Created    int64 // Unix s
	Modified   int64
	Purged     int64             // Unix ms of the last PurgeQueue
	MoveTasks  []moveTask        `json:",omitempty"` // out of it, the latest first
	Attributes map[string]string // those set by clients
	Tags       map[string]string
}

// queue is a queue with its messages. The engine's lock guards it.
type queue struct {
	definition
	settings settings
	gone     bool

	messages map[uint64]*message // by sequence
	ready    messageHeap         // by the time of becoming visible, so also after a restart
	fifo     *fifo               // of a FIFO queue, which has its messages that are ready there
	hidden   messageHeap         // delayed or in flight, likewise
	age      messageHeap         // all, by the time they were sent
	count    [3]int              // by state

	waiters list.List   // of *waiter, in the order of arrival; not empty only when nothing can be received
	timer   *time.Timer // for the first of hidden, while somebody waits
}

func newQueue(d definition, s settings) *queue {
	visible := messageHeap{key: func(m *message) int64 { return m.visible }, index: func(m *message) *int { return &m.visibleI }}
	sent := messageHeap{key: func(m *message) int64 { return m.sent }, index: func(m *message) *int { return &m.sentI }}
	q := &queue{definition: d, settings: s, messages: map[uint64]*message{}, ready: visible, hidden: visible, age: sent}
	if s.fifo {
		q.fifo = newFIFO()
	}
	return q
}

// add takes m in, in the state that it says.
func (q *queue) add(m *message) {
	q.messages[m.sequence] = m
	heap.Push(&q.age, m)
	q.place(m)
}

// remove is the end of m in this queue.
func (q *queue) remove(m *message) {
	q.displace(m)
	heap.Remove(&q.age, m.sentI)
	delete(q.messages, m.sequence)
}

// place puts m where its state belongs.
func (q *queue) place(m *message) {
	q.count[m.state]++
	heap.Push(q.line(m), m)
	if q.fifo != nil {
		q.fifo.count(m, 1)
	}
}

func (q *queue) line(m *message) *messageHeap {
	switch {
	case m.state != ready:
		return &q.hidden
	case q.fifo != nil:
		return &q.fifo.group(m.group).ready
	}
	return &q.ready
}

// displace is the opposite of place. m.state must not have changed in between.
func (q *queue) displace(m *message) {
	q.count[m.state]--
	heap.Remove(q.line(m), m.visibleI)
	if q.fifo != nil {
		q.fifo.count(m, -1)
	}
}

// next returns the message that is received next, after last in one receiving; nil when
// there is none.
func (q *queue) next(last *message) *message {
	switch {
	case q.fifo != nil:
		return q.fifo.next(last)
	case len(q.ready.items) > 0:
		return q.ready.items[0]
	}
	return nil
}

// appear makes ready what has become visible by now (Unix ms).
func (q *queue) appear(now int64) {
	for len(q.hidden.items) > 0 && q.hidden.items[0].visible <= now {
		m := q.hidden.items[0]
		q.displace(m)
		m.state = ready
		q.place(m)
	}
}

// messageHeap is a min-heap by a time. Of those at the same millisecond the one received
// less often comes first, then the one sent first.
type messageHeap struct {
	items []*message
	key   func(*message) int64
	index func(*message) *int
}

func (h *messageHeap) Len() int { return len(h.items) }
func (h *messageHeap) Less(i, j int) bool {
	a, b := h.items[i], h.items[j]
	if x, y := h.key(a), h.key(b); x != y {
		return x < y
	}
	if a.receives != b.receives {
		return a.receives < b.receives
	}
	return a.sequence < b.sequence
}
func (h *messageHeap) Swap(i, j int) {
	h.items[i], h.items[j] = h.items[j], h.items[i]
	*h.index(h.items[i]), *h.index(h.items[j]) = i, j
}
func (h *messageHeap) Push(x any) {
	m := x.(*message)
	*h.index(m) = len(h.items)
	h.items = append(h.items, m)
}
func (h *messageHeap) Pop() any {
	last := len(h.items) - 1
	m := h.items[last]
	h.items[last] = nil
	h.items = h.items[:last]
	return m
}
