package policy

// An index finds whether any of many patterns matches a text. A pattern is cut into the
// literal before its first wildcard, the literal behind its last, and the middle with all
// wildcards. Patterns hang in a tree by the first, there in a tree by the second, and there
// in a list by the third.
type index struct {
	all  bool // a pattern matches every text
	tree tree
}

func (x *index) add(pattern string) {
	first, last := firstWild(pattern), lastWild(pattern)
	switch {
	case len(pattern) == 1 && pattern[0] == star:
		x.all = true
	case last < 0:
		x.tree.branch(pattern, forward).exact = true
	default:
		b := x.tree.branch(pattern[:first], forward)
		if b.suffixes == nil {
			b.suffixes = new(tree)
		}
		b.suffixes.branch(pattern[last+1:], backward).middles.add(pattern[first : last+1])
	}
}

func (x *index) match(text string) bool {
	if x.all {
		return true
	}
	for b, rest := &x.tree.root, text; ; {
		if b.exact && rest == "" || b.suffixes != nil && b.suffixes.matchSuffix(rest) {
			return true
		}
		if b, rest = b.next(rest); b == nil {
			return false
		}
	}
}

// matchSuffix walks a tree of suffixes from the end of text.
func (t *tree) matchSuffix(text string) bool {
	for b, rest := &t.root, text; ; {
		if b.middles.match(rest) {
			return true
		}
		if b, rest = b.previous(rest); b == nil {
			return false
		}
	}
}

// middles are patterns that begin and end with a wildcard.
type middles struct {
	any  bool // one is a star alone
	few  []string
	many *grams // instead of few, where they are not few
}

// maxFew is how many patterns are tried one by one.
const maxFew = 4

func (m *middles) add(pattern string) {
	switch {
	case len(pattern) == 1 && pattern[0] == star:
		m.any = true
	case m.many != nil:
		m.many.add(pattern)
	case len(m.few) < maxFew:
		m.few = append(m.few, pattern)
	default:
		m.many = &grams{}
		for _, p := range append(m.few, pattern) {
			m.many.add(p)
		}
		m.few = nil
	}
}

func (m *middles) match(text string) bool {
	if m.any {
		return true
	}
	for _, p := range m.few {
		if matchPattern(p, text) {
			return true
		}
	}
	return m.many != nil && m.many.match(text)
}
