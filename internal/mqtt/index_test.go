package mqtt

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// matchesFilter is the rule in words: level by level, "+" stands for one and "#" for one or more
// ("a/#" does not match "a" here), and neither for a first level with a $.
func matchesFilter(filter, topic string) bool {
	f, t := strings.Split(filter, "/"), strings.Split(topic, "/")
	if strings.HasPrefix(t[0], "$") && (f[0] == "+" || f[0] == "#") {
		return false
	}
	for i, level := range f {
		switch {
		case i >= len(t):
			return false
		case level == "#":
			return true
		case level != "+" && level != t[i]:
			return false
		}
	}
	return len(f) == len(t)
}

// subscriptions are what an index should have.
type subscriptions map[subscribed]Subscription

type subscribed struct {
	session       *session
	group, filter string
}

// check compares what the index finds for a topic.
func (have subscriptions) check(t *testing.T, x *index, topic string) {
	t.Helper()
	shared, direct := map[subscribed]bool{}, map[*session]Subscription{}
	for k, sub := range have {
		switch {
		case !matchesFilter(k.filter, topic):
		case k.group != "":
			shared[k] = true
		default:
			if m, again := direct[k.session]; again {
				sub.QoS, sub.NoLocal, sub.RetainAsPublished = max(m.QoS, sub.QoS), m.NoLocal && sub.NoLocal, m.RetainAsPublished || sub.RetainAsPublished
			}
			direct[k.session] = sub
		}
	}
	var m match
	x.find(topic, &m)
	if has := x.has(topic); has != (len(direct)+len(shared) > 0) {
		t.Fatalf("topic %q: has %v, want %d sessions and %d members of groups", topic, has, len(direct), len(shared))
	}
	if len(m.direct) != len(direct) {
		t.Fatalf("topic %q: %d sessions, want %d", topic, len(m.direct), len(direct))
	}
	for _, d := range m.direct {
		if direct[d.session] != d.Subscription {
			t.Fatalf("topic %q, session %s: %+v, want %+v", topic, d.session.key, d.Subscription, direct[d.session])
		}
	}
	begin := 0
	for _, g := range m.groups {
		if g.end <= begin {
			t.Fatalf("topic %q: group %q is empty", topic, g.name)
		}
		for _, member := range m.shared[begin:g.end] {
			found := false
			for k := range shared {
				if k.session == member.session && k.group == g.name && have[k] == member.Subscription {
					found = true
				}
			}
			if !found {
				t.Fatalf("topic %q: %s is not in group %q", topic, member.session.key, g.name)
			}
		}
		begin = g.end
	}
	if begin != len(shared) {
		t.Fatalf("topic %q: %d shared members, want %d", topic, begin, len(shared))
	}
}

// someTopic makes a topic or, with wild, a filter.
func someTopic(r *rand.Rand, wild bool) string {
	levels := []string{"a", "b", "c", "", "$aws", "+", "#"}
	if !wild {
		levels = levels[:5]
	}
	for {
		var parts []string
		for range 1 + r.IntN(4) {
			parts = append(parts, levels[r.IntN(len(levels))])
			if parts[len(parts)-1] == "#" {
				break
			}
		}
		if topic := strings.Join(parts, "/"); topic != "" {
			return topic
		}
	}
}

// TestIndexOracle compares the index with the rule, while subscriptions come and go.
func TestIndexOracle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	var x index
	sessions := make([]*session, 40)
	for i := range sessions {
		sessions[i] = &session{key: fmt.Sprint(i)}
	}
	have := subscriptions{}
	for range 5_000 {
		k := subscribed{sessions[r.IntN(len(sessions))], []string{"", "", "g", "h"}[r.IntN(4)], someTopic(r, true)}
		f := filter{group: k.group, topics: k.filter}
		_, had := have[k]
		if r.IntN(2) == 0 {
			have[k] = Subscription{QoS: byte(r.IntN(2)), NoLocal: r.IntN(4) == 0, RetainAsPublished: r.IntN(4) == 0}
			if isNew := x.subscribe(k.session, f, have[k]); isNew == had {
				t.Fatalf("subscribe %+v: new %v", k, isNew)
			}
		} else {
			delete(have, k)
			if existed := x.unsubscribe(k.session, f); existed != had {
				t.Fatalf("unsubscribe %+v: existed %v", k, existed)
			}
		}
		if x.count != len(have) {
			t.Fatalf("counts %d, has %d", x.count, len(have))
		}
		if r.IntN(10) == 0 {
			have.check(t, &x, someTopic(r, false))
		}
	}
	for k := range have {
		x.unsubscribe(k.session, filter{group: k.group, topics: k.filter})
		delete(have, k)
		if len(have) < 100 {
			have.check(t, &x, someTopic(r, false))
		}
	}
	if !x.root.empty() || x.count != 0 {
		t.Errorf("after all is gone: %d, %+v", x.count, x.root)
	}
}
