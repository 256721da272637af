package mqtt

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// PublishFrom publishes m for somebody without a connection, who is allowed to. With QoS 1
// it returns when every persistent session that must get it has it on disk. An error
// otherwise than of ctx is ErrInvalid, ErrThrottled, ErrClosed or the store's.
func (b *Broker) PublishFrom(ctx context.Context, from Source, m Message) error {
	if err := b.limits.check(&m); err != nil {
		return err
	}
	if m.Retain && b.options.NoRetained {
		return fmt.Errorf("%w: no messages are retained", ErrInvalid)
	}
	if b.closing.Load() {
		return ErrClosed
	}
	m.Expiry = min(m.Expiry, b.limits.MessageExpiryMax)
	p, code := b.accept(ctx, from, nil, newMessage(m))
	if code != packets.CodeSuccess {
		return fmt.Errorf("%w: too many retained messages", ErrThrottled)
	}
	if m.QoS == 0 {
		return nil
	}
	return b.store.Wait(ctx, p)
}

// check reports as ErrInvalid what cannot be published. The broker's own users may also
// publish lifecycle events.
func (l *Limits) check(m *Message) error {
	topic := m.Topic
	if rest, ok := strings.CutPrefix(topic, eventsPrefix); ok {
		topic = rest
	}
	switch {
	case !validText(m.Topic) || !l.validTopic(topic, m.Retain):
		return fmt.Errorf("%w: topic %q", ErrInvalid, m.Topic)
	case len(m.Payload) > l.Payload:
		return fmt.Errorf("%w: payload of %d bytes, more than %d", ErrInvalid, len(m.Payload), l.Payload)
	case m.QoS > 1:
		return fmt.Errorf("%w: QoS %d", ErrInvalid, m.QoS)
	case m.Expiry < 0:
		return fmt.Errorf("%w: expiry %v", ErrInvalid, m.Expiry)
	case !validText(m.ContentType), !validText(m.ResponseTopic), strings.ContainsAny(m.ResponseTopic, "+#"), len(m.CorrelationData) > 0xFFFF:
		return fmt.Errorf("%w: content type, response topic or correlation data", ErrInvalid)
	}
	for _, p := range m.UserProperties {
		if !validText(p[0]) || !validText(p[1]) {
			return fmt.Errorf("%w: user property %q", ErrInvalid, p[0])
		}
	}
	if size := len(appendProperties(nil, m)) + len(m.Topic); size > headerRoom {
		return fmt.Errorf("%w: %d bytes of topic and properties, more than %d", ErrInvalid, size, headerRoom)
	}
	return nil
}

// accept shows a message to the tap and brings it to where it belongs.
func (b *Broker) accept(ctx context.Context, from Source, session *session, m *message) (Position, packets.Code) {
	if _, basicIngest := cutRule(m.Topic); basicIngest {
		b.tap(ctx, from, m)
		return 0, packets.CodeSuccess
	}
	var kept Position
	if m.Retain {
		var ok bool
		if kept, ok = b.retained.put(b, m); !ok {
			return 0, packets.ErrQuotaExceeded
		}
	}
	b.tap(ctx, from, m)
	return max(kept, b.route(m, session)), packets.CodeSuccess
}

func (b *Broker) tap(ctx context.Context, from Source, m *message) {
	if b.options.Tap != nil {
		b.options.Tap(ctx, from, &m.Message)
	}
}

var matches = sync.Pool{New: func() any { return new(match) }}

// pushMost is for how many sessions of a message the program that publishes it writes to their
// clients itself. More are better served by goroutines of theirs, on all processors. What a
// client publishes is left to those, too: more of it may have come, and goes out with it.
const pushMost = 4

// route brings a message to the sessions that have subscribed to its topic.
func (b *Broker) route(m *message, from *session) (p Position) {
	found := matches.Get().(*match)
	b.index.find(m.Topic, found)
	few, woken := from == nil && len(found.direct)+len(found.groups) <= pushMost, false
	give := func(to *member, group string) {
		c, stored := to.session.enqueue(m, min(m.QoS, to.QoS), m.Retain && to.RetainAsPublished, group)
		p = max(p, stored)
		switch {
		case c == nil:
		case few && c.pushed():
		default:
			c.signal()
			woken = true
		}
	}
	for i := range found.direct {
		if to := &found.direct[i]; !to.NoLocal || to.session != from {
			give(to, "")
		}
	}
	begin := 0
	for _, group := range found.groups {
		if to := choose(found.shared[begin:group.end], m.Topic, group.name); to != nil {
			give(to, group.name)
		}
		begin = group.end
	}
	if m.id != 0 {
		b.store.ReleaseMessage(m.id)
	}
	found.reset()
	matches.Put(found)
	if woken && from == nil {
		// The connections' goroutines are ready to run now. Who publishes to many topics one after
		// the other would have thousands of them stand before everybody else in the scheduler's
		// queue, requests that wait for an answer included.
		runtime.Gosched()
	}
	return p
}

// choose picks the member of a shared subscription's group that gets a message: a random
// one of those that are there and may receive it, or else of those that will come back.
func choose(group []member, topic, name string) *member {
	begin := rand.IntN(len(group))
	var absent *member
	for i := range group {
		m := &group[(begin+i)%len(group)]
		c := m.session.connection()
		switch {
		case c == nil:
			absent = m
		case c.client.MayReceive(topic, name):
			return m
		}
	}
	return absent
}

