package topic

import "slices"

// set holds distinct values. Most filters have one subscriber: the first value lies in
// the set itself, so that the map of a million filters leads to it without a detour.
type set[V comparable] struct {
	any   bool // whether first is one
	first V
	more  *crowd[V] // the others; nil where there are none
}

func (s *set[V]) add(v V) bool {
	switch {
	case !s.any:
		s.any, s.first = true, v
		return true
	case s.first == v:
		return false
	case s.more == nil:
		s.more = new(crowd[V])
	}
	return s.more.add(v)
}

func (s *set[V]) remove(v V) bool {
	switch {
	case !s.any:
		return false
	case s.first != v:
		if s.more == nil || !s.more.remove(v) {
			return false
		}
	case s.more == nil:
		*s = set[V]{}
		return true
	default:
		s.first = s.more.values[0]
		s.more.remove(s.first)
	}
	if len(s.more.values) == 0 {
		s.more = nil
	}
	return true
}

// each yields the values and reports whether the consumer wants more.
func (s *set[V]) each(yield func(V) bool) bool {
	if s.any && !yield(s.first) {
		return false
	}
	if s.more == nil {
		return true
	}
	for _, v := range s.more.values {
		if !yield(v) {
			return false
		}
	}
	return true
}

// crowd is what a set has beside its first value. A few values are searched, beyond
// that it keeps positions, so that the filter of a hundred thousand subscribers is as
// quick to leave as to join.
type crowd[V comparable] struct {
	values    []V
	positions map[V]int // nil for up to few values
}

const few = 8

func (c *crowd[V]) find(v V) (at int, ok bool) {
	if c.positions != nil {
		at, ok = c.positions[v]
		return at, ok
	}
	at = slices.Index(c.values, v)
	return at, at >= 0
}

func (c *crowd[V]) add(v V) bool {
	if _, ok := c.find(v); ok {
		return false
	}
	c.values = append(c.values, v)
	switch {
	case c.positions != nil:
		c.positions[v] = len(c.values) - 1
	case len(c.values) > few:
		c.positions = make(map[V]int, 2*len(c.values))
		for i, v := range c.values {
			c.positions[v] = i
		}
	}
	return true
}

// remove puts the last value into the place of the one that goes.
func (c *crowd[V]) remove(v V) bool {
	at, ok := c.find(v)
	if !ok {
		return false
	}
	last := len(c.values) - 1
	moved := c.values[last]
	c.values[at] = moved
	clear(c.values[last:]) // let go of what it points to
	c.values = c.values[:last]
	if c.positions != nil {
		c.positions[moved] = at
		delete(c.positions, v)
	}
	return true
}
