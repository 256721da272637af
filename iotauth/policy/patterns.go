package policy

import (
	"slices"
	"strings"
)

// patterns are resources as one connection sees them: by the name behind the ARN's head,
// which is the same for all that it can ask for.
type patterns struct {
	groups []group
}

// A group is patterns whose heads have read the connection's in the same ways. Mostly that
// is the one way, with the name still to be read. A wildcard in a head, as in
// arn:aws:iot:*:*:topic/a, may also read on into the name: then the rest of the head has to
// follow there, for instance in the topic x:topic/a.
type group struct {
	rests  []string // what is left of the heads, "" for nothing; each other ends with a slash
	needle string   // what a name has if any but "" matches
	index  index
}

// addAll adds the resources of a statement, and reports whether all their variables have
// values.
func (p *patterns) addAll(st *statement, v *values, heads *headCutter) bool {
	complete := true
	for i := range st.resources {
		pattern, _, ok := st.resources[i].template.resolve(v)
		if !ok {
			complete = false
			continue
		}
		heads.cut(pattern, p.add)
	}
	return complete
}

func (p *patterns) add(rests []string, pattern string) {
	for i := range p.groups {
		if slices.Equal(p.groups[i].rests, rests) {
			p.groups[i].index.add(pattern)
			return
		}
	}
	g := group{rests: rests}
	for _, rest := range rests {
		if rest != "" {
			g.needle = rest[lastWild(rest)+1:]
		}
	}
	if len(rests) > 2 || len(rests) == 2 && rests[1] != "" {
		g.needle = "/" // several: what they have in common
	}
	g.index.add(pattern)
	p.groups = append(p.groups, g)
}

func (p *patterns) match(name string) bool {
	for i := range p.groups {
		if p.groups[i].match(name) {
			return true
		}
	}
	return false
}

func (g *group) match(name string) bool {
	last := g.rests[len(g.rests)-1] // they ascend in the pattern: "" is the last
	if last == "" && g.index.match(name) {
		return true
	}
	if g.needle == "" || strings.IndexByte(name, g.needle[0]) < 0 { // the latter is quick, and says no to almost all
		return false
	}
	return strings.Contains(name, g.needle) && g.matchBehind(name)
}

// matchBehind tries every place in the name where a head may end.
func (g *group) matchBehind(name string) bool {
	for i := range len(name) {
		if name[i] != '/' {
			continue
		}
		for _, rest := range g.rests {
			if rest != "" && matchPattern(rest, name[:i+1]) && g.index.match(name[i+1:]) {
				return true
			}
		}
	}
	return false
}

// A headCutter cuts the head off patterns. Most patterns of a policy share theirs.
type headCutter struct {
	prefix string // of the connection's resources; its only slash should be the last byte
	last   string
	rests  []string
}

// nothing is what is left of a head that has been read.
var nothing = []string{""}

// cut calls add with what is left of a pattern's head once the connection's has been read,
// and with the rest of the pattern; not at all for a pattern that cannot match.
func (h *headCutter) cut(pattern string, add func(rests []string, pattern string)) {
	slash := strings.IndexByte(pattern, '/')
	if slash < 0 || strings.Count(h.prefix, "/") != 1 {
		for _, rest := range residuals(pattern, h.prefix) {
			add(nothing, rest)
		}
		return
	}
	if head := pattern[:slash+1]; head != h.last {
		h.last, h.rests = head, residuals(head, h.prefix)
	}
	if len(h.rests) > 0 {
		add(h.rests, pattern[slash+1:])
	}
}
