package mqtt

// A fifo is a queue that gives back its memory as it is emptied.
type fifo[T any] struct {
	items []T
	head  int
}

func (q *fifo[T]) len() int    { return len(q.items) - q.head }
func (q *fifo[T]) at(i int) *T { return &q.items[q.head+i] }
func (q *fifo[T]) push(v T)    { q.items = append(q.items, v) }
func (q *fifo[T]) clear()      { q.items, q.head = nil, 0 }

func (q *fifo[T]) pop() T {
	var zero T
	v := q.items[q.head]
	q.items[q.head] = zero // let what it points at go
	q.head++
	switch {
	case q.head == len(q.items):
		q.items, q.head = q.items[:0], 0
		if cap(q.items) > 1024 {
			q.items = nil
		}
	case q.head >= 1024 && q.head >= len(q.items)/2:
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	return v
}

// keep drops what ok does not want, and keeps the order.
func (q *fifo[T]) keep(ok func(*T) bool) {
	kept := q.items[q.head:q.head]
	for i := range q.len() {
		if v := q.at(i); ok(v) {
			kept = append(kept, *v)
		}
	}
	clear(q.items[q.head+len(kept):])
	q.items = q.items[:q.head+len(kept)]
}
