package asyncapi

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

// intersect returns a short text that both sequences read to their ends. It walks the
// product of the two automata, breadth first.
func intersect(a, b []step) (string, bool) {
	texts := map[meeting]string{{}: ""}
	queue := []meeting{{}}
	visit := func(m meeting, text string) {
		if _, seen := texts[m]; !seen {
			texts[m] = text
			queue = append(queue, m)
		}
	}
	for len(queue) > 0 {
		m := queue[0]
		queue = queue[1:]
		text := texts[m]
		if m.a == len(a) && m.b == len(b) {
			return text, true
		}
		if m.a < len(a) && a[m.a].optional {
			visit(meeting{m.a + 1, m.b}, text)
		}
		if m.b < len(b) && b[m.b].optional {
			visit(meeting{m.a, m.b + 1}, text)
		}
		if m.a < len(a) && m.b < len(b) && a[m.a].class.Overlaps(b[m.b].class) {
			visit(meeting{after(a, m.a), after(b, m.b)}, text+a[m.a].class.shared(b[m.b].class))
		}
	}
	return "", false
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
