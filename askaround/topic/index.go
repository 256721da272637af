package topic

import (
	"iter"
	"strings"
)

// An Index finds the values that were added under filters matching a topic: the
// subscribers of a broker, the handlers of a client. A look-up takes time by the levels
// of the topic and the matches, hardly by the number of filters, and allocates nothing.
//
// The zero Index is empty and ready for use. It may be read by many goroutines at once,
// but not while it changes.
type Index[V comparable] struct {
	// Most subscriptions name one topic: those need one look-up and no tree.
	exact     map[string]set[V]
	wildcards node[V]
	size      int
}

// node is a level of the filters that have wildcards.
type node[V comparable] struct {
	children map[string]*node[V]
	plus     *node[V] // "+"
	here     set[V]   // filters that end with this level
	below    set[V]   // filters that go on with "#"
}

// Add puts v under the filter and reports whether it was not there. The group of a
// shared subscription plays no part: v may carry it.
func (x *Index[V]) Add(f Filter, v V) bool {
	var added bool
	if !f.Exact() {
		added = x.wildcards.place(f.levels).add(v)
	} else {
		added = x.addExact(f.levels, v)
	}
	if added {
		x.size++
	}
	return added
}

func (x *Index[V]) addExact(name string, v V) bool {
	if x.exact == nil {
		x.exact = map[string]set[V]{}
	}
	s, ok := x.exact[name]
	if !ok {
		name = strings.Clone(name) // a key lives as long as its values: not in a larger text
	}
	added := s.add(v)
	x.exact[name] = s
	return added
}

// Remove takes v away from the filter and reports whether it was there.
func (x *Index[V]) Remove(f Filter, v V) bool {
	var removed bool
	if !f.Exact() {
		removed = x.wildcards.remove(f.levels, f.levels != "", v)
	} else if s, ok := x.exact[f.levels]; ok {
		if removed = s.remove(v); s.any {
			x.exact[f.levels] = s
		} else {
			delete(x.exact, f.levels)
		}
	}
	if removed {
		x.size--
	}
	return removed
}

// Len returns how many pairs of filter and value there are.
func (x *Index[V]) Len() int { return x.size }

// Matching yields the values under every filter that matches the topic name, in no
// order; one that was added under several of them comes as often. The index must not
// change meanwhile.
func (x *Index[V]) Matching(name string) iter.Seq[V] {
	return func(yield func(V) bool) { x.match(name, yield) }
}

func (x *Index[V]) match(name string, yield func(V) bool) {
	if name == "" {
		return
	}
	if s := x.exact[name]; !s.each(yield) {
		return
	}
	if root := &x.wildcards; name[0] == '$' {
		root.descend(name, yield) // MQTT-4.7.2-1: by its name alone
	} else {
		root.match(name, true, yield)
	}
}

// match yields what is found at and below n for the levels in rest, of which there are
// none unless more. It reports whether the consumer wants more.
func (n *node[V]) match(rest string, more bool, yield func(V) bool) bool {
	if !n.below.each(yield) { // "a/#" matches its parent "a" too (MQTT-4.7.1-2)
		return false
	}
	if !more {
		return n.here.each(yield)
	}
	if n.plus != nil {
		_, after, more := strings.Cut(rest, "/")
		if !n.plus.match(after, more, yield) {
			return false
		}
	}
	return n.descend(rest, yield)
}

// descend goes on with the child that has the name of the first level.
func (n *node[V]) descend(rest string, yield func(V) bool) bool {
	if len(n.children) == 0 {
		return true
	}
	level, rest, more := strings.Cut(rest, "/")
	child := n.children[level]
	return child == nil || child.match(rest, more, yield)
}

// place returns the set at the end of a filter, made where there is none.
func (n *node[V]) place(levels string) *set[V] {
	for more := levels != ""; more; {
		var level string
		if level, levels, more = strings.Cut(levels, "/"); level == "#" {
			return &n.below
		}
		next := n.child(level)
		if next == nil {
			next = new(node[V])
			n.setChild(strings.Clone(level), next)
		}
		n = next
	}
	return &n.here
}

// remove takes v away and drops the nodes that are empty then.
func (n *node[V]) remove(levels string, more bool, v V) bool {
	if !more {
		return n.here.remove(v)
	}
	level, rest, more := strings.Cut(levels, "/")
	if level == "#" {
		return n.below.remove(v)
	}
	child := n.child(level)
	if child == nil || !child.remove(rest, more, v) {
		return false
	}
	if child.empty() {
		n.setChild(level, nil)
	}
	return true
}

func (n *node[V]) child(level string) *node[V] {
	if level == "+" {
		return n.plus
	}
	return n.children[level]
}

// setChild puts child, or nothing where it is nil, at a level.
func (n *node[V]) setChild(level string, child *node[V]) {
	switch {
	case level == "+":
		n.plus = child
	case child == nil:
		delete(n.children, level)
	default:
		if n.children == nil {
			n.children = map[string]*node[V]{}
		}
		n.children[level] = child
	}
}

func (n *node[V]) empty() bool {
	return len(n.children) == 0 && n.plus == nil && !n.here.any && !n.below.any
}