// publish takes a PUBLISH.
func (c *conn) publish() *ending {
	pk, b := &c.packet, c.broker
	qos := pk.FixedHeader.Qos
	if end := c.checkPublish(pk); end != nil {
		return end
	}
	if c.publishRate.Take(time.Now()) > 0 {
		b.stats.publishInThrottled.Add(1)
		return nil // not acknowledged: it is discarded, as AWS IoT does
	}
	if qos == 1 {
		if end := c.admitInflight(); end != nil {
			return end
		}
	}
	if len(pk.Payload) > b.limits.Payload {
		return endWith(clientError(packets.ErrPacketTooLarge))
	}
	if !b.limits.validTopic(pk.TopicName, pk.FixedHeader.Retain) {
		return c.refusePublish(clientError(packets.ErrTopicNameInvalid))
	}
	if !c.client.MayPublish(pk.TopicName, pk.FixedHeader.Retain) {
		b.stats.publishInDenied.Add(1)
		return c.refusePublish(endForbidden)
	}
	b.stats.publishIn.Add(1)
	p, code := b.accept(c.ctx, c.source, c.session, newMessage(c.messageOf(pk)))
	switch {
	case qos == 0:
	case code == packets.CodeSuccess:
		c.puback(pk.PacketID, 0, p)
	case c.protocol == 5:
		c.puback(pk.PacketID, code.Code, 0)
	}
	return nil
}

// checkPublish looks for what breaks the protocol, and resolves a topic alias.
func (c *conn) checkPublish(pk *packets.Packet) *ending {
	props := &pk.Properties
	switch {
	case pk.FixedHeader.Qos == 2:
		return endWith(clientError(packets.ErrQosNotSupported))
	case pk.FixedHeader.Retain && c.broker.options.NoRetained:
		return endWith(clientError(packets.ErrRetainNotSupported))
	case pk.FixedHeader.Qos > 0 && pk.PacketID == 0:
		return endWith(clientError(packets.ErrProtocolViolationNoPacketID))
	case len(props.SubscriptionIdentifier) > 0:
		return endWith(clientError(packets.ErrProtocolViolationSurplusSubID))
	case strings.ContainsAny(pk.TopicName, "+#"):
		return endWith(clientError(packets.ErrTopicNameInvalid))
	case strings.ContainsAny(props.ResponseTopic, "+#"), props.PayloadFormat > 1:
		return endWith(clientError(packets.ErrProtocolViolation))
	case props.TopicAliasFlag && (props.TopicAlias == 0 || int(props.TopicAlias) > c.broker.limits.TopicAliasMax):
		return endWith(clientError(packets.ErrTopicAliasInvalid))
	}
	if props.TopicAliasFlag {
		if c.aliases == nil {
			c.aliases = make([]string, c.broker.limits.TopicAliasMax)
		}
		alias := &c.aliases[props.TopicAlias-1]
		if pk.TopicName != "" {
			*alias = strings.Clone(pk.TopicName)
		}
		pk.TopicName = *alias
	}
	if pk.TopicName == "" {
		return endWith(clientError(packets.ErrProtocolViolationNoTopic))
	}
	return nil
}

// admitInflight waits until there is room for one more publication that is not yet
// acknowledged. A client of MQTT 5 was told how much there is.
func (c *conn) admitInflight() *ending {
	room := c.broker.limits.InflightInbound - 1
	if c.protocol == 5 && int(c.waiting.Load()) > room {
		return endWith(clientError(packets.ErrReceiveMaximum))
	}
	if !c.awaitReplies(room) {
		return endWith(endShutdown) // the reason to end is there already
	}
	return nil
}

// awaitReplies waits until no more than so many replies wait for the store. It reports
// false when the connection ends.
func (c *conn) awaitReplies(waiting int) bool {
	for int(c.waiting.Load()) > waiting {
		select {
		case <-c.answered:
		case <-c.over:
			return false
		}
	}
	return true
}

// refusePublish tells a client of MQTT 5 with a PUBACK, where there is one; otherwise the
// connection ends.
func (c *conn) refusePublish(end ending) *ending {
	if c.protocol == 5 && c.packet.FixedHeader.Qos == 1 {
		c.puback(c.packet.PacketID, end.code.Code, 0)
		return nil
	}
	return &end
}

func (c *conn) messageOf(pk *packets.Packet) Message {
	m := Message{Topic: pk.TopicName, Payload: pk.Payload, QoS: pk.FixedHeader.Qos, Retain: pk.FixedHeader.Retain}
	if c.protocol == 5 {
		c.broker.limits.setProperties(&m, &pk.Properties)
	}
	return m
}

// setProperties copies those of a PUBLISH or a will.
func (l *Limits) setProperties(m *Message, props *packets.Properties) {
	m.PayloadFormatUTF8 = props.PayloadFormat == 1
	m.ContentType = props.ContentType
	m.ResponseTopic = props.ResponseTopic
	m.CorrelationData = props.CorrelationData
	m.Expiry = min(time.Duration(props.MessageExpiryInterval)*time.Second, l.MessageExpiryMax)
	for _, p := range props.User {
		m.UserProperties = append(m.UserProperties, [2]string{p.Key, p.Val})
	}
}

// puback sends a PUBACK once the store has reached p.
func (c *conn) puback(id uint16, code byte, p Position) {
	packet := [5]byte{packets.Puback << 4, 2, byte(id >> 8), byte(id), code}
	if code == 0 {
		c.reply(packet[:4], p)
		return
	}
	packet[1] = 3
	c.reply(packet[:], p)
}
