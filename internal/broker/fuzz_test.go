package broker_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

// panics counts the panics that the broker has logged.
type panics struct {
	slog.Handler
	count atomic.Int64
}

func (p *panics) Enabled(context.Context, slog.Level) bool { return true }
func (p *panics) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "panicked") {
		p.count.Add(1)
	}
	return nil
}

// FuzzDoor sends bytes to the TCP door, as they are and behind a good CONNECT.
// The broker neither panics nor keeps the connection, and serves others on.
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
		"101000044d5154540402003c0004", "82020001", "8206000100016100", "a20400010000", "620200ff", "500200ff", "700200ff", "f00418", "40020000",
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
		if seen.count.Load() > 0 {
			t.Fatal("the broker panicked")
		}
	})
}

// FuzzPublishEncoding holds our encoder to mochi's decoder.
func FuzzPublishEncoding(f *testing.F) {
	f.Add("open/a", []byte("payload"), byte(1), uint16(7))
	f.Add("a", []byte{}, byte(0), uint16(1))
	f.Add("askaround/v1/system", make([]byte, 20_000), byte(1), uint16(65535))
	f.Fuzz(func(t *testing.T, topic string, payload []byte, qos byte, id uint16) {
		qos &= 1
		if id == 0 || broker.CheckTopic(topic) != nil || len(payload) > broker.MaxPayload {
			return
		}
		for _, protocol := range []byte{4, 5} {
			encoded, size := broker.EncodePublish(topic, payload, qos, protocol, id)
			if len(encoded) != size {
				t.Fatalf("%d bytes, announced as %d", len(encoded), size)
			}
			pk, err := readPacket(newReader(encoded), protocol)
			if err != nil {
				t.Fatal(err)
			}
			if pk.TopicName != topic || !bytes.Equal(pk.Payload, payload) || pk.FixedHeader.Qos != qos || qos > 0 && pk.PacketID != id {
				t.Fatalf("decoded as %+v", pk)
			}
		}
	})
}
