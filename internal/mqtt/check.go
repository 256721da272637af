package mqtt

import (
	"fmt"
	"strings"
)

// WithDefaults returns l with AWS IoT's values where it has none.
func (l Limits) WithDefaults() Limits { return l.withDefaults() }

// Subscribed reports whether there is a subscription that matches a topic now.
func (b *Broker) Subscribed(topic string) bool { return topic != "" && b.index.has(topic) }

// Check reports as ErrInvalid what a client cannot publish whatever a policy says: what
// PublishFrom would not take, and lifecycle events, which are the broker's.
func (b *Broker) Check(m *Message) error {
	if strings.HasPrefix(m.Topic, eventsPrefix) {
		return fmt.Errorf("%w: topic %q", ErrInvalid, m.Topic)
	}
	return b.limits.check(m)
}
