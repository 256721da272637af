package topic

import (
	"iter"
	"strings"
)

// An Index finds the values that were added under filters matching a topic: the
// subscribers of a broker, the handlers of a client. A look-up takes time by the levels
// of the topic and the matches, hardly by the number of filters, and allocates nothing.
// Add takes now and then time by the size of the index, when that moves to more memory. A
// filter of 20 bytes takes about 75 bytes, one with wildcards 135.
//
// The zero Index is empty and ready for use. It may be read by many goroutines at once,
// but not while it changes.
type Index[V comparable] struct {
	// Most subscriptions name one topic: a single edge leads to their values, whatever the
	// levels. The others are a tree. Numbers in few tables, instead of pointers, keep
	// together what a look-up touches, and the collector away.
	edges  edges
	exact  arena[set[V]]
	nodes  arena[node[V]]
	crowds crowds[V]
	size   int
}

// node is a level of the filters that have wildcards. Edges lead from it to its children
// by the names of the next level.
type node[V comparable] struct {
	here     set[V] // filters that end with this level
	below    set[V] // filters that go on with "#"
	plus     uint32 // the child "+", 0 where there is none
	children uint32 // how many others there are
}

const (
	whole = 0 // where the edges come from that are no level, but a whole name
	root  = 1 // the first node
)

// Add puts v under the filter and reports whether it was not there. The group of a
// shared subscription plays no part: v may carry it.
func (x *Index[V]) Add(f Filter, v V) bool {
	var to *set[V]
	if f.Exact() {
		to = x.placeExact(f.levels)
	} else {
		to = x.place(f.levels)
	}
	added := x.crowds.add(to, v)
	if added {
		x.size++
	}
	return added
}

// placeExact returns the set of a filter without wildcard, made where there is none.
func (x *Index[V]) placeExact(name string) *set[V] {
	number := x.edges.find(whole, name)
	if number == 0 {
		number = x.exact.make()
		x.edges.add(whole, name, number)
	}
	return &x.exact.list[number]
}

// place returns the set at the end of a filter with wildcards, made where there is none.
func (x *Index[V]) place(levels string) *set[V] {
	if x.nodes.list == nil {
		x.nodes.make()
	}
	n := uint32(root)
	for more := levels != ""; more; {
		var level string
		if level, levels, more = strings.Cut(levels, "/"); level == "#" {
			return &x.nodes.list[n].below
		}
		next := x.child(n, level)
		if next == 0 {
			next = x.addChild(n, level)
		}
		n = next
	}
	return &x.nodes.list[n].here
}

func (x *Index[V]) child(n uint32, level string) uint32 {
	if level == "+" {
		return x.nodes.list[n].plus
	}
	return x.edges.find(n, level)
}

func (x *Index[V]) addChild(n uint32, level string) (child uint32) {
	child = x.nodes.make()
	if level == "+" {
		x.nodes.list[n].plus = child
	} else {
		x.nodes.list[n].children++
		x.edges.add(n, level, child)
	}
	return child
}

// Remove takes v away from the filter and reports whether it was there.
func (x *Index[V]) Remove(f Filter, v V) bool {
	var removed bool
	switch {
	case f.Exact():
		removed = x.removeExact(f.levels, v)
	case x.nodes.list != nil:
		removed = x.removeBelow(root, f.levels, f.levels != "", v)
	}
	if !removed {
		return false
	}
	if x.size--; x.size == 0 {
		*x = Index[V]{} // an empty index keeps no memory
	}
	return true
}

func (x *Index[V]) removeExact(name string, v V) bool {
	number := x.edges.find(whole, name)
	if number == 0 || !x.crowds.remove(&x.exact.list[number], v) {
		return false
	}
	if x.exact.list[number].empty() {
		x.exact.drop(number)
		x.edges.remove(whole, name)
	}
	return true
}

// removeBelow takes v away at the end of the levels below n and drops the nodes that are
// empty then.
func (x *Index[V]) removeBelow(n uint32, levels string, more bool, v V) bool {
	at := &x.nodes.list[n]
	if !more {
		return x.crowds.remove(&at.here, v)
	}
	level, rest, more := strings.Cut(levels, "/")
	if level == "#" {
		return x.crowds.remove(&at.below, v)
	}
	child := x.child(n, level)
	if child == 0 || !x.removeBelow(child, rest, more, v) {
		return false
	}
	if !x.nodes.list[child].empty() {
		return true
	}
	x.nodes.drop(child)
	if level == "+" {
		at.plus = 0
	} else {
		at.children--
		x.edges.remove(n, level)
	}
	return true
}

func (n *node[V]) empty() bool {
	return n.children == 0 && n.plus == 0 && n.here.empty() && n.below.empty()
}

// Len returns how many pairs of filter and value there are.
func (x *Index[V]) Len() int { return x.size }

// Matching yields the values under every filter that matches the topic name, in no
// order; one that was added under several of them comes as often. The index must not
// change meanwhile.
func (x *Index[V]) Matching(name string) iter.Seq[V] {
	return func(yield func(V) bool) { x.match(name, yield) }
}

// match asks for the exact filter, whose place in memory is likely far, before it walks
// through the tree, the top of which is near: the processor does one while it waits for
// the other.
func (x *Index[V]) match(name string, yield func(V) bool) {
	if name == "" {
		return
	}
	exact := x.edges.find(whole, name)
	if x.nodes.list != nil && !x.matchBelow(root, name, name[0] != '$', yield) { // MQTT-4.7.2-1
		return
	}
	if exact != 0 {
		x.crowds.each(&x.exact.list[exact], yield)
	}
}

// matchBelow yields what is found at the levels of rest below n, and under wildcards of
// n itself where those are allowed. It reports whether the consumer wants more.
func (x *Index[V]) matchBelow(n uint32, rest string, wild bool, yield func(V) bool) bool {
	at := &x.nodes.list[n]
	level, rest, more := strings.Cut(rest, "/")
	if wild && at.plus != 0 && !x.matchAt(at.plus, rest, more, yield) {
		return false
	}
	if wild && !x.crowds.each(&at.below, yield) {
		return false
	}
	if at.children == 0 {
		return true
	}
	child := x.edges.find(n, level)
	return child == 0 || x.matchAt(child, rest, more, yield)
}

// matchAt yields what is found at n and, where more levels follow, below.
func (x *Index[V]) matchAt(n uint32, rest string, more bool, yield func(V) bool) bool {
	if more {
		return x.matchBelow(n, rest, true, yield)
	}
	at := &x.nodes.list[n]
	// "a/#" matches its parent "a" too (MQTT-4.7.1-2).
	return x.crowds.each(&at.here, yield) && x.crowds.each(&at.below, yield)
}
