package broker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

func isInvalid(err error) bool { return errors.Is(err, broker.ErrInvalid) }

func TestSubscribe(t *testing.T) {
	d := open(t)
	for _, row := range []struct {
		reason, filter string
		qos            byte
		v5             byte // granted QoS or reason; in MQTT 3.1.1 every reason is 0x80
	}{
		{"QoS 0 is granted", "open/a", 0, 0},
		{"QoS 1 is granted", "open/b", 1, 1},
		{"QoS 2 is reduced to 1", "open/c", 2, 1},
		{"one's own account", "account/ann", 1, 1},
		{"another's account", "account/bob", 1, 0x87},
		{"nobody's topic", "secret", 1, 0x87},
		{"a wildcard for a level", "open/+", 1, 0xA2},
		{"a wildcard for all", "#", 1, 0xA2},
		{"a wildcard at the end", "open/#", 1, 0xA2},
		{"the broker's own", "$SYS/broker/clients", 1, 0x87},
		{"a shared subscription", "$share/g/open/a", 1, 0x9E},
		{"more than seven slashes", "open/1/2/3/4/5/6/7/8", 1, 0x8F},
		{"more than 256 bytes", "open/" + strings.Repeat("a", 252), 1, 0x8F},
	} {
		for _, protocol := range []byte{4, 5} {
			want := row.v5
			if protocol == 4 && want >= 0x80 {
				want = 0x80
			}
			p := join(t, d.tcp, protocol, "c", "ann")
			if got := p.subscribe(row.qos, row.filter); !bytes.Equal(got, []byte{want}) {
				t.Errorf("MQTT %d: %s: SUBACK %#x, want %#x", protocol, row.reason, got, want)
			}
		}
	}
}

// A filter that is refused does not take the others of its packet along, and
// what was granted beside it is in force.
func TestSubscribeDecidesEachFilter(t *testing.T) {
	d := open(t)
	p := join(t, d.tcp, 5, "c", "ann")
	got := p.subscribe(1, "open/a", "secret", "open/#", "open/b")
	if diff := cmp.Diff([]byte{1, 0x87, 0xA2, 1}, got); diff != "" {
		t.Fatalf("SUBACK (-want +got):\n%s", diff)
	}
	for _, topic := range []string{"secret", "open/c", "open/b", "open/a"} {
		publish(t, d.Broker, topic, topic)
	}
	for _, want := range []string{"open/b", "open/a"} {
		if pk := p.receive(packets.Publish); pk.TopicName != want || pk.FixedHeader.Qos != 1 {
			t.Errorf("got %s at QoS %d, want %s at 1", pk.TopicName, pk.FixedHeader.Qos, want)
		}
	}
}

func TestSubscriptionLimits(t *testing.T) {
	d := open(t)
	p := join(t, d.tcp, 5, "c", "ann")
	many := func(from, n int) (filters []string) {
		for i := range n {
			filters = append(filters, fmt.Sprintf("open/%d", from+i))
		}
		return filters
	}
	if got := p.subscribe(0, many(0, 10)...); !bytes.Equal(got, []byte{0, 0, 0, 0, 0, 0, 0, 0, 0x97, 0x97}) {
		t.Errorf("ten filters in a packet: %#x", got)
	}
	for from := 8; from < 48; from += 8 {
		p.subscribe(0, many(from, 8)...)
	}
	if got := p.subscribe(0, many(48, 4)...); !bytes.Equal(got, []byte{0, 0, 0x97, 0x97}) {
		t.Errorf("the 49th to 52nd subscription: %#x", got)
	}
	if got := p.subscribe(1, "open/0"); !bytes.Equal(got, []byte{1}) {
		t.Errorf("one again at another QoS: %#x", got)
	}
	p.unsubscribe("open/0")
	if got := p.subscribe(0, "open/51"); !bytes.Equal(got, []byte{0}) {
		t.Errorf("one in the place of another: %#x", got)
	}
	if got := d.Stats().Subscriptions; got != 50 {
		t.Errorf("%d subscriptions, want 50", got)
	}
}

func (p *peer) unsubscribe(filter string) {
	p.t.Helper()
	p.id++
	p.send(packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Unsubscribe, Qos: 1}, PacketID: p.id,
		Filters: packets.Subscriptions{{Filter: filter}},
	})
	p.receive(packets.Unsuback)
}

