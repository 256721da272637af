package topic

import "slices"

// set holds distinct values. Most filters have one subscriber: the first value lies in
// the set itself, so that a search is led to it without a detour.
type set[V comparable] struct {
	first V
	crowd uint32 // 0: the set is empty; alone: first is all; else the number of the others
}

const alone = 1<<32 - 1

func (s *set[V]) empty() bool { return s.crowd == 0 }

// crowds are what sets have beside their first values, by number.
type crowds[V comparable] struct{ arena[crowd[V]] }

// add puts v into s and reports whether it was not there.
func (c *crowds[V]) add(s *set[V], v V) bool {
	switch {
	case s.empty():
		*s = set[V]{v, alone}
		return true
	case s.first == v:
		return false
	case s.crowd == alone:
		s.crowd = c.make()
	}
	return c.list[s.crowd].add(v)
}

// remove takes v out of s and reports whether it was there.
func (c *crowds[V]) remove(s *set[V], v V) bool {
	switch {
	case s.empty(), s.crowd == alone && s.first != v:
		return false
	case s.crowd == alone:
		*s = set[V]{}
		return true
	}
	others := &c.list[s.crowd]
	if s.first == v {
		s.first = others.values[0]
		v = s.first
	}
	removed := others.remove(v)
	if len(others.values) == 0 {
		c.drop(s.crowd)
		s.crowd = alone
	}
	return removed
}

// each yields the values of s and reports whether the consumer wants more.
func (c *crowds[V]) each(s *set[V], yield func(V) bool) bool {
	if s.empty() {
		return true
	}
	if !yield(s.first) {
		return false
	}
	return s.crowd == alone || c.list[s.crowd].each(yield)
}

// crowd is a set of its own. A few values are searched, beyond that it keeps positions,
// so that the filter of a hundred thousand subscribers is as quick to leave as to join.
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

func (c *crowd[V]) each(yield func(V) bool) bool {
	for _, v := range c.values {
		if !yield(v) {
			return false
		}
	}
	return true
}
