package mqtt

import (
	"encoding/binary"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// message is one published message, shared by all sessions that it goes to. It does not
// change once it is routed, but for its id.
type message struct {
	Message
	props   []byte    // its MQTT 5 properties but for the expiry, encoded
	expires time.Time // zero is never
	kept    time.Time // since when it is retained, if it is

	id MessageID // in the store; 0 where no session that is kept has it. Only for the goroutine that routes it
}

// newMessage returns a message of now.
func newMessage(m Message) *message {
	msg := &message{Message: m, props: appendProperties(nil, &m)}
	if m.Expiry > 0 {
		msg.expires = time.Now().Add(m.Expiry)
	}
	return msg
}

// copy returns a message that is routed apart from m.
func (m *message) copy() *message {
	return &message{Message: m.Message, props: m.props, expires: m.expires}
}

// size is what a message takes in a queue, in bytes.
func (m *message) size() int { return len(m.Topic) + len(m.Payload) + len(m.props) }

func (m *message) expired(now time.Time) bool { return !m.expires.IsZero() && !now.Before(m.expires) }

// remaining is the Message Expiry Interval of a delivery: what is left, in seconds.
func (m *message) remaining(now time.Time) uint32 {
	return uint32(max(1, (m.expires.Sub(now)+time.Second-1)/time.Second))
}

// appendProperties appends the properties of a PUBLISH (MQTT 5, section 3.3.2.3) that do
// not depend on the delivery.
func appendProperties(dst []byte, m *Message) []byte {
	if m.PayloadFormatUTF8 {
		dst = append(dst, packets.PropPayloadFormat, 1)
	}
	if m.ContentType != "" {
		dst = appendString(append(dst, packets.PropContentType), m.ContentType)
	}
	if m.ResponseTopic != "" {
		dst = appendString(append(dst, packets.PropResponseTopic), m.ResponseTopic)
	}
	if len(m.CorrelationData) > 0 {
		dst = appendString(append(dst, packets.PropCorrelationData), m.CorrelationData)
	}
	for _, p := range m.UserProperties {
		dst = appendString(append(dst, packets.PropUser), p[0])
		dst = appendString(dst, p[1])
	}
	return dst
}

func appendString[T string | []byte](dst []byte, s T) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}

// expirySize is the length of a Message Expiry Interval with its identifier.
const expirySize = 5

func (m *message) propsLen(to address) int {
	n := len(m.props)
	if !m.expires.IsZero() {
		n += expirySize
	}
	if to.alias != 0 {
		n += aliasSize
	}
	return n
}

// publishRemaining is MQTT's "remaining length" of a PUBLISH of m: topic, packet id where
// the QoS has one, properties in MQTT 5, payload.
func publishRemaining(m *message, to address, qos, protocol byte) int {
	n := 2 + len(to.topic) + len(m.Payload)
	if qos > 0 {
		n += 2
	}
	if protocol == 5 {
		n += varintLen(m.propsLen(to)) + m.propsLen(to)
	}
	return n
}

// publishSize is the length of the whole packet.
func publishSize(m *message, to address, qos, protocol byte) int {
	remaining := publishRemaining(m, to, qos, protocol)
	return 1 + varintLen(remaining) + remaining
}

func varintLen(n int) int {
	size := 1
	for n >= 0x80 {
		n >>= 7
		size++
	}
	return size
}

// publishFlags are the low bits of a PUBLISH packet's first byte.
func publishFlags(qos byte, retain, dup bool) byte {
	flags := qos << 1
	if retain {
		flags |= 1
	}
	if dup {
		flags |= 8
	}
	return flags
}

// appendPublish appends a PUBLISH packet of m. The properties were encoded when the message
// was accepted; what is left differs in each delivery or is copied anyway.
func appendPublish(dst []byte, m *message, to address, flags, protocol byte, id uint16, now time.Time) []byte {
	qos := flags >> 1 & 3
	dst = append(dst, packets.Publish<<4|flags)
	dst = binary.AppendUvarint(dst, uint64(publishRemaining(m, to, qos, protocol))) // the same encoding as MQTT's
	dst = appendString(dst, to.topic)
	if qos > 0 {
		dst = binary.BigEndian.AppendUint16(dst, id)
	}
	if protocol == 5 {
		dst = binary.AppendUvarint(dst, uint64(m.propsLen(to)))
		if to.alias != 0 {
			dst = binary.BigEndian.AppendUint16(append(dst, packets.PropTopicAlias), to.alias)
		}
		if !m.expires.IsZero() {
			dst = binary.BigEndian.AppendUint32(append(dst, packets.PropMessageExpiryInterval), m.remaining(now))
		}
		dst = append(dst, m.props...)
	}
	return append(dst, m.Payload...)
}
