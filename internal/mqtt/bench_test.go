package mqtt_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// BenchmarkDelivery is about 1,000 connections over loopback TCP, half or few of which
// publish 200 bytes to topics of their own with 32 messages under way: through this broker
// with AWS IoT policies deciding on each publication and delivery, through this broker
// where everything is allowed, and through bare mochi, which does not ask.
func BenchmarkDelivery(b *testing.B) {
	brokers := []struct {
		name  string
		start func(testing.TB) string
	}{
		{"policies", func(t testing.TB) string { return serveAs(t, admitByPolicy(t)).address }},
		{"ours", func(t testing.TB) string { return serve(t).address }},
		{"mochi", startMochi},
	}
	for _, qos := range []byte{0, 1} {
		for _, shape := range []struct{ publishers, fan int }{{500, 1}, {20, 50}} {
			for _, broker := range brokers {
				b.Run(fmt.Sprintf("qos=%d/fan=%d/%s", qos, shape.fan, broker.name), func(b *testing.B) {
					l := newLoad(b, broker.start(b), qos, shape.publishers, shape.fan)
					b.ResetTimer()
					l.run(b.N)
					b.StopTimer()
					b.ReportMetric(float64(b.N*shape.fan)/b.Elapsed().Seconds(), "deliveries/s")
					b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "publishes/s")
				})
			}
		}
	}
}

// BenchmarkEnqueue is what a publication costs inside, up to the queues of its sessions.
func BenchmarkEnqueue(b *testing.B) {
	for _, fan := range []int{1, 50} {
		b.Run(fmt.Sprintf("fan=%d", fan), func(b *testing.B) {
			route := mqtt.Router(b, fan)
			b.ReportAllocs()
			for b.Loop() {
				route()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*fan), "ns/delivery")
		})
	}
}

// governed may do what a policy says.
type governed struct{ *policy.Bound }

func (governed) Account() string                        { return "" }
func (governed) Principal() string                      { return "p" }
func (g governed) MayPublish(topic string, _ bool) bool { return g.Publish(topic).Allowed() }
func (g governed) MaySubscribe(filter string) bool      { return g.Subscribe(filter).Allowed() }
func (g governed) MayReceive(topic, _ string) bool      { return g.Receive(topic).Allowed() }
func (governed) Closed()                                {}

// admitByPolicy binds a document of the usual size to each client.
func admitByPolicy(t testing.TB) mqtt.Admit {
	t.Helper()
	doc, err := policy.Parse([]byte(`{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Action": "iot:Connect", "Resource": "arn:aws:iot:*:*:client/${iot:ClientId}"},
		{"Effect": "Allow", "Action": ["iot:Publish", "iot:Receive"], "Resource": ["arn:aws:iot:*:*:topic/own/${iot:ClientId}/*", "arn:aws:iot:*:*:topic/load/*"]},
		{"Effect": "Allow", "Action": "iot:Subscribe", "Resource": "arn:aws:iot:*:*:topicfilter/load/*"},
		{"Effect": "Deny", "Action": ["iot:Publish", "iot:Receive"], "Resource": "arn:aws:iot:*:*:topic/load/*/secret"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	set, err := policy.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	return func(_ context.Context, c *mqtt.Connect) (mqtt.Client, error) {
		return governed{set.Bind(policy.Connection{ClientID: c.ClientID})}, nil
	}
}

// allowAll lets mochi's clients do everything.
type allowAll struct{ mochi.HookBase }

func (allowAll) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (allowAll) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (allowAll) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

func startMochi(t testing.TB) string {
	t.Helper()
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := server.AddHook(new(allowAll), nil); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.AddListener(listeners.NewNet("tcp", listener)); err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	return listener.Addr().String()
}

// load is the clients of a benchmark: each publisher has its topic and its subscribers.
type load struct {
	qos     byte
	fan     int
	conns   []net.Conn // publishers
	credit  []chan struct{}
	got     []atomic.Int64 // deliveries of each publisher's messages
	readers sync.WaitGroup
}

// underWay is how many messages of a publisher may be between it and its subscribers.
const underWay = 32

func newLoad(t testing.TB, address string, qos byte, publishers, fan int) *load {
	t.Helper()
	l := &load{qos: qos, fan: fan, credit: make([]chan struct{}, publishers), got: make([]atomic.Int64, publishers)}
	for i := range publishers {
		topic := fmt.Sprintf("load/%d/t", i)
		for j := range fan {
			sub := mqttest.Dial(t, address, v4)
			sub.Connect(fmt.Sprintf("sub-%d-%d", i, j))
			sub.Subscribe(qos, topic)
			l.readers.Go(func() { l.read(sub.Conn, i) })
			t.Cleanup(func() { _ = sub.Close() })
		}
		pub := mqttest.Dial(t, address, v4)
		pub.Connect(fmt.Sprintf("pub-%d", i))
		l.conns = append(l.conns, pub.Conn)
		l.readers.Go(func() { _, _ = io.Copy(io.Discard, pub.Conn) })
		l.credit[i] = make(chan struct{}, underWay)
		for range underWay {
			l.credit[i] <- struct{}{}
		}
	}
	t.Cleanup(func() {
		for _, c := range l.conns {
			_ = c.Close()
		}
	})
	return l
}

// read takes deliveries of publisher i and acknowledges them, many at once.
func (l *load) read(conn net.Conn, i int) {
	r := bufio.NewReaderSize(conn, 16<<10)
	var acks []byte
	for {
		head, err := r.Peek(2)
		if err != nil {
			return
		}
		length, n := binary.Uvarint(append(head[1:2:2], 1))
		skip := 2
		if n == 2 { // 200 bytes of payload need two
			head, _ = r.Peek(3)
			length, _ = binary.Uvarint(head[1:3])
			skip = 3
		}
		packet, err := r.Peek(skip + int(length))
		if err != nil {
			return
		}
		if packet[0]&6 != 0 {
			id := skip + 2 + int(binary.BigEndian.Uint16(packet[skip:]))
			acks = append(acks, 0x40, 2, packet[id], packet[id+1])
		}
		_, _ = r.Discard(len(packet))
		if l.got[i].Add(1)%int64(l.fan) == 0 {
			l.credit[i] <- struct{}{}
		}
		if len(acks) > 0 && r.Buffered() == 0 {
			if _, err := conn.Write(acks); err != nil {
				return
			}
			acks = acks[:0]
		}
	}
}

// run publishes n messages and waits until all have arrived everywhere.
func (l *load) run(n int) {
	var left atomic.Int64
	left.Store(int64(n))
	var writers sync.WaitGroup
	for i, conn := range l.conns {
		writers.Go(func() {
			topic := fmt.Sprintf("load/%d/t", i)
			pk, _ := mqttest.Encode(mqttest.PublishPacket(topic, string(make([]byte, 200)), l.qos, 1))
			id := 3 + 2 + len(topic)
			for next := uint16(1); left.Add(-1) >= 0; next = max(1, next+1) {
				<-l.credit[i]
				if l.qos > 0 {
					binary.BigEndian.PutUint16(pk[id:], next)
				}
				if _, err := conn.Write(pk); err != nil {
					panic(err)
				}
			}
			for range underWay {
				<-l.credit[i]
			}
			for range underWay {
				l.credit[i] <- struct{}{}
			}
		})
	}
	writers.Wait()
}
