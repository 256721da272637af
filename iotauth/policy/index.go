package policy

import "strings"

// An index finds whether any of many patterns matches a text. Patterns hang in a tree by
// what stands before their first wildcard; those that begin with one hang in a second tree
// by what stands behind their last, read backwards.
type index struct {
	all     bool // a pattern matches every text
	forward tree
	reverse tree
	loose   []string // patterns with wildcards at both ends
}

func (x *index) add(pattern string) {
	first := firstWild(pattern)
	switch last := lastWild(pattern); {
	case len(pattern) == 1 && pattern[0] == star:
		x.all = true
	case first > 0 || pattern == "":
		x.forward.add(pattern[:first], newTail(pattern[first:]))
	case last < len(pattern)-1:
		x.reverse.add(reversed(pattern[last+1:]), newTail(pattern[:last+1]))
	default:
		x.loose = append(x.loose, pattern)
	}
}

func (x *index) match(text string) bool {
	if x.all {
		return true
	}
	if x.forward.matchForward(text) || x.reverse.matchBackward(text) {
		return true
	}
	for _, pattern := range x.loose {
		if matchPattern(pattern, text) {
			return true
		}
	}
	return false
}

func reversed(s string) string {
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// A tree is a radix tree of literals with tails.
type tree struct {
	root branch
}

// A branch is reached through label. Its children differ in their first byte.
type branch struct {
	label    string
	tails    []tail
	children []branch
	firsts   string // first bytes of the children's labels
}

// A tail is what is left of a pattern behind the literal; an empty one ends there.
type tail struct {
	pattern string
	suffix  string // what stands behind the last wildcard
}

func newTail(pattern string) tail { return tail{pattern, pattern[lastWild(pattern)+1:]} }

func (t *tree) add(literal string, end tail) {
	b := &t.root
	for literal != "" {
		i := strings.IndexByte(b.firsts, literal[0])
		if i < 0 {
			b.firsts += literal[:1]
			b.children = append(b.children, branch{label: literal, tails: []tail{end}})
			return
		}
		child := &b.children[i]
		n := common(child.label, literal)
		if n < len(child.label) { // split
			*child = branch{label: child.label[:n], firsts: child.label[n : n+1], children: []branch{{
				label: child.label[n:], tails: child.tails, children: child.children, firsts: child.firsts,
			}}}
		}
		b, literal = child, literal[n:]
	}
	for _, have := range b.tails {
		if have == end {
			return
		}
	}
	b.tails = append(b.tails, end)
}

// common is the length of the longest prefix that two strings share.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := 0; i < n; i++ {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func (t *tree) matchForward(text string) bool {
	for b := &t.root; ; {
		for i := range b.tails {
			if b.tails[i].match(text) {
				return true
			}
		}
		if text == "" {
			return false
		}
		i := strings.IndexByte(b.firsts, text[0])
		if i < 0 || !strings.HasPrefix(text, b.children[i].label) {
			return false
		}
		b = &b.children[i]
		text = text[len(b.label):]
	}
}

func (t *tree) matchBackward(text string) bool {
	for b := &t.root; ; {
		for i := range b.tails {
			if b.tails[i].match(text) {
				return true
			}
		}
		if text == "" {
			return false
		}
		i := strings.IndexByte(b.firsts, text[len(text)-1])
		if i < 0 || !hasReversedSuffix(text, b.children[i].label) {
			return false
		}
		b = &b.children[i]
		text = text[:len(text)-len(b.label)]
	}
}

func hasReversedSuffix(text, label string) bool {
	if len(text) < len(label) {
		return false
	}
	for i := range len(label) {
		if text[len(text)-1-i] != label[i] {
			return false
		}
	}
	return true
}

// match decides the rest of a text. The common tails cost no loop: a star alone, and a
// star before a literal.
func (t *tail) match(rest string) bool {
	switch {
	case t.pattern == "":
		return rest == ""
	case !strings.HasSuffix(rest, t.suffix):
		return false
	case t.pattern[0] == star && len(t.pattern) == 1+len(t.suffix):
		return true
	}
	return matchPattern(t.pattern, rest)
}
