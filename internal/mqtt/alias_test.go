package mqtt_test

import (
	"testing"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// named is a PUBLISH as it came: its topic may be left out.
type named struct {
	topic string
	alias uint16
}

func nextNamed(p *mqttest.Peer) named {
	pk := p.Receive(packets.Publish)
	if pk.FixedHeader.Qos > 0 {
		p.Acknowledge(pk.PacketID)
	}
	return named{pk.TopicName, pk.Properties.TopicAlias}
}

// TestOutboundAliases: topics get numbers as far as the client takes them, and are left out
// when it has heard them, on this connection.
func TestOutboundAliases(t *testing.T) {
	const size = 30
	for _, tt := range []struct {
		name     string
		protocol byte
		edit     func(*packet)
		topics   []string
		want     []named
	}{
		{"two are taken", v5, func(pk *packet) { pk.Properties.TopicAliasMaximum = 2 },
			[]string{"first", "first", "second", "third", "second", "first", "third"},
			[]named{{"first", 1}, {"", 1}, {"second", 2}, {"third", 0}, {"", 2}, {"", 1}, {"third", 0}}},
		{"none is taken", v5, func(*packet) {}, []string{"first", "first"}, []named{{"first", 0}, {"first", 0}}},
		{"MQTT 3.1.1 has none", mqttest.V311, func(*packet) {}, []string{"first", "first"}, []named{{"first", 0}, {"first", 0}}},
		{"a number would not be shorter", v5, func(pk *packet) { pk.Properties.TopicAliasMaximum = 9 }, []string{"abc", "abc", "abcd"}, []named{{"abc", 0}, {"abc", 0}, {"abcd", 1}}},
		{"with a number the packet would be too large", v5,
			func(pk *packet) { pk.Properties.TopicAliasMaximum, pk.Properties.MaximumPacketSize = 9, size },
			[]string{"0123456789012345678901", "first"}, // 22 and 1 of payload, 7 of the rest
			[]named{{"0123456789012345678901", 0}, {"first", 1}}},
		{"more than there are", v5, func(pk *packet) { pk.Properties.TopicAliasMaximum = 65535 },
			[]string{"t001", "t002", "t003", "t004", "t005", "t006", "t007", "t008", "t009", "t008"},
			[]named{{"t001", 1}, {"t002", 2}, {"t003", 3}, {"t004", 4}, {"t005", 5}, {"t006", 6}, {"t007", 7}, {"t008", 8}, {"t009", 0}, {"", 8}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t)
			for range 2 { // a connection knows nothing of the one before
				p := s.join(t, tt.protocol, "c", tt.edit)
				p.Subscribe(1, "+")
				for i, topic := range tt.topics {
					s.publish(t, topic, "x", 1)
					if got := nextNamed(p); got != tt.want[i] {
						t.Fatalf("message %d: %+v, want %+v", i, got, tt.want[i])
					}
				}
				p.Disconnect()
			}
		})
	}
}
