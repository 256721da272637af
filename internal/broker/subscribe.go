package broker

import (
	"strings"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// OnSubscribe decides on the filters of a SUBSCRIBE, in order. What it grants is
// in force when it returns, before the SUBACK: no message after the SUBACK can
// be missed.
func (h *hooks) OnSubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	s := connOf(cl).session
	s.verdicts = make(map[string]byte, len(pk.Filters))
	for i, f := range pk.Filters {
		code := h.broker.judge(s, i, f)
		s.verdicts[f.Filter] = code
		if code < packets.ErrUnspecifiedError.Code {
			s.topics[f.Filter] = struct{}{}
			h.broker.subscribe(s, f.Filter, code)
		}
	}
	return pk
}

// judge returns the granted QoS of the i-th filter of a SUBSCRIBE, or the reason
// why it is refused (MQTT 5, section 3.9.3).
func (b *Broker) judge(s *session, i int, f packets.Subscription) byte {
	_, again := s.topics[f.Filter]
	switch {
	case strings.HasPrefix(f.Filter, "$share/"):
		return packets.ErrSharedSubscriptionsNotSupported.Code
	case strings.ContainsAny(f.Filter, "+#"):
		return packets.ErrWildcardSubscriptionsNotSupported.Code
	case f.Identifier != 0:
		return packets.ErrSubscriptionIdentifiersNotSupported.Code
	case strings.HasPrefix(f.Filter, "$"):
		return packets.ErrNotAuthorized.Code
	case checkTopic(f.Filter) != nil:
		return packets.ErrTopicFilterInvalid.Code
	case i >= b.options.MaxFilters, !again && len(s.topics) >= b.options.MaxSubscriptions:
		return packets.ErrQuotaExceeded.Code
	case s.CanSubscribe == nil || !s.CanSubscribe(f.Filter):
		return packets.ErrNotAuthorized.Code
	}
	return min(f.Qos, 1)
}

// OnSubscribed is called with the codes of the SUBACK that follows. MQTT 5 knows
// better reasons for a refusal than the one that mochi gives for all.
func (h *hooks) OnSubscribed(cl *mqtt.Client, pk packets.Packet, _ []byte) {
	s := connOf(cl).session
	s.suback = s.suback[:0]
	for _, f := range pk.Filters {
		s.suback = append(s.suback, s.verdicts[f.Filter])
	}
}

// explainRefusals replaces mochi's reason for each filter that was refused.
func (s *session) explainRefusals(suback *packets.Packet) {
	if s.protocol < 5 || len(s.suback) != len(suback.ReasonCodes) {
		return
	}
	for i, code := range s.suback {
		if code >= packets.ErrUnspecifiedError.Code {
			suback.ReasonCodes[i] = code
		}
	}
}

// OnUnsubscribe ends subscriptions.
func (h *hooks) OnUnsubscribe(cl *mqtt.Client, pk packets.Packet) packets.Packet {
	s := connOf(cl).session
	for _, f := range pk.Filters {
		delete(s.topics, f.Filter)
		h.broker.unsubscribe(s, f.Filter)
	}
	return pk
}
