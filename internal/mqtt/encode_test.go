package mqtt

import (
	"bufio"
	"bytes"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// FuzzPublishEncoding holds our encoder to mochi's decoder.
func FuzzPublishEncoding(f *testing.F) {
	f.Add("a/b", []byte("payload"), byte(1), uint64(7), "text/plain", "answer/to", []byte{1}, "k", "v", uint32(60), true)
	f.Add("a", []byte{}, byte(0), uint64(0), "", "", []byte(nil), "", "", uint32(0), false)
	f.Add("a", make([]byte, 20_000), byte(1), uint64(packetIDs), "", "", []byte(nil), "key", "", uint32(1), false)
	limits := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, topic string, payload []byte, qos byte, number uint64, contentType, responseTopic string, correlation []byte, key, value string, expiry uint32, utf8 bool) {
		m := Message{
			Topic: topic, Payload: payload, QoS: qos & 1, PayloadFormatUTF8: utf8, ContentType: contentType,
			ResponseTopic: responseTopic, CorrelationData: correlation, Expiry: time.Duration(expiry) * time.Second,
		}
		if key != "" {
			m.UserProperties = [][2]string{{key, value}, {value, key}}
		}
		if limits.check(&m) != nil {
			return
		}
		msg := newMessage(m)
		now := time.Now()
		d := delivery{number: number, qos: m.QoS}
		for _, protocol := range []byte{4, 5} {
			to := address{topic: topic}
			if protocol == 5 && utf8 { // a coin
				to.alias = 5
			}
			encoded := appendPublish(nil, msg, to, publishFlags(d.qos, true, d.qos > 0), protocol, d.packetID(), now)
			if size := publishSize(msg, to, d.qos, protocol); len(encoded) != size {
				t.Fatalf("%d bytes, announced as %d", len(encoded), size)
			}
			pk, err := mqttest.Read(bufio.NewReader(bytes.NewReader(encoded)), protocol)
			if err != nil {
				t.Fatal(err)
			}
			c := conn{protocol: protocol, broker: &Broker{limits: limits}}
			c.broker.limits.MessageExpiryMax = 1 << 62
			got, want := c.messageOf(&pk), m
			want.Retain = true
			if protocol == 4 {
				want = Message{Topic: m.Topic, Payload: m.Payload, QoS: m.QoS, Retain: true}
			}
			if pk.Properties.TopicAlias != to.alias || pk.Properties.TopicAliasFlag != (to.alias != 0) {
				t.Fatalf("alias %d, want %d", pk.Properties.TopicAlias, to.alias)
			}
			if !equal(got, want) || pk.FixedHeader.Dup != (d.qos > 0) || d.qos > 0 && pk.PacketID != d.packetID() {
				t.Fatalf("decoded as %+v\nwant %+v", got, want)
			}
		}
	})
}

func equal(a, b Message) bool {
	if len(a.UserProperties) != len(b.UserProperties) {
		return false
	}
	for i := range a.UserProperties {
		if a.UserProperties[i] != b.UserProperties[i] {
			return false
		}
	}
	return a.Topic == b.Topic && bytes.Equal(a.Payload, b.Payload) && a.QoS == b.QoS && a.Retain == b.Retain &&
		a.PayloadFormatUTF8 == b.PayloadFormatUTF8 && a.ContentType == b.ContentType && a.ResponseTopic == b.ResponseTopic &&
		bytes.Equal(a.CorrelationData, b.CorrelationData) && a.Expiry == b.Expiry
}

func TestPacketIDs(t *testing.T) {
	for number, want := range map[uint64]uint16{1: 2, packetIDs - 1: packetIDs, packetIDs: 1, 2*packetIDs + 4: 5} {
		if got := (&delivery{number: number}).packetID(); got != want {
			t.Errorf("message %d has id %d, want %d", number, got, want)
		}
	}
}
