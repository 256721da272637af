package rules

import (
	"iter"
	"strings"
)

// A table is the enabled rules as Tap looks for them. It is not changed once it is made.
type table struct {
	byName map[string]*rule
	root   level
}

// A level of a topic filter, with the rules whose filter ends there.
type level struct {
	next  map[string]*level // by the text of the next level
	any   *level            // below +
	rules []*rule
	rest  []*rule // whose filter goes on with #
}

func newTable(rules iter.Seq[*rule]) *table {
	t := &table{byName: map[string]*rule{}}
	if rules == nil {
		return t
	}
	for r := range rules {
		if r.disabled {
			continue
		}
		t.byName[r.name] = r
		if filter := r.statement.Filter(); filter != "" {
			t.root.add(filter, r)
		}
	}
	return t
}

func (l *level) add(filter string, r *rule) {
	for {
		first, rest, more := strings.Cut(filter, "/")
		switch first {
		case "#":
			l.rest = append(l.rest, r)
			return
		case "+":
			if l.any == nil {
				l.any = &level{}
			}
			l = l.any
		default:
			if l.next == nil {
				l.next = map[string]*level{}
			}
			if l.next[first] == nil {
				l.next[first] = &level{}
			}
			l = l.next[first]
		}
		if !more {
			l.rules = append(l.rules, r)
			return
		}
		filter = rest
	}
}

// match appends the rules whose filter matches the topic.
func (t *table) match(found []*rule, topic string) []*rule {
	return t.root.match(found, topic, strings.HasPrefix(topic, "$"))
}

// match looks below l. Wildcards do not match the first level of a reserved topic, and #
// matches one level at least.
func (l *level) match(found []*rule, topic string, reserved bool) []*rule {
	if !reserved {
		found = append(found, l.rest...)
	}
	first, rest, more := strings.Cut(topic, "/")
	below := [2]*level{l.next[first], l.any}
	if reserved {
		below[1] = nil
	}
	for _, b := range below {
		switch {
		case b == nil:
		case more:
			found = b.match(found, rest, false)
		default:
			found = append(found, b.rules...)
		}
	}
	return found
}
