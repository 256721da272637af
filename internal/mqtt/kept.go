package mqtt

import (
	"slices"
	"strings"
	"time"
)

// A Retained is a message that is retained.
type Retained struct {
	Message
	At time.Time // since when
}

// Retained returns what is retained on a topic.
func (b *Broker) Retained(topic string) (Retained, bool) {
	b.retained.mu.RLock()
	defer b.retained.mu.RUnlock()
	m := b.retained.messages[topic]
	if m == nil || m.expired(time.Now()) {
		return Retained{}, false
	}
	return Retained{m.Message, m.kept}, true
}

// RetainedAfter returns what is retained on the first topics after the one given, in the
// order of the topics; most bounds how many.
func (b *Broker) RetainedAfter(after string, most int) []Retained {
	b.retained.mu.RLock()
	defer b.retained.mu.RUnlock()
	now := time.Now()
	var page []*message
	for topic, m := range b.retained.messages {
		if topic <= after || m.expired(now) || len(page) == most && topic >= page[most-1].Topic {
			continue
		}
		i, _ := slices.BinarySearchFunc(page, topic, func(m *message, topic string) int { return strings.Compare(m.Topic, topic) })
		page = slices.Insert(page, i, m)
		page = page[:min(len(page), most)]
	}
	out := make([]Retained, len(page))
	for i, m := range page {
		out[i] = Retained{m.Message, m.kept}
	}
	return out
}
