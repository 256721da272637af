package mqtt

import (
	"encoding/binary"
	"strings"

	"github.com/mochi-mqtt/server/v2/packets"
)

// failure is what a SUBACK of MQTT 3.1.1 says of a filter that is refused.
const failure = 0x80

// subscribe takes a SUBSCRIBE.
func (c *conn) subscribe() *ending {
	pk := &c.packet
	if end := c.checkSubscribe(pk); end != nil {
		return end
	}
	codes := make([]byte, len(pk.Filters))
	var granted []string
	var retained []func()
	for i := range pk.Filters {
		code, isNew := c.subscribeTo(i)
		if code.Code >= failure && c.protocol < 5 {
			code.Code = failure
		}
		codes[i] = code.Code
		if code.Code < failure {
			granted = append(granted, pk.Filters[i].Filter)
			if !c.broker.options.NoRetained && wantsRetained(&pk.Filters[i], isNew) {
				retained = append(retained, func() { c.broker.retained.deliver(c.broker, c.session, pk.Filters[i].Filter, code.Code) })
			}
		}
	}
	var kept Position
	if len(granted) > 0 {
		kept = c.session.saved()
	}
	c.reply(encodeSuback(packets.Suback, c.protocol, pk.PacketID, codes), kept)
	for _, deliver := range retained {
		c.awaitReplies(0) // the SUBACK comes first
		deliver()
	}
	if len(granted) > 0 {
		c.broker.announceSubscriptions(c, "subscribed", granted)
	}
	return nil
}

// checkSubscribe looks for what ends the connection.
func (c *conn) checkSubscribe(pk *packets.Packet) *ending {
	switch {
	case pk.PacketID == 0:
		return endWith(clientError(packets.ErrProtocolViolationNoPacketID))
	case len(pk.Filters) == 0:
		return endWith(clientError(packets.ErrProtocolViolationNoFilters))
	case c.broker.options.GrantLess:
	case len(pk.Properties.SubscriptionIdentifier) > 0:
		return endWith(clientError(packets.ErrSubscriptionIdentifiersNotSupported))
	case len(pk.Filters) > c.broker.limits.SubscriptionsPerRequest:
		return endWith(clientError(packets.ErrQuotaExceeded))
	}
	for _, f := range pk.Filters {
		switch {
		case f.Qos > 2:
			return endWith(clientError(packets.ErrProtocolViolation))
		case f.Qos > 1 && !c.broker.options.GrantLess:
			return endWith(clientError(packets.ErrQosNotSupported))
		case f.RetainHandling > 2:
			return endWith(clientError(packets.ErrProtocolViolation))
		case f.NoLocal && strings.HasPrefix(f.Filter, sharePrefix):
			return endWith(clientError(packets.ErrProtocolViolationInvalidSharedNoLocal))
		}
	}
	return nil
}

// subscribeTo subscribes to the i-th filter of a SUBSCRIBE and returns the code for it. What
// is granted is in force when it returns, before the SUBACK.
func (c *conn) subscribeTo(i int) (code packets.Code, isNew bool) {
	b, s, f := c.broker, c.session, &c.packet.Filters[i]
	if code := b.options.refuses(f.Filter); code != packets.CodeSuccess {
		return code, false
	}
	parsed, ok := b.limits.parseFilter(f.Filter)
	switch {
	case !ok:
		return packets.ErrTopicFilterInvalid, false
	case len(c.packet.Properties.SubscriptionIdentifier) > 0:
		return packets.ErrSubscriptionIdentifiersNotSupported, false
	case i >= b.limits.SubscriptionsPerRequest:
		return packets.ErrQuotaExceeded, false
	}
	if !c.client.MaySubscribe(f.Filter) {
		b.stats.subscribesDenied.Add(1)
		return packets.ErrNotAuthorized, false
	}
	sub := Subscription{QoS: min(f.Qos, 1), NoLocal: f.NoLocal, RetainAsPublished: f.RetainAsPublished}
	isNew, ok = s.subscribe(c, f.Filter, parsed, sub)
	if !ok {
		return packets.ErrQuotaExceeded, false
	}
	b.stats.subscribes.Add(1)
	return packets.Code{Code: sub.QoS}, isNew
}

