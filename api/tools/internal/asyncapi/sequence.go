package asyncapi

import "iter"

// A step of a sequence reads one character of a class; it may be skipped, or taken any
// number of times.
type step struct {
	class    Class
	optional bool
	loop     bool // then optional as well
}

// sequence lists the steps of a channel's topics. A slash stands between levels, and no
// parameter can hold one.
func (c *Channel) sequence() []step {
	var list []step
	for i, s := range c.Segments {
		if i > 0 {
			list = append(list, step{class: classOf("/")})
		}
		if s.Parameter != nil {
			list = append(list, s.Parameter.Pattern.sequence()...)
			continue
		}
		for j := range len(s.Literal) {
			list = append(list, step{class: classOf(s.Literal[j : j+1])})
		}
	}
	return list
}

func (p Pattern) sequence() []step {
	var list []step
	for _, a := range p.Atoms {
		for i := range a.Max {
			list = append(list, step{class: a.Class, optional: i >= a.Min})
		}
	}
	return list
}

// common returns a topic of both channels, if there is one.
func common(a, b *Channel) (string, bool) {
	return intersect(a.sequence(), b.sequence())
}

// A meeting is a pair of positions in two sequences that some text leads to.
type meeting struct{ a, b int }

// An arrival says from where a meeting was reached, and by which character, "" for none.
type arrival struct {
	from meeting
	text string
}

// intersect returns a text that both sequences read to their ends, if there is one. It
// walks the product of the two automata, breadth first.
func intersect(a, b []step) (string, bool) {
	arrivals := map[meeting]arrival{{}: {}}
	queue := []meeting{{}}
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		if m.a == len(a) && m.b == len(b) {
			return textTo(m, arrivals), true
		}
		for next, text := range successors(m, a, b) {
			if _, seen := arrivals[next]; !seen {
				arrivals[next] = arrival{m, text}
				queue = append(queue, next)
			}
		}
	}
	return "", false
}

// successors yields where one step leads from m, and the character that is read.
func successors(m meeting, a, b []step) iter.Seq2[meeting, string] {
	return func(yield func(meeting, string) bool) {
		moreA, moreB := m.a < len(a), m.b < len(b)
		switch {
		case moreA && a[m.a].optional && !yield(meeting{m.a + 1, m.b}, ""):
		case moreB && b[m.b].optional && !yield(meeting{m.a, m.b + 1}, ""):
		case moreA && moreB && a[m.a].class.Overlaps(b[m.b].class):
			yield(meeting{after(a, m.a), after(b, m.b)}, a[m.a].class.shared(b[m.b].class))
		}
	}
}

// textTo collects the characters on the way to m.
func textTo(m meeting, arrivals map[meeting]arrival) string {
	text := ""
	for m != (meeting{}) {
		at := arrivals[m]
		text = at.text + text
		m = at.from
	}
	return text
}

// after is the position after reading one character at i.
func after(s []step, i int) int {
	if s[i].loop {
		return i
	}
	return i + 1
}

// shared is the first character of both c and d.
func (c Class) shared(d Class) string {
	both := Class{c[0] & d[0], c[1] & d[1]}
	return string(rune(both.Ranges()[0][0]))
}

// MeetsGlob returns a topic of c that the glob of a policy matches, if there is one. In a
// glob "*" is any text and "?" any character; variables are the spellings that stand for
// an identity, by its name.
func (c *Channel) MeetsGlob(glob string, variables map[string]string) (topic string, ok bool) {
	anything := Class{^uint64(0), ^uint64(0)}
	var list []step
	for glob != "" {
		if identity, variable := variableAt(glob, variables); variable != "" {
			list = append(list, identity...)
			glob = glob[len(variable):]
			continue
		}
		s := step{class: classOf(glob[:1])}
		if glob[0] == '*' || glob[0] == '?' {
			s = step{class: anything, optional: glob[0] == '*', loop: glob[0] == '*'}
		}
		list = append(list, s)
		glob = glob[1:]
	}
	return intersect(list, c.sequence())
}

// variableAt is the variable that text begins with, and the steps of its values: some
// text without slash.
func variableAt(text string, variables map[string]string) (values []step, variable string) {
	for _, v := range variables {
		if len(text) >= len(v) && text[:len(v)] == v {
			return []step{{class: levelChars}, {class: levelChars, optional: true, loop: true}}, v
		}
	}
	return nil, ""
}
