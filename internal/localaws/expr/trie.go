package expr

import "slices"

// trie holds document paths that do not overlap, with a T at the end of each.
// The children of a node are either all names or all indexes, indexes ascending.
type trie[T any] struct {
	step     Step
	leaf     *T // nil for a node with children
	children []trie[T]
}

// add puts leaf at path, below t.
func (t *trie[T]) add(path Path, leaf *T) {
	if len(path) == 0 {
		t.leaf = leaf
		return
	}
	at, found := slices.BinarySearchFunc(t.children, path[0], func(c trie[T], s Step) int { return compareSteps(c.step, s) })
	if !found {
		t.children = slices.Insert(t.children, at, trie[T]{step: path[0]})
	}
	t.children[at].add(path[1:], leaf)
}

func compareSteps(a, b Step) int {
	if a.Index != b.Index {
		return a.Index - b.Index
	}
	if a.Name < b.Name {
		return -1
	}
	if a.Name > b.Name {
		return 1
	}
	return 0
}

// inList reports whether t's children are indexes.
func (t *trie[T]) inList() bool { return len(t.children) > 0 && !t.children[0].step.isName() }
