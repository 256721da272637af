package mqtt

import (
	"strings"
	"sync"
)

// An index finds the subscriptions that match a topic. Unlike MQTT has it, "a/#" does not
// match "a": "Differences from MQTT version 3.1.1",
// https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html
type index struct {
	mu    sync.RWMutex
	root  node
	count int
}

// A node is a level of filters.
type node struct {
	children map[string]*node // but for "+"
	plus     *node            // "+"
	here     leaf             // filters that end here
	below    leaf             // filters that end with # below here
}

// A leaf holds the subscriptions to one filter.
type leaf struct {
	members
	groups map[string]*members // of shared subscriptions
}

// members are sessions with their subscription.
type members struct {
	list  []member
	where map[*session]int // of a long list
}

type member struct {
	session *session
	Subscription
}

// longList is where looking through a list costs more than a map.
const longList = 16

func (m *members) find(s *session) int {
	if m.where != nil {
		if i, ok := m.where[s]; ok {
			return i
		}
		return -1
	}
	for i := range m.list {
		if m.list[i].session == s {
			return i
		}
	}
	return -1
}

// put adds or replaces a member and reports whether it is new.
func (m *members) put(s *session, sub Subscription) bool {
	if i := m.find(s); i >= 0 {
		m.list[i].Subscription = sub
		return false
	}
	m.list = append(m.list, member{s, sub})
	switch {
	case m.where != nil:
		m.where[s] = len(m.list) - 1
	case len(m.list) > longList:
		m.where = make(map[*session]int, 2*longList)
		for i := range m.list {
			m.where[m.list[i].session] = i
		}
	}
	return true
}

func (m *members) remove(s *session) bool {
	i := m.find(s)
	if i < 0 {
		return false
	}
	last := len(m.list) - 1
	m.list[i] = m.list[last]
	m.list[last] = member{}
	m.list = m.list[:last]
	if m.where != nil {
		delete(m.where, s)
		if i < last {
			m.where[m.list[i].session] = i
		}
	}
	return true
}

func (l *leaf) empty() bool { return len(l.list) == 0 && len(l.groups) == 0 }

func (n *node) empty() bool {
	return len(n.children) == 0 && n.plus == nil && n.here.empty() && n.below.empty()
}

// child is the node of a level of a filter below n, or nil.
func (n *node) child(level string) *node {
	if level == "+" {
		return n.plus
	}
	return n.children[level]
}

func (n *node) add(level string, child *node) {
	if level == "+" {
		n.plus = child
		return
	}
	if n.children == nil {
		n.children = map[string]*node{}
	}
	n.children[strings.Clone(level)] = child
}

func (n *node) remove(level string) {
	if level == "+" {
		n.plus = nil
		return
	}
	delete(n.children, level)
}

// subscribe adds or replaces a subscription and reports whether it is new.
func (x *index) subscribe(s *session, f filter, sub Subscription) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	n, rest, more, level := &x.root, f.topics, true, ""
	for more {
		level, rest, more = strings.Cut(rest, "/")
		if level == "#" && !more {
			return x.counted(n.below.put(s, f.group, sub), 1)
		}
		child := n.child(level)
		if child == nil {
			child = &node{}
			n.add(level, child)
		}
		n = child
	}
	return x.counted(n.here.put(s, f.group, sub), 1)
}

func (x *index) counted(changed bool, by int) bool {
	if changed {
		x.count += by
	}
	return changed
}

func (l *leaf) put(s *session, group string, sub Subscription) bool {
	if group == "" {
		return l.members.put(s, sub)
	}
	m := l.groups[group]
	if m == nil {
		m = &members{}
		if l.groups == nil {
			l.groups = map[string]*members{}
		}
		l.groups[group] = m
	}
	return m.put(s, sub)
}

func (l *leaf) remove(s *session, group string) bool {
	if group == "" {
		return l.members.remove(s)
	}
	m := l.groups[group]
	if m == nil || !m.remove(s) {
		return false
	}
	if len(m.list) == 0 {
		delete(l.groups, group)
	}
	return true
}

// unsubscribe removes a subscription and reports whether there was one.
func (x *index) unsubscribe(s *session, f filter) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.counted(x.root.unsubscribe(s, f.topics, f.group), -1)
}

func (n *node) unsubscribe(s *session, topics, group string) (existed bool) {
	level, rest, more := strings.Cut(topics, "/")
	if level == "#" && !more {
		return n.below.remove(s, group)
	}
	child := n.child(level)
	if child == nil {
		return false
	}
	if more {
		existed = child.unsubscribe(s, rest, group)
	} else {
		existed = child.here.remove(s, group)
	}
	if child.empty() {
		n.remove(level)
	}
	return existed
}

// has reports whether find would find anything.
func (x *index) has(topic string) bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.root.has(topic, topic[0] == '$')
}

func (n *node) has(rest string, dollar bool) bool {
	if !dollar && !n.below.empty() {
		return true
	}
	level, rest, more := strings.Cut(rest, "/")
	if child := n.children[level]; child != nil && child.ends(rest, more) {
		return true
	}
	return !dollar && n.plus != nil && n.plus.ends(rest, more)
}

func (n *node) ends(rest string, more bool) bool {
	if more {
		return n.has(rest, false)
	}
	return !n.here.empty()
}

// A match is what an index has found for a topic.
type match struct {
	direct []member
	shared []member // the members of each group, one group behind the other
	groups []sharedGroup
	leaves int
}

type sharedGroup struct {
	name string
	end  int // of its members in match.shared
}

func (m *match) reset() {
	clear(m.direct)
	clear(m.shared)
	clear(m.groups)
	m.direct, m.shared, m.groups, m.leaves = m.direct[:0], m.shared[:0], m.groups[:0], 0
}

// find adds to m what matches topic. A session that matches by several filters is there
// once, with the highest QoS.
func (x *index) find(topic string, m *match) {
	x.mu.RLock()
	x.root.find(topic, topic[0] == '$', m)
	x.mu.RUnlock()
	if m.leaves > 1 {
		m.merge()
	}
}

// find looks for the rest of a topic below n. A wildcard does not match a first level that
// begins with $.
func (n *node) find(rest string, dollar bool, m *match) {
	if !dollar {
		m.add(&n.below)
	}
	level, rest, more := strings.Cut(rest, "/")
	if child := n.children[level]; child != nil {
		child.descend(rest, more, m)
	}
	if dollar {
		return
	}
	if n.plus != nil {
		n.plus.descend(rest, more, m)
	}
}

func (n *node) descend(rest string, more bool, m *match) {
	if more {
		n.find(rest, false, m)
	} else {
		m.add(&n.here)
	}
}

func (m *match) add(l *leaf) {
	if len(l.list) > 0 {
		m.direct = append(m.direct, l.list...)
		m.leaves++
	}
	for name, group := range l.groups {
		m.shared = append(m.shared, group.list...)
		m.groups = append(m.groups, sharedGroup{name, len(m.shared)})
	}
}

// merge makes one of several subscriptions of a session.
func (m *match) merge() {
	first := make(map[*session]int, len(m.direct))
	kept := m.direct[:0]
	for _, d := range m.direct {
		i, again := first[d.session]
		if !again {
			first[d.session] = len(kept)
			kept = append(kept, d)
			continue
		}
		k := &kept[i]
		k.QoS = max(k.QoS, d.QoS)
		k.NoLocal = k.NoLocal && d.NoLocal
		k.RetainAsPublished = k.RetainAsPublished || d.RetainAsPublished
	}
	clear(m.direct[len(kept):])
	m.direct = kept
}
