package broker_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

// A thousand messages queued within a second arrive in order, also where the
// client lets only a few be in flight. (mochi's own queue sorts them by second.)
func TestOrder(t *testing.T) {
	const n = 1000
	for _, row := range []struct {
		reason   string
		protocol byte
		window   uint16 // Receive Maximum
	}{
		{"MQTT 5, no limit", 5, 0},
		{"MQTT 5, one at a time", 5, 1},
		{"MQTT 5, seven at a time", 5, 7},
		{"MQTT 3.1.1", 4, 0},
	} {
		t.Run(row.reason, func(t *testing.T) {
			d := open(t)
			p := join(t, d.tcp, row.protocol, "c", "ann", func(pk *packets.Packet) { pk.Properties.ReceiveMaximum = row.window })
			p.subscribe(1, "open/a")
			for i := range n {
				publish(t, d.Broker, "open/a", strconv.Itoa(i))
			}
			inflight := map[uint16]bool{}
			limit := 100
			if row.window > 0 {
				limit = int(row.window)
			}
			var waiting []uint16
			for i := range n {
				pk := p.receive(packets.Publish)
				if got := string(pk.Payload); got != strconv.Itoa(i) {
					t.Fatalf("message %d is %s", i, got)
				}
				if inflight[pk.PacketID] || pk.PacketID == 0 {
					t.Fatalf("packet id %d is in use", pk.PacketID)
				}
				inflight[pk.PacketID] = true
				waiting = append(waiting, pk.PacketID)
				if len(waiting) > limit {
					t.Fatalf("%d messages in flight, more than %d", len(waiting), limit)
				}
				if len(waiting) == limit { // acknowledge as late as possible
					for _, id := range waiting {
						delete(inflight, id)
						p.acknowledge(id)
					}
					waiting = waiting[:0]
				}
			}
		})
	}
}

// A client that reads but does not acknowledge, and one that does not read, are
// disconnected when their queue is full; before that nothing is left out.
func TestSlowConsumer(t *testing.T) {
	for _, row := range []struct {
		reason  string
		qos     byte
		reading bool
		payload int
		edit    func(*broker.Options)
	}{
		{"no acknowledgements", 1, true, 10, func(o *broker.Options) { o.QueueMessages = 50; o.MaxInflight = 10 }},
		{"too many bytes", 1, true, 1000, func(o *broker.Options) { o.QueueBytes = 50_000; o.MaxInflight = 10 }},
		{"not reading, QoS 1", 1, false, 100_000, func(o *broker.Options) { o.QueueMessages = 50; o.MaxInflight = 1000 }},
		{"not reading, QoS 0", 0, false, 100_000, func(o *broker.Options) { o.QueueMessages = 50 }},
	} {
		for _, protocol := range []byte{4, 5} {
			t.Run(fmt.Sprintf("%s, MQTT %d", row.reason, protocol), func(t *testing.T) {
				d := open(t, row.edit)
				slow, quick := join(t, d.tcp, protocol, "slow", "ann"), join(t, d.tcp, protocol, "quick", "ann")
				slow.subscribe(row.qos, "open/a")
				quick.subscribe(0, "open/a")
				payload := strings.Repeat("x", row.payload)
				sent := 0
				for ; d.Stats().Slow == 0; sent++ {
					if sent > 10_000 {
						t.Fatal("the slow client was never disconnected")
					}
					began := time.Now()
					publish(t, d.Broker, "open/a", fmt.Sprintf("%d %s", sent, payload))
					if took := time.Since(began); took > patience/2 { // to wait for the client would take WriteTimeout, 10 s
						t.Fatalf("Publish waited %v for a slow client", took)
					}
					quick.receive(packets.Publish) // one by one: it is not to fall behind
				}
				for i := 0; ; i++ {
					pk, err := slow.read()
					if err != nil {
						break
					}
					if pk.FixedHeader.Type == packets.Disconnect {
						if pk.ReasonCode != packets.ErrQuotaExceeded.Code {
							t.Errorf("DISCONNECT %#x", pk.ReasonCode)
						}
						break
					}
					if got, _, _ := strings.Cut(string(pk.Payload), " "); got != strconv.Itoa(i) {
						t.Fatalf("message %d is %s: something was left out before the end", i, got)
					}
				}
				_ = slow.conn.Close()
				eventually(t, "the slow client is gone", func() bool { return d.Stats().Connections == 1 })
				publish(t, d.Broker, "open/a", "after")
				if got := string(quick.receive(packets.Publish).Payload); got != "after" {
					t.Errorf("the quick client got %q", got)
				}
			})
		}
	}
}

// A message above the client's own Maximum Packet Size is skipped, as MQTT 5 says.
func TestClientsMaximumPacketSize(t *testing.T) {
	d := open(t)
	p := join(t, d.tcp, 5, "c", "ann", func(pk *packets.Packet) { pk.Properties.MaximumPacketSize = 64 })
	p.subscribe(1, "open/a")
	publish(t, d.Broker, "open/a", strings.Repeat("x", 64))
	publish(t, d.Broker, "open/a", "short")
	if got := string(p.receive(packets.Publish).Payload); got != "short" {
		t.Errorf("got %q", got)
	}
}

