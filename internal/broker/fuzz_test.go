package broker_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

// panics remembers a panic of ours. mochi's decoder does panic, on a
// SUBSCRIBE of MQTT 5 whose last options are missing, and is caught.
type panics struct {
	slog.Handler
	ours, theirs atomic.Int64
}

func (p *panics) Enabled(context.Context, slog.Level) bool { return true }
func (p *panics) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "panicked") {
		// The stack is still that of the panic: the broker logs while it recovers.
		if strings.Contains(string(debug.Stack()), "/packets.(*Packet)") {
			p.theirs.Add(1)
		} else {
			p.ours.Add(1)
		}
	}
	return nil
}

func TestDecoderPanicIsCaught(t *testing.T) {
	seen := &panics{}
	d := open(t, func(o *broker.Options) { o.Logger = slog.New(seen) })
	for range 3 {
		p := join(t, d.tcp, 5, "c", "ann")
		p.subscribe(1, "open/a")
		if _, err := p.conn.Write([]byte{0x82, 7, 0, 1, 0, 0, 2, 'o', 'p'}); err != nil {
			t.Fatal(err)
		}
		p.dismissed(packets.ErrMalformedPacket)
	}
	eventually(t, "three panics were logged", func() bool { return seen.theirs.Load() == 3 })
	if n := seen.ours.Load(); n != 0 {
		t.Errorf("%d panics of ours", n)
	}
	join(t, d.tcp, 4, "c", "ann")
}

// FuzzDoor sends bytes to the TCP door, as they are and behind a good CONNECT.
// Nothing of ours panics, the connection ends, and others are served on.
func FuzzDoor(f *testing.F) {
	for _, protocol := range []byte{4, 5} {
		connect := encode(f, connectPacket(protocol, "c", "ann"))
		f.Add(protocol, false, connect)
		f.Add(protocol, true, connect) // a second CONNECT
		for _, pk := range []packets.Packet{
			{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: 7, Filters: packets.Subscriptions{{Filter: "open/a", Qos: 1}, {Filter: "#"}}},
			{FixedHeader: packets.FixedHeader{Type: packets.Unsubscribe, Qos: 1}, PacketID: 8, Filters: packets.Subscriptions{{Filter: "open/a"}}},
			{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: 1}, PacketID: 9, TopicName: "open/a", Payload: []byte("x")},
			{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: 9},
			{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}},
		} {
			pk.ProtocolVersion = protocol
			f.Add(protocol, true, encode(f, pk))
		}
	}
	for _, s := range []string{
		"", "00", "10", "1000", "c000", "e000", "f000", "d000", "2002", "ffffffffff", "30ffffff7f", "10ffffffff7f",
		"101000044d5154540402003c0004", "82020001", "8206000100016100", "a20400010000", "620200ff", "820700010000026f70", "500200ff", "700200ff", "f00418", "40020000",
	} {
		b, _ := hex.DecodeString(s)
		f.Add(byte(5), false, b)
		f.Add(byte(5), true, b)
		f.Add(byte(4), true, b)
	}
	seen := &panics{}
	d := open(f, func(o *broker.Options) {
		o.Logger = slog.New(seen)
		o.HandshakeTimeout = time.Second
	})
	f.Fuzz(func(t *testing.T, protocol byte, connected bool, data []byte) {
		conn, err := net.Dial("tcp", d.tcp)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(patience))
		if connected {
			_, _ = conn.Write(encode(t, connectPacket(4+protocol&1, "", "ann")))
		}
		_, _ = io.Copy(conn, bytes.NewReader(data)) // the broker may close before it has all
		_ = conn.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, conn)
		_ = conn.Close()
		eventually(t, "the connection is gone", func() bool { return d.Stats().Connections == 0 })
		if seen.ours.Load() > 0 {
			t.Fatal("the broker panicked")
		}
	})
}
