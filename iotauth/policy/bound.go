package policy

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
	topics, filters := headCutter{prefix: c.prefix(TopicResource)}, headCutter{prefix: c.prefix(TopicFilterResource)}
	for i, action := range hotActions {
		heads := &topics
		if action == Subscribe {
			heads = &filters
		}
		for _, st := range s.statements {
			if st.hot&(1<<i) != 0 {
				b.tables[i].add(st, v, heads)
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
// topic/$share/{group}/{topic} in others; either allows, and either denies. It allocates
// for the longer form where that can change the verdict.
func (b *Bound) ReceiveShared(group, topic string) Verdict {
	plain := b.Receive(topic)
	if plain == ExplicitDeny || plain == Allowed && b.tables[hotReceive].deny.never() {
		return plain
	}
	shared := b.Receive("$share/" + group + "/" + topic)
	if shared == ExplicitDeny {
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
	case t.deny.match(&b.conn, name):
		return ExplicitDeny
	case t.allow.match(&b.conn, name):
		return Allowed
	}
	return ImplicitDeny
}