func TestUnsubscribe(t *testing.T) {
	d := open(t)
	p := join(t, d.tcp, 4, "c", "ann")
	p.subscribe(0, "open/a", "open/b")
	p.unsubscribe("open/a")
	publish(t, d.Broker, "open/a", "no")
	publish(t, d.Broker, "open/b", "yes")
	if pk := p.receive(packets.Publish); pk.TopicName != "open/b" {
		t.Errorf("got %s", pk.TopicName)
	}
}

func TestClientsPublishNothing(t *testing.T) {
	d := open(t)
	watcher := join(t, d.tcp, 5, "w", "ann")
	watcher.subscribe(1, "open/a", "open/end")
	for _, row := range []struct {
		reason   string
		protocol byte
		topic    string
		qos      byte
		puback   byte         // reason in a PUBACK, or
		end      packets.Code // reason of the end
	}{
		{reason: "QoS 1 has an answer in MQTT 5", protocol: 5, topic: "open/a", qos: 1, puback: 0x87},
		{reason: "QoS 0 has none", protocol: 5, topic: "open/a", qos: 0, end: packets.ErrNotAuthorized},
		{reason: "QoS 2 is not supported", protocol: 5, topic: "open/a", qos: 2, end: packets.ErrQosNotSupported},
		{reason: "a topic with a wildcard", protocol: 5, topic: "open/#", qos: 1, end: packets.ErrTopicNameInvalid},
		{reason: "MQTT 3.1.1 has no negative answer, QoS 0", protocol: 4, topic: "open/a", qos: 0, end: packets.ErrNotAuthorized},
		{reason: "MQTT 3.1.1 has no negative answer, QoS 1", protocol: 4, topic: "open/a", qos: 1, end: packets.ErrNotAuthorized},
		{reason: "MQTT 3.1.1, QoS 2", protocol: 4, topic: "open/a", qos: 2, end: packets.ErrQosNotSupported},
		{reason: "MQTT 3.1.1, the broker's own topic", protocol: 4, topic: "$SYS/a", qos: 1, end: packets.ErrNotAuthorized},
	} {
		t.Run(row.reason, func(t *testing.T) {
			p := join(t, d.tcp, row.protocol, "c", "ann")
			p.publish(row.topic, row.qos)
			if row.puback == 0 {
				p.dismissed(row.end)
				return
			}
			if pk := p.receive(packets.Puback); pk.ReasonCode != row.puback {
				t.Errorf("PUBACK %#x, want %#x", pk.ReasonCode, row.puback)
			}
			p.subscribe(0, "open/z") // and the connection lives
		})
	}
	publish(t, d.Broker, "open/end", "end")
	if pk := watcher.receive(packets.Publish); pk.TopicName != "open/end" {
		t.Errorf("a client's message came through on %s", pk.TopicName)
	}
}

func TestPublishRefuses(t *testing.T) {
	d := open(t)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for _, row := range []struct {
		reason string
		ctx    context.Context
		topic  string
		bytes  int
		want   error
	}{
		{"the largest payload is fine", context.Background(), "open/a", 128 << 10, nil},
		{"one byte more", context.Background(), "open/a", 128<<10 + 1, broker.ErrTooLarge},
		{"an empty topic", context.Background(), "", 1, broker.ErrInvalid},
		{"a wildcard", context.Background(), "open/+", 1, broker.ErrInvalid},
		{"the broker's own", context.Background(), "$SYS/a", 1, broker.ErrInvalid},
		{"no UTF-8", context.Background(), "open/\xff", 1, broker.ErrInvalid},
		{"a NUL", context.Background(), "open/\x00", 1, broker.ErrInvalid},
		{"too long", context.Background(), strings.Repeat("a", 257), 1, broker.ErrInvalid},
		{"too deep", context.Background(), "a/b/c/d/e/f/g/h/i", 1, broker.ErrInvalid},
		{"a caller who has given up", cancelled, "open/a", 1, context.Canceled},
	} {
		if err := d.Publish(row.ctx, row.topic, make([]byte, row.bytes)); !errors.Is(err, row.want) {
			t.Errorf("%s: %v, want %v", row.reason, err, row.want)
		}
	}
}
