package mqtt

import (
	"sync"
	"time"
)

// retained holds the message that is retained on each topic.
type retained struct {
	mu       sync.RWMutex
	messages map[string]*message
}

func (r *retained) len() int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(r.messages)
}

// put retains m, or removes what is retained where m has no payload. It reports whether
// there was room. It comes before m is routed, so that a session never gets an older
// message as the retained one after m.
func (r *retained) put(b *Broker, m *message) (Position, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, replaces := r.messages[m.Topic]
	if len(m.Payload) == 0 {
		if !replaces {
			return 0, true
		}
		delete(r.messages, m.Topic)
		return b.store.PutRetained(m.Topic, nil, time.Time{}), true
	}
	if !replaces && len(r.messages) >= b.limits.RetainedMessages && !r.purge(b) {
		return 0, false
	}
	m.kept = time.Now()
	r.messages[m.Topic] = m
	return b.store.PutRetained(m.Topic, &m.Message, m.kept), true
}

// purge removes what has expired, and reports whether there was any.
func (r *retained) purge(b *Broker) bool {
	now, before := time.Now(), len(r.messages)
	for topic, m := range r.messages {
		if m.expired(now) {
			delete(r.messages, topic)
			b.store.PutRetained(topic, nil, time.Time{})
		}
	}
	return len(r.messages) < before
}

// deliver adds what is retained on a topic to a session's queue.
func (r *retained) deliver(b *Broker, s *session, topic string, qos byte) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m := r.messages[topic]
	if m == nil || m.expired(time.Now()) {
		return
	}
	own := m.copy()
	if to, _ := s.enqueue(own, min(m.QoS, qos), true, ""); to != nil {
		to.signal()
	}
	if own.id != 0 {
		b.store.ReleaseMessage(own.id)
	}
}