func TestPayloadSizes(t *testing.T) {
	d := open(t)
	for _, protocol := range []byte{4, 5} {
		p := join(t, d.tcp, protocol, "c", "ann")
		p.subscribe(1, "open/a")
		for _, n := range []int{0, 1, 110, 111, 112, 113, 114, 115, 116, 117, 118, 119, 120, 16_370, 16_371, 16_372, 16_373, 16_374, 16_375, 16_376, 65_535, 128 << 10} {
			publish(t, d.Broker, "open/a", strings.Repeat("y", n))
			if pk := p.receive(packets.Publish); len(pk.Payload) != n || pk.TopicName != "open/a" {
				t.Fatalf("MQTT %d: %d bytes on %s, want %d", protocol, len(pk.Payload), pk.TopicName, n)
			} else {
				p.acknowledge(pk.PacketID)
			}
		}
	}
}

// The caller may reuse its payload at once.
func TestPayloadIsCopied(t *testing.T) {
	d := open(t)
	p := join(t, d.tcp, 5, "c", "ann")
	p.subscribe(0, "open/a")
	payload := make([]byte, 8)
	for i := range uint64(100) {
		binary.BigEndian.PutUint64(payload, i)
		if err := d.Publish(context.Background(), "open/a", payload); err != nil {
			t.Fatal(err)
		}
	}
	for i := range uint64(100) {
		if got := binary.BigEndian.Uint64(p.receive(packets.Publish).Payload); got != i {
			t.Fatalf("message %d is %d", i, got)
		}
	}
}

// Five hundred subscribers each get every message of every publisher, those of
// one publisher in order.
func TestFanOut(t *testing.T) {
	const subscribers, publishers, each = 500, 4, 25
	d := open(t)
	peers := make([]*peer, subscribers)
	for i := range peers {
		peers[i] = join(t, d.tcp, byte(4+i%2), fmt.Sprint(i), fmt.Sprintf("user%d", i))
		peers[i].subscribe(byte(i/2%2), "open/a")
	}
	began := time.Now()
	var all sync.WaitGroup
	for from := range publishers {
		all.Go(func() {
			for i := range each {
				if err := d.Publish(context.Background(), "open/a", fmt.Appendf(nil, "%d %d", from, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, p := range peers {
		all.Go(func() {
			next := make([]int, publishers)
			for range publishers * each {
				pk, err := p.read()
				var from, i int
				if _, scan := fmt.Sscanf(string(pk.Payload), "%d %d", &from, &i); err != nil || scan != nil || i != next[from] {
					t.Errorf("got %q, error %v, next are %v", pk.Payload, err, next)
					return
				}
				next[from]++
				if pk.PacketID > 0 {
					p.acknowledge(pk.PacketID)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d deliveries in %v", subscribers*publishers*each, time.Since(began).Round(time.Millisecond))
	if stats := d.Stats(); stats.Sent != subscribers*publishers*each {
		t.Errorf("%+v", stats)
	}
}

// Subscribing and unsubscribing while others publish: no race, and what a
// SUBACK has granted is not missed.
func TestSubscribeWhilePublishing(t *testing.T) {
	d := open(t)
	stop := make(chan struct{})
	var publishing sync.WaitGroup
	publishing.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				publish(t, d.Broker, "open/noise", strconv.Itoa(i))
				runtime.Gosched()
			}
		}
	})
	p := join(t, d.tcp, 5, "c", "ann")
	for i := range 50 {
		topic := fmt.Sprintf("open/%d", i)
		if got := p.subscribe(0, topic); got[0] != 0 {
			t.Fatal(got)
		}
		publish(t, d.Broker, topic, "now")
		p.receive(packets.Publish)
		p.unsubscribe(topic)
	}
	close(stop)
	publishing.Wait()
}

// What a PUBACK of an id that is not in flight does: nothing.
func TestStrayAcknowledgements(t *testing.T) {
	d := open(t, func(o *broker.Options) { o.MaxInflight = 1 })
	p := join(t, d.tcp, 5, "c", "ann")
	p.subscribe(1, "open/a")
	for _, id := range []uint16{0xFFFF, 1, 2} {
		p.acknowledge(id)
	}
	var got []string
	for i := range 3 {
		publish(t, d.Broker, "open/a", strconv.Itoa(i))
	}
	for range 3 {
		pk := p.receive(packets.Publish)
		got = append(got, string(pk.Payload))
		p.acknowledge(pk.PacketID + 7)
		p.acknowledge(pk.PacketID)
	}
	if !slices.Equal(got, []string{"0", "1", "2"}) {
		t.Errorf("got %v", got)
	}
}

func BenchmarkPublish(b *testing.B) {
	for _, subscribers := range []int{0, 1, 50} {
		b.Run(fmt.Sprintf("subscribers=%d", subscribers), func(b *testing.B) {
			d := open(b, func(o *broker.Options) { o.QueueMessages = 1 << 20; o.QueueBytes = 1 << 30 })
			for i := range subscribers {
				p := join(b, d.tcp, 5, fmt.Sprint(i), "ann")
				p.subscribe(0, "open/a")
				_ = p.conn.SetReadDeadline(time.Time{})
				go func() { _, _ = io.Copy(io.Discard, p.conn.(*net.TCPConn)) }()
			}
			payload := make([]byte, 200)
			began := time.Now()
			for b.Loop() {
				if err := d.Publish(context.Background(), "open/a", payload); err != nil {
					b.Fatal(err)
				}
			}
			want := d.Stats().Published * uint64(subscribers)
			eventually(b, "all is sent", func() bool { return d.Stats().Sent >= want })
			b.ReportMetric(float64(want)/time.Since(began).Seconds(), "deliveries/s")
		})
	}
}