// refuses says why a filter is not taken where there are only exact topics.
func (o *Options) refuses(filter string) packets.Code {
	switch {
	case !o.ExactTopics:
		return packets.CodeSuccess
	case strings.HasPrefix(filter, sharePrefix):
		return packets.ErrSharedSubscriptionsNotSupported
	case strings.ContainsAny(filter, "+#"):
		return packets.ErrWildcardSubscriptionsNotSupported
	case strings.HasPrefix(filter, "$"):
		return packets.ErrNotAuthorized
	}
	return packets.CodeSuccess
}

// wantsRetained reports whether a filter that was granted gets a retained message: one
// with wildcards, or of a group, does not.
func wantsRetained(f *packets.Subscription, isNew bool) bool {
	return f.RetainHandling != 2 && (f.RetainHandling != 1 || isNew) &&
		!strings.HasPrefix(f.Filter, sharePrefix) && !strings.ContainsAny(f.Filter, "+#")
}

// subscribe adds a subscription and reports whether there was none to this filter, and
// whether there was room. It is in the index under the session's lock, so that it cannot
// be left there when the session ends.
func (s *session) subscribe(c *conn, spelt string, f filter, sub Subscription) (isNew, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conn != c {
		return false, false
	}
	_, again := s.subs[spelt]
	if !again && len(s.subs) >= s.broker.limits.SubscriptionsPerConnection {
		return false, false
	}
	spelt = strings.Clone(spelt) // apart from its packet
	s.subs[spelt] = sub
	s.broker.index.subscribe(s, f, sub)
	return !again, true
}

// unsubscribe removes a subscription and reports whether there was one.
func (s *session) unsubscribe(c *conn, spelt string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.subs[spelt]; !ok || s.conn != c {
		return false
	}
	delete(s.subs, spelt)
	f, _ := s.broker.limits.parseFilter(spelt)
	return s.broker.index.unsubscribe(s, f)
}

// unsubscribe takes an UNSUBSCRIBE.
func (c *conn) unsubscribe() *ending {
	pk := &c.packet
	switch {
	case pk.PacketID == 0:
		return endWith(clientError(packets.ErrProtocolViolationNoPacketID))
	case len(pk.Filters) == 0:
		return endWith(clientError(packets.ErrProtocolViolationNoFilters))
	}
	codes := make([]byte, len(pk.Filters))
	topics := make([]string, len(pk.Filters))
	for i, f := range pk.Filters {
		topics[i] = f.Filter
		switch _, ok := c.broker.limits.parseFilter(f.Filter); {
		case !ok:
			codes[i] = packets.ErrTopicFilterInvalid.Code
		case !c.session.unsubscribe(c, f.Filter):
			codes[i] = packets.CodeNoSubscriptionExisted.Code
		}
	}
	if c.protocol < 5 {
		codes = nil
	}
	c.reply(encodeSuback(packets.Unsuback, c.protocol, pk.PacketID, codes), c.session.saved())
	c.broker.announceSubscriptions(c, "unsubscribed", topics)
	return nil
}

// encodeSuback encodes a SUBACK or UNSUBACK without properties.
func encodeSuback(kind, protocol byte, id uint16, codes []byte) []byte {
	remaining := 2 + len(codes)
	if protocol == 5 {
		remaining++
	}
	packet := binary.AppendUvarint([]byte{kind << 4}, uint64(remaining))
	packet = binary.BigEndian.AppendUint16(packet, id)
	if protocol == 5 {
		packet = append(packet, 0)
	}
	return append(packet, codes...)
}
