package faulttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// heap is what is in use, in bytes.
func heap() int {
	runtime.GC()
	runtime.GC() // what a pool or a finalizer held
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapInuse + m.StackInuse)
}

// noConnections waits until only so many are open.
func (s *server) noConnections(t *testing.T, but int) {
	t.Helper()
	eventually(t, fmt.Sprint("all connections but ", but, " are closed"), func() bool { return s.Stats().Connections == but })
}

// rawConn sends bytes and nothing more.
func rawConn(t *testing.T, address string, b []byte) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Write(b); err != nil {
		t.Fatal(err)
	}
	return conn
}

func encode(t *testing.T, pk packet, protocol byte) []byte {
	t.Helper()
	pk.ProtocolVersion = protocol
	b, err := mqttest.Encode(pk)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Connections that never say who they are cost little, do not keep others out, and end
// after the time for a CONNECT.
func TestHalfOpenConnections(t *testing.T) {
	const count = 500
	connect := encode(t, mqttest.ConnectPacket("half"), mqttest.V5)
	s := serve(t, "", nil)
	before := heap()
	open := make([]net.Conn, count)
	for n := range open {
		open[n] = rawConn(t, s.address, connect[:n%len(connect)])
	}
	eventually(t, "all are open", func() bool { return s.Stats().Connections == count })
	each := (heap() - before) / count
	t.Logf("%d bytes of heap and stack for each half-open connection", each)
	if each > 64<<10 {
		t.Errorf("%d bytes for each half-open connection", each)
	}
	join(t, s.address, mqttest.V5, "honest").Alive()
	for _, conn := range open {
		_ = conn.Close()
	}
	s.noConnections(t, 1)

	s = serve(t, "", nil, func(o *mqtt.Options) { o.Limits.ConnectTimeout = 200 * time.Millisecond })
	for _, size := range []int{0, 1, len(connect) - 1} {
		if err := sendAndWait(s.address, connect[:size]); err != nil {
			t.Fatal(err)
		}
	}
	s.noConnections(t, 0)
}

// A client that is gone without a word ends with its keep-alive, and its will is published.
func TestDeadPeer(t *testing.T) {
	s := serve(t, "", nil, func(o *mqtt.Options) { o.Limits.KeepAliveMin = time.Second })
	watch := join(t, s.address, mqttest.V5, "watch")
	watch.Subscribe(1, "wills")
	join(t, s.address, mqttest.V5, "dead", mqttest.Will("wills", "it is dead", 1, false, 0),
		func(pk *packet) { pk.Connect.Keepalive = 1 })
	watch.Message("wills", "it is dead")
	s.noConnections(t, 1)
}

// A subscriber that reads nothing holds up nobody else, holds no more memory than the
// limits say, and is disconnected.
func TestSlowReader(t *testing.T) {
	const messages, size, limit = 4000, 16 << 10, 1 << 20
	s := serve(t, t.TempDir(), nil, func(o *mqtt.Options) { o.Limits.QueuedBytes = limit })
	slow := join(t, s.address, mqttest.V5, "slow", mqttest.Persistent(3600))
	slow.Subscribe(1, "data")
	fast := join(t, s.address, mqttest.V5, "fast")
	fast.Subscribe(0, "data")
	pub := join(t, s.address, mqttest.V5, "pub")
	before, most := heap(), 0
	payload := bytes.Repeat([]byte{'x'}, size)
	for n := range messages {
		if code := pub.Publish("data", fmt.Sprintf("%s %d", payload, n), 1); code != 0 {
			t.Fatalf("PUBACK %#x", code)
		}
		if got := fast.Receive(packets.Publish); !bytes.HasSuffix(got.Payload, fmt.Append(nil, " ", n)) {
			t.Fatalf("the fast reader got %q, want %d", got.Payload[size:], n)
		}
		if n%500 == 499 {
			most = max(most, heap()-before)
		}
	}
	t.Logf("%d KiB published, at most %d KiB more on the heap", messages*size>>10, most>>10)
	if most > 8<<20 {
		t.Errorf("%d bytes more on the heap, of which %d may wait for the slow client", most, limit)
	}
	if stats := s.Stats(); stats.SlowClients == 0 || stats.Dropped == 0 {
		t.Errorf("slow clients %d, dropped %d", stats.SlowClients, stats.Dropped)
	}
	_ = slow.Close()
	s.noConnections(t, 2)
	slow = resume(t, s.address, mqttest.V5, "slow") // what fitted is there, from the first on
	got := slow.Receive(packets.Publish)
	if !bytes.HasSuffix(got.Payload, []byte(" 0")) {
		t.Errorf("the first is %q", got.Payload[size:])
	}
}

// A flood of connections that are refused, each for another reason, leaves nothing behind,
// and those who are in go on meanwhile.
func TestFloodOfBadConnects(t *testing.T) {
	const floods, each = 8, 150
	s := serve(t, "", nil)
	sub, pub := join(t, s.address, mqttest.V5, "sub"), join(t, s.address, mqttest.V5, "pub")
	sub.Subscribe(1, "a/b")
	bad := [][]byte{
		[]byte("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n"),
		{0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03}, // TLS
		{0x10, 0xff, 0xff, 0xff, 0xff, 0x7f},                               // a length that cannot be
		{0x10, 0xff, 0xff, 0xff, 0x7f},                                     // 256 MiB are announced
		{0xc0, 0},                                                          // PINGREQ first
		encode(t, mqttest.ConnectPacket("x", func(pk *packet) { pk.Connect.ProtocolName = []byte("HTTP") }), mqttest.V5),
		encode(t, mqttest.ConnectPacket("x"), 9),
		encode(t, mqttest.ConnectPacket("x", mqttest.Will("a/+", "", 0, false, 0)), mqttest.V311),
		encode(t, mqttest.ConnectPacket(string(bytes.Repeat([]byte{'x'}, 200))), mqttest.V5),
	}
	before := heap()
	var flood sync.WaitGroup
	for f := range floods {
		flood.Go(func() {
			for n := range each {
				if err := sendAndWait(s.address, bad[(f+n)%len(bad)]); err != nil {
					t.Errorf("%q: %v", bad[(f+n)%len(bad)], err)
					return
				}
			}
		})
	}
	over := make(chan struct{})
	go func() { flood.Wait(); close(over) }()
	n := 0
	for flooding := true; flooding; n++ {
		select {
		case <-over:
			flooding = false
		default:
		}
		pub.Publish("a/b", payloadOf(n), 1)
		sub.Message("a/b", payloadOf(n))
	}
	s.noConnections(t, 2)
	left := heap() - before
	t.Logf("%d messages during %d bad connections, %d KiB left on the heap", n, floods*each, left>>10)
	if left > 8<<20 {
		t.Errorf("%d bytes are left on the heap", left)
	}
	if stats := s.Stats(); stats.Sessions != 2 {
		t.Errorf("%d sessions, want 2", stats.Sessions)
	}
}

// sendAndWait sends bytes and reads until the other side closes.
func sendAndWait(address string, b []byte) error {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(mqttest.Patience))
	if _, err := conn.Write(b); err != nil {
		return nil // closed before it had all
	}
	answer := make([]byte, 512)
	for {
		if _, err := conn.Read(answer); err != nil {
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				return fmt.Errorf("the connection is still open: %w", err)
			}
			return nil
		}
	}
}

