package policy

import (
	"strconv"
	"time"
)

// A table holds what can match one action of one connection, by the name of the resource.
type table struct {
	allow, deny side
}

// A side is one effect of a table.
type side struct {
	plain  patterns
	others []other
}

// An other is a statement with NotResource, or with conditions on the time.
type other struct {
	patterns patterns
	not      bool
	timed    []test
	values   *values // what the conditions compare with
}

// add takes in a statement, unless it can never match on this connection.
func (t *table) add(st *statement, v *values, heads *headCutter) {
	if st.group && !v.thingGroups() {
		return
	}
	var timed []test
	for i := range st.tests {
		switch test := &st.tests[i]; {
		case test.timed() && len(v.get(test.key)) == 1:
			timed = append(timed, *test)
		case !test.holds(v):
			return
		}
	}
	s := &t.allow
	if st.deny {
		s = &t.deny
	}
	if !st.notRes && timed == nil {
		s.plain.addAll(st, v, heads)
		return
	}
	o := other{not: st.notRes, timed: timed, values: v}
	if o.patterns.addAll(st, v, heads) || !st.notRes {
		s.others = append(s.others, o)
	}
}

// never reports whether nothing matches.
func (s *side) never() bool { return len(s.plain.groups) == 0 && len(s.others) == 0 }

func (s *side) match(c *Connection, name string) bool {
	if s.plain.match(name) {
		return true
	}
	for i := range s.others {
		if s.others[i].match(c, name) {
			return true
		}
	}
	return false
}

func (o *other) match(c *Connection, name string) bool {
	if o.patterns.match(name) == o.not {
		return false
	}
	if o.timed == nil {
		return true
	}
	now := c.now()
	for i := range o.timed {
		if !o.timed[i].holdsAt(now, o.values) {
			return false
		}
	}
	return true
}

// holdsAt decides a test on the time.
func (t *test) holdsAt(now time.Time, v *values) bool {
	value := strconv.FormatInt(now.Unix(), 10)
	if t.key == foldedCurrentTime {
		value = now.UTC().Format(time.RFC3339)
	}
	clock := values{byKey: map[string][]string{t.key: {value}}, next: v}
	return t.holds(&clock)
}
