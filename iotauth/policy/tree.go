package policy

import "strings"

// A tree is a radix tree of literals. It is read from their first byte or from their last,
// always the same way.
type tree struct {
	root branch
}

// A branch is reached through label. Its children differ in the byte that is read first.
type branch struct {
	label    string
	firsts   string // those bytes
	children []branch

	exact    bool    // in a tree of prefixes: a pattern without wildcard ends here
	suffixes *tree   // in a tree of prefixes: patterns with wildcards go on here
	middles  middles // in a tree of suffixes: what remains between prefix and suffix
}

// A direction is how a tree is read.
type direction struct {
	first  func(string) byte
	common func(a, b string) int
	cut    func(s string, n int) (read, rest string)
}

var (
	forward = direction{
		first: func(s string) byte { return s[0] },
		common: func(a, b string) int {
			n := 0
			for n < min(len(a), len(b)) && a[n] == b[n] {
				n++
			}
			return n
		},
		cut: func(s string, n int) (string, string) { return s[:n], s[n:] },
	}
	backward = direction{
		first: func(s string) byte { return s[len(s)-1] },
		common: func(a, b string) int {
			n := 0
			for n < min(len(a), len(b)) && a[len(a)-1-n] == b[len(b)-1-n] {
				n++
			}
			return n
		},
		cut: func(s string, n int) (string, string) { return s[len(s)-n:], s[:len(s)-n] },
	}
)

// branch returns the branch at literal and makes it where it is missing.
func (t *tree) branch(literal string, d direction) *branch {
	b := &t.root
	for literal != "" {
		i := strings.IndexByte(b.firsts, d.first(literal))
		if i < 0 {
			b.firsts += string([]byte{d.first(literal)})
			b.children = append(b.children, branch{label: literal})
			return &b.children[len(b.children)-1]
		}
		child := &b.children[i]
		n := d.common(child.label, literal)
		if read, rest := d.cut(child.label, n); rest != "" { // split
			below := *child
			below.label = rest
			*child = branch{label: read, firsts: string([]byte{d.first(rest)}), children: []branch{below}}
		}
		b = child
		_, literal = d.cut(literal, n)
	}
	return b
}

// next is the child that text goes on with, and what is left of text behind its label.
func (b *branch) next(text string) (*branch, string) {
	if text == "" {
		return nil, ""
	}
	i := strings.IndexByte(b.firsts, text[0])
	if i < 0 || !strings.HasPrefix(text, b.children[i].label) {
		return nil, ""
	}
	b = &b.children[i]
	return b, text[len(b.label):]
}

// previous is next from the end of text.
func (b *branch) previous(text string) (*branch, string) {
	if text == "" {
		return nil, ""
	}
	i := strings.IndexByte(b.firsts, text[len(text)-1])
	if i < 0 || !strings.HasSuffix(text, b.children[i].label) {
		return nil, ""
	}
	b = &b.children[i]
	return b, text[:len(text)-len(b.label)]
}