// Packets with random damage end their own connection at most.
func TestMalformedPackets(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	rounds := 400
	if testing.Short() {
		rounds = 100
	}
	s := serve(t, "", nil)
	honest := join(t, s.address, mqttest.V5, "honest")
	honest.Subscribe(1, "honest")
	for round := range rounds {
		protocol := []byte{mqttest.V311, mqttest.V5}[round%2]
		good := goodPackets(t, protocol)
		conn := rawConn(t, s.address, encode(t, mqttest.ConnectPacket("damaged"), protocol))
		for range 3 {
			if _, err := conn.Write(damage(random, good[random.IntN(len(good))])); err != nil {
				break // its connection has ended
			}
		}
		_ = conn.Close()
		if round%20 == 0 {
			honest.Publish("honest", payloadOf(round), 0)
			honest.Message("honest", payloadOf(round))
		}
	}
	s.noConnections(t, 1)
	honest.Alive()
}

func goodPackets(t *testing.T, protocol byte) (good [][]byte) {
	for _, pk := range []packet{
		mqttest.PublishPacket("x/y", "payload", 1, 7, mqttest.Retain),
		mqttest.PublishPacket("x/y", "payload", 0, 0, func(pk *packet) {
			pk.Properties.ContentType = "text/plain"
			pk.Properties.User = []packets.UserProperty{{Key: "k", Val: "v"}}
			pk.Properties.CorrelationData = []byte("c")
		}),
		mqttest.SubscribePacket(3, packets.Subscription{Filter: "x/+", Qos: 1}, packets.Subscription{Filter: "y/#"}),
		{FixedHeader: packets.FixedHeader{Type: packets.Unsubscribe, Qos: 1}, PacketID: 4, Filters: packets.Subscriptions{{Filter: "x/+"}}},
		{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: 1},
		{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}},
		mqttest.ConnectPacket("damaged", mqttest.Will("w", "w", 1, false, 3)),
	} {
		good = append(good, encode(t, pk, protocol))
	}
	return good
}

// damage changes, cuts or repeats bytes.
func damage(random *rand.Rand, good []byte) []byte {
	b := bytes.Clone(good)
	for range 1 + random.IntN(3) {
		at := random.IntN(len(b))
		switch random.IntN(4) {
		case 0:
			b[at] = byte(random.Uint32())
		case 1:
			b[at] ^= 1 << random.IntN(8)
		case 2:
			b = append(b[:at:at], b[min(len(b), at+1+random.IntN(3)):]...)
		case 3:
			b = append(b[:at:at], append([]byte{byte(random.Uint32())}, b[at:]...)...)
		}
		if len(b) == 0 {
			return []byte{0}
		}
	}
	return b
}

// A connection that is cut within a packet has said nothing by it: no part of a message
// comes anywhere, the will is published, and the session is as before.
func TestCutInTheMiddleOfAPacket(t *testing.T) {
	for name, protocol := range protocols {
		t.Run(name, func(t *testing.T) {
			s := serve(t, t.TempDir(), nil)
			watch := join(t, s.address, protocol, "watch")
			watch.Subscribe(1, "x/y", "wills")
			for _, pk := range []packet{
				mqttest.PublishPacket("x/y", "never whole", 1, 7),
				mqttest.SubscribePacket(3, packets.Subscription{Filter: "x/y", Qos: 1}),
			} {
				whole := encode(t, pk, protocol)
				for size := range whole {
					p := join(t, s.address, protocol, "cut", mqttest.Persistent(3600), mqttest.Will("wills", fmt.Sprint(size), 1, false, 0))
					p.SendRaw(whole[:size])
					_ = p.Close()
					watch.Message("wills", fmt.Sprint(size))
				}
			}
			if err := s.Publish(context.Background(), mqtt.Message{Topic: "x/y", Payload: []byte("whole"), QoS: 1}); err != nil {
				t.Fatal(err)
			}
			watch.Message("x/y", "whole") // and nothing before it
			resume(t, s.address, protocol, "cut").Alive()
		})
	}
}
