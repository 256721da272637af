package store

import (
	"cmp"
	"slices"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// An entry is a [mqtt.Queued] in less room: a queue may hold many.
type entry struct {
	number  uint64
	id      mqtt.MessageID
	expires int64 // nanoseconds since 1970; 0 is never
	group   string
	retain  bool
}

func newEntry(q mqtt.Queued) entry {
	e := entry{number: q.Number, id: q.Message, group: q.Group, retain: q.Retain}
	if !q.Expires.IsZero() {
		e.expires = q.Expires.UnixNano()
	}
	return e
}

func (e entry) queued() mqtt.Queued {
	q := mqtt.Queued{Number: e.number, Message: e.id, Group: e.group, Retain: e.retain}
	if e.expires != 0 {
		q.Expires = time.Unix(0, e.expires)
	}
	return q
}

// A queue is sorted by number. Adding at the end and removing near the front are cheap,
// which is what sessions do.
type queue []entry

func (q queue) find(number uint64) (at int, found bool) {
	if n := len(q); n == 0 || q[n-1].number < number {
		return n, false
	}
	return slices.BinarySearchFunc(q, number, func(e entry, number uint64) int { return cmp.Compare(e.number, number) })
}

// put adds an entry, or replaces the one of its number, which it returns.
func (q *queue) put(e entry) (old entry, replaced bool) {
	at, found := q.find(e.number)
	if found {
		old, (*q)[at] = (*q)[at], e
		return old, true
	}
	*q = slices.Insert(*q, at, e)
	return entry{}, false
}

// remove takes out the entry of a number by closing the gap from its shorter side.
func (q *queue) remove(number uint64) (old entry, found bool) {
	at, found := q.find(number)
	if !found {
		return entry{}, false
	}
	old = (*q)[at]
	if at < len(*q)/2 {
		copy((*q)[1:at+1], (*q)[:at])
		*q = (*q)[1:]
	} else {
		*q = slices.Delete(*q, at, at+1)
	}
	if len(*q) == 0 {
		*q = nil // and not what was once its longest
	}
	return old, true
}
