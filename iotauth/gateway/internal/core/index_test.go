package core

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

// TestIndexOracle compares the index with the rule, while subscriptions come and go.
func TestIndexOracle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	levels := []string{"a", "b", "c", "", "$aws", "+", "#"}
	some := func(wild bool) string {
		var parts []string
		for range 1 + r.IntN(4) {
			n := len(levels)
			if !wild {
				n -= 2
			}
			parts = append(parts, levels[r.IntN(n)])
			if parts[len(parts)-1] == "#" {
				break
			}
		}
		return strings.Join(parts, "/")
	}
	type key struct {
		session int
		group   string
		filter  string
	}
	var x index
	sessions := make([]*session, 40)
	for i := range sessions {
		sessions[i] = &session{clientID: fmt.Sprint(i)}
	}
	have := map[key]Subscription{}
	for range 5_000 {
		k := key{r.IntN(len(sessions)), []string{"", "", "g", "h"}[r.IntN(4)], some(true)}
		f := filter{group: k.group, topics: k.filter}
		if k.filter == "" {
			continue
		}
		_, had := have[k]
		if r.IntN(2) == 0 {
			sub := Subscription{QoS: byte(r.IntN(2)), NoLocal: r.IntN(4) == 0, RetainAsPublished: r.IntN(4) == 0}
			if isNew := x.subscribe(sessions[k.session], f, sub); isNew == had {
				t.Fatalf("subscribe %+v: new %v", k, isNew)
			}
			have[k] = sub
		} else {
			if existed := x.unsubscribe(sessions[k.session], f); existed != had {
				t.Fatalf("unsubscribe %+v: existed %v", k, existed)
			}
			delete(have, k)
		}
		if x.count != len(have) {
			t.Fatalf("counts %d, has %d", x.count, len(have))
		}
		if r.IntN(10) > 0 {
			continue
		}
		topic := some(false)
		if topic == "" {
			continue
		}
		want := map[string]string{}
		merged := map[string]Subscription{}
		for k, sub := range have {
			if !matchesFilter(k.filter, topic) {
				continue
			}
			if k.group != "" {
				want[fmt.Sprint(k.group, " ", k.filter, " ", k.session)] = fmt.Sprint(sub)
				continue
			}
			id := fmt.Sprint(k.session)
			if m, again := merged[id]; again {
				sub.QoS, sub.NoLocal, sub.RetainAsPublished = max(m.QoS, sub.QoS), m.NoLocal && sub.NoLocal, m.RetainAsPublished || sub.RetainAsPublished
			}
			merged[id] = sub
		}
		var m match
		x.find(topic, &m)
		if len(m.direct) != len(merged) {
			t.Fatalf("topic %q: %d sessions, want %d", topic, len(m.direct), len(merged))
		}
		for _, d := range m.direct {
			if merged[d.session.clientID] != d.Subscription {
				t.Fatalf("topic %q, session %s: %+v, want %+v", topic, d.session.clientID, d.Subscription, merged[d.session.clientID])
			}
		}
		shared, begin := 0, 0
		for _, g := range m.groups {
			if g.end <= begin {
				t.Fatalf("an empty group %q", g.name)
			}
			shared += g.end - begin
			begin = g.end
		}
		if shared != len(want) {
			t.Fatalf("topic %q: %d shared members, want %d", topic, shared, len(want))
		}
	}
	for k := range have {
		x.unsubscribe(sessions[k.session], filter{group: k.group, topics: k.filter})
	}
	if !x.root.empty() || x.count != 0 {
		t.Errorf("after all is gone: %d, %+v", x.count, x.root)
	}
}
