package policy

import (
	"strconv"
	"strings"
	"time"
)

// hotActions are decided for every packet. A Bound has a table for each.
var hotActions = [...]Action{Publish, Receive, Subscribe, RetainPublish}

const (
	hotPublish = iota
	hotReceive
	hotSubscribe
	hotRetain
)

// A hotMask says which of hotActions a statement covers.
type hotMask uint8

// A Bound is a set bound to one connection: variables are substituted, and conditions that
// cannot change while the connection lasts are decided. It is immutable and safe for
// concurrent use; bind anew when policies, thing or certificate change.
type Bound struct {
	set    *Set
	conn   Connection
	tables [len(hotActions)]table
}

// Bind binds the set to a connection. Publish, Receive, Subscribe and RetainPublish of
// the result allocate nothing, unless a condition asks for the time.
func (s *Set) Bind(c Connection) *Bound {
	b := &Bound{set: s, conn: c}
	v := newValues(c.Context())
	var heads headCache
	for i, action := range hotActions {
		heads = headCache{prefix: c.prefix(action.ResourceType())}
		for _, st := range s.statements {
			if st.hot&(1<<i) != 0 {
				b.tables[i].add(st, v, &heads)
			}
		}
	}
	return b
}

// Publish decides a PUBLISH packet. With RETAIN set, [Bound.RetainPublish] must allow too.
func (b *Bound) Publish(topic string) Verdict { return b.decide(hotPublish, topic) }

// RetainPublish decides the RETAIN flag of a PUBLISH packet.
func (b *Bound) RetainPublish(topic string) Verdict { return b.decide(hotRetain, topic) }

// Subscribe decides one filter of a SUBSCRIBE packet, as the client spelt it.
func (b *Bound) Subscribe(filter string) Verdict { return b.decide(hotSubscribe, filter) }

// Receive decides the delivery of a message to the client.
func (b *Bound) Receive(topic string) Verdict { return b.decide(hotReceive, topic) }

// ReceiveShared is Receive for a message that a shared subscription brings. Documents of
// AWS write its resource as topic/{topic} in some places and as
// topic/$share/{group}/{topic} in others; either allows, and either denies.
func (b *Bound) ReceiveShared(group, topic string) Verdict {
	plain, shared := b.Receive(topic), b.Receive("$share/"+group+"/"+topic)
	if plain == ExplicitDeny || shared == ExplicitDeny {
		return ExplicitDeny
	}
	return max(plain, shared)
}

// Connect decides the CONNECT packet of the connection, its client ID and attributes.
func (b *Bound) Connect() Verdict { return b.Evaluate(Connect, b.conn.ClientID).Verdict }

// Evaluate decides any action on the resource called name, in full.
func (b *Bound) Evaluate(a Action, name string) Decision {
	return b.set.Evaluate(b.conn.Request(a, name))
}

// Explain explains the decision of any action on the resource called name.
func (b *Bound) Explain(a Action, name string) Explanation {
	return b.set.Explain(b.conn.Request(a, name))
}

func (b *Bound) decide(action int, name string) Verdict {
	t := &b.tables[action]
	switch {
	case t.denies(&b.conn, name):
		return ExplicitDeny
	case t.allows(&b.conn, name):
		return Allowed
	}
	return ImplicitDeny
}

// A table holds what can match one action of one connection, by the name of the resource.
type table struct {
	allow, deny side
}

func (t *table) allows(c *Connection, name string) bool { return t.allow.match(c, name) }
func (t *table) denies(c *Connection, name string) bool { return t.deny.match(c, name) }

// A side is one effect of a table.
type side struct {
	used   bool // there is anything below
	plain  index
	rare   []rare
	others []other
}

// A rare pattern matches only names that contain needle, which few do: it comes of a
// wildcard in the ARN's head that would swallow a part of the name.
type rare struct {
	needle   string
	patterns index
}

// An other is a statement with NotResource, or with conditions on the time.
type other struct {
	patterns index
	rare     []rare
	not      bool
	timed    []test
	values   *values // what the conditions compare with
}

func (t *table) add(st *statement, v *values, heads *headCache) {
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
	s.used = true
	if !st.notRes && timed == nil {
		addResources(&s.plain, &s.rare, st, v, heads)
		return
	}
	o := other{not: st.notRes, timed: timed, values: v}
	if addResources(&o.patterns, &o.rare, st, v, heads) || !st.notRes {
		s.others = append(s.others, o)
	}
}

// addResources adds the patterns of a statement, and reports whether all its variables
// have values.
func addResources(x *index, list *[]rare, st *statement, v *values, heads *headCache) bool {
	complete := true
	for i := range st.resources {
		pattern, _, ok := st.resources[i].template.resolve(v)
		if !ok {
			complete = false
			continue
		}
		heads.split(pattern, func(rest, needle string) {
			if needle == "" {
				x.add(rest)
				return
			}
			for j := range *list {
				if (*list)[j].needle == needle {
					(*list)[j].patterns.add(rest)
					return
				}
			}
			*list = append(*list, rare{needle: needle})
			(*list)[len(*list)-1].patterns.add(rest)
		})
	}
	return complete
}

func (s *side) match(c *Connection, name string) bool {
	if !s.used {
		return false
	}
	if s.plain.match(name) || matchRare(s.rare, name) {
		return true
	}
	for i := range s.others {
		if s.others[i].match(c, name) {
			return true
		}
	}
	return false
}

func matchRare(list []rare, name string) bool {
	for i := range list {
		if strings.Contains(name, list[i].needle) && list[i].patterns.match(name) {
			return true
		}
	}
	return false
}

func (o *other) match(c *Connection, name string) bool {
	if (o.patterns.match(name) || matchRare(o.rare, name)) == o.not {
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

// A headCache cuts the head of an ARN off patterns. Most patterns of a policy share theirs.
type headCache struct {
	prefix string // of the connection's resources; its only slash should be the last byte
	last   string
	rests  []string
}

// split calls add with every pattern for the name that is left of pattern, and with what
// such a name must contain where a wildcard of the head goes on into it.
func (h *headCache) split(pattern string, add func(rest, needle string)) {
	head := pattern
	if i := strings.IndexByte(pattern, '/'); i >= 0 && strings.Count(h.prefix, "/") == 1 {
		head = pattern[:i+1]
	}
	if head != h.last || h.rests == nil {
		h.last, h.rests = head, residuals(head, h.prefix)
	}
	for _, rest := range h.rests {
		needle := ""
		if len(rest) > 0 && len(head) < len(pattern) {
			needle = rest[lastWild(rest)+1:]
		}
		add(rest+pattern[len(head):], needle)
	}
}
