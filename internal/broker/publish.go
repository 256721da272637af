package broker

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf8"
)

// message is one published message, shared by all sessions that it goes to.
type message struct {
	topic   string
	payload []byte
}

// checkTopic reports, as ErrInvalid, a topic that nobody may publish or
// subscribe to: empty, too long or too deep, not UTF-8, with a wildcard, a NUL,
// or of the broker's own ($).
func checkTopic(topic string) error {
	switch {
	case topic == "":
		return fmt.Errorf("%w: empty topic", ErrInvalid)
	case len(topic) > MaxTopic:
		return fmt.Errorf("%w: topic of %d bytes, more than %d", ErrInvalid, len(topic), MaxTopic)
	case strings.Count(topic, "/") > MaxSlashes:
		return fmt.Errorf("%w: topic %q has more than %d slashes", ErrInvalid, topic, MaxSlashes)
	case !utf8.ValidString(topic) || strings.ContainsAny(topic, "+#\x00") || topic[0] == '$':
		return fmt.Errorf("%w: topic %q", ErrInvalid, topic)
	}
	return nil
}

// publishSize returns the length of the PUBLISH packet of m.
func publishSize(m *message, qos, protocol byte) int {
	remaining := publishRemaining(m, qos, protocol)
	size := 1 + remaining
	for ; remaining > 0; remaining >>= 7 {
		size++
	}
	return size
}

// publishRemaining is MQTT's "remaining length": topic, packet id where the QoS
// has one, an empty set of properties in MQTT 5, payload.
func publishRemaining(m *message, qos, protocol byte) int {
	n := 2 + len(m.topic) + len(m.payload)
	if qos > 0 {
		n += 2
	}
	if protocol == 5 {
		n++
	}
	return n
}

// appendPublish appends the PUBLISH packet of m (MQTT 5, section 3.3; MQTT 3.1.1
// differs by the missing properties).
func appendPublish(dst []byte, m *message, qos, protocol byte, id uint16) []byte {
	dst = append(dst, 3<<4|qos<<1)
	dst = binary.AppendUvarint(dst, uint64(publishRemaining(m, qos, protocol))) // the same encoding as MQTT's
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(m.topic)))
	dst = append(dst, m.topic...)
	if qos > 0 {
		dst = binary.BigEndian.AppendUint16(dst, id)
	}
	if protocol == 5 {
		dst = append(dst, 0)
	}
	return append(dst, m.payload...)
}
