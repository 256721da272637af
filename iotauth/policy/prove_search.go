package policy

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A part is a statement in an automaton, under one combination of conditions.
type part struct {
	*statement
	exact int // tag: the text matches
	loose int // tag: it matches for some value of the variables
}

// matches reports whether the statement matches, and whether it may for some values.
func (p *part) matches(tags tagSet) (surely, possibly bool) {
	if p.notRes {
		return !tags[p.loose], !tags[p.exact]
	}
	return tags[p.exact], tags[p.loose]
}

// search looks for a counterexample under one combination.
func (c *comparison) search(truth []bool) (*Counterexample, error) {
	m := &automaton{}
	universe := m.newTag()
	if err := m.addRegexp(c.universe(), universe); err != nil {
		return nil, err
	}
	inUniverse := len(m.states)
	a, b := c.parts(m, c.stA, truth), c.parts(m, c.stB, truth)
	if !slices.ContainsFunc(a, func(p part) bool { return !p.deny }) {
		return nil, nil
	}
	w := &witness{comparison: c, truth: truth}
	var doubtful *Counterexample
	tried := 0
	s := search{
		automaton: m, letters: m.alphabet(len(c.symbols)),
		alive:  inUniverse,
		accept: func(tags tagSet) bool { return tags[universe] && possiblyAllowed(a, tags) && !surelyAllowed(b, tags) },
	}
	s.found = func(text string) bool {
		tried++
		example := w.confirm(text)
		if example.Confirmed {
			doubtful = example
			return true
		}
		if doubtful == nil {
			doubtful = example
		}
		return tried == maxTried
	}
	err := s.run()
	return doubtful, err
}

// maxTried is how many texts are tried to confirm a counterexample.
const maxTried = 64

// possiblyAllowed: some value of the variables lets the set allow the text. What an Allow
// matches is taken exactly: a text that it matches by the value of a variable is among
// those that are searched, with the variable in that place.
func possiblyAllowed(parts []part, tags tagSet) bool {
	allowed := false
	for i := range parts {
		surely, possibly := parts[i].matches(tags)
		switch {
		case parts[i].deny && surely:
			return false
		case parts[i].deny:
		case parts[i].notRes && possibly, !parts[i].notRes && surely:
			allowed = true
		}
	}
	return allowed
}

// surelyAllowed: the set allows the text whatever values the variables have.
func surelyAllowed(parts []part, tags tagSet) bool {
	allowed := false
	for i := range parts {
		surely, possibly := parts[i].matches(tags)
		switch {
		case parts[i].deny && possibly:
			return false
		case !parts[i].deny && surely:
			allowed = true
		}
	}
	return allowed
}

// parts adds the statements that apply under a combination of conditions.
func (c *comparison) parts(m *automaton, list []*statement, truth []bool) []part {
	var out []part
	for _, st := range list {
		if !c.applies(st, truth) {
			continue
		}
		p := part{statement: st, exact: m.newTag()}
		if p.loose = p.exact; len(c.symbols) > 0 {
			p.loose = m.newTag()
		}
		for i := range st.resources {
			t := &st.resources[i].template
			if c.resolved(t, truth) {
				items := c.items(t)
				m.addItems(items, p.exact, false)
				if p.loose != p.exact {
					m.addItems(items, p.loose, true)
				}
			}
		}
		out = append(out, p)
	}
	return out
}

func (c *comparison) applies(st *statement, truth []bool) bool {
	if st.group && !truth[c.atom(atom{group: true})] {
		return false
	}
	for i := range st.tests {
		if !truth[c.atom(atom{test: &st.tests[i]})] {
			return false
		}
	}
	if st.notRes {
		for i := range st.resources {
			if !c.resolved(&st.resources[i].template, truth) {
				return false
			}
		}
	}
	return true
}

// resolved reports whether all variables of a template have values.
func (c *comparison) resolved(t *template, truth []bool) bool {
	for _, p := range t.parts {
		if !truth[c.atom(atom{key: p.key})] {
			return false
		}
	}
	return true
}

// items spells a template for an automaton.
func (c *comparison) items(t *template) []item {
	out := patternItems(nil, t.head)
	for _, p := range t.parts {
		symbol := firstSymbol + rune(slices.Index(c.symbols, p.key))
		out = patternItems(append(out, item{char: symbol}), p.tail)
	}
	return out
}

func patternItems(out []item, pattern string) []item {
	for pattern != "" {
		if c := pattern[0]; c >= one {
			out, pattern = append(out, item{wild: c}), pattern[1:]
			continue
		}
		r, n := utf8.DecodeRuneInString(pattern)
		out, pattern = append(out, item{char: r}), pattern[n:]
	}
	return out
}

// universe is a regular expression for the resources that the action can have. A "+" is
// the whole level of a filter, and "#" its last; a topic has neither.
func (c *comparison) universe() string {
	head := `^arn:(?:` + strings.Join(c.partitions(), "|") + `):iot:[a-z][a-z0-9-]*:[0-9]+:`
	switch t := c.action.ResourceType(); t {
	case AnyResource:
		return `^\*$`
	case TopicResource:
		return head + `topic/[^+#\x00]+$`
	case TopicFilterResource:
		return head + `topicfilter/(?:(?:[^+#/\x00]+|\+)(?:/(?:[^+#/\x00]*|\+))*(?:/#)?|#)$`
	case "":
		return head + `[^\x00]+$`
	default:
		return head + string(t) + `/[^\x00]+$`
	}
}

// partitions are those that resources spell. An account is in one partition, and so are
// its policies.
func (c *comparison) partitions() []string {
	var out []string
	for _, st := range slices.Concat(c.stA, c.stB) {
		for i := range st.resources {
			a, err := ParseARN(st.resources[i].text)
			if err == nil && !strings.ContainsAny(a.Partition, "*?$") && !slices.Contains(out, a.Partition) {
				out = append(out, regexp.QuoteMeta(a.Partition))
			}
		}
	}
	if len(out) == 0 {
		return []string{"aws"}
	}
	return out
}
