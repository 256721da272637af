package mqtt_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// seedInbound adds a packet of each kind, and what is none.
func seedInbound(f *testing.F) {
	for _, protocol := range []byte{v4, v5} {
		for _, pk := range []packet{
			mqttest.ConnectPacket("c", mqttest.Persistent(60), mqttest.Login("u", "p"), mqttest.Will("open", "w", 1, true, 1)),
			mqttest.SubscribePacket(7, packets.Subscription{Filter: "open", Qos: 1}, packets.Subscription{Filter: "$share/g/#", RetainAsPublished: true}),
			{FixedHeader: packets.FixedHeader{Type: packets.Unsubscribe, Qos: 1}, PacketID: 8, Filters: packets.Subscriptions{{Filter: "open"}}},
			mqttest.PublishPacket("open", "x", 1, 9, mqttest.Retain),
			mqttest.PublishPacket("open", "x", 0, 0, func(pk *packet) {
				pk.Properties = packets.Properties{TopicAlias: 3, TopicAliasFlag: true, ContentType: "t", User: []packets.UserProperty{{Key: "k", Val: "v"}}, MessageExpiryInterval: 9, ResponseTopic: "r", CorrelationData: []byte{1}}
			}),
			{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: 9},
			{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}, Properties: packets.Properties{SessionExpiryIntervalFlag: true, SessionExpiryInterval: 1}},
			{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}},
		} {
			pk.ProtocolVersion = protocol
			encoded, err := mqttest.Encode(pk)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(protocol, false, encoded)
			f.Add(protocol, true, encoded)
		}
	}
	for _, s := range []string{
		"", "00", "10", "1000", "c000", "e000", "f000", "d000", "2002", "ffffffffff", "30ffffff7f", "10ffffffff7f",
		"101000044d5154540402003c0004", "82020001", "8206000100016100", "a20400010000", "620200ff", "820700010000026f70", "500200ff", "700200ff", "f00418", "40020000",
	} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(v5, false, b)
		f.Add(v5, true, b)
		f.Add(v4, true, b)
	}
}

// FuzzInbound sends bytes to a connection, as they are and behind a good CONNECT. The
// connection ends, and its answers are packets.
func FuzzInbound(f *testing.F) {
	seedInbound(f)
	var o mqtt.Options
	unlimited(&o)
	store := newJournaled()
	o.Store = store
	broker, err := mqtt.New(o)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		_ = broker.Shutdown(context.Background())
		if _, err := store.state(); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, protocol byte, connected bool, data []byte) {
		protocol = v4 + protocol&1
		client, server := mqttest.Pipe(1 << 20)
		handled := make(chan struct{})
		go func() {
			defer close(handled)
			_ = broker.Handle(context.Background(), server, admitAll)
		}()
		p := mqttest.New(t, client, protocol)
		if connected {
			p.Connect("fuzzed")
		}
		_ = client.SetDeadline(time.Now().Add(patience))
		_, _ = client.Write(data) // the broker may close before it has all
		_ = client.(interface{ CloseWrite() error }).CloseWrite()
		answer, err := io.ReadAll(client)
		if err != nil {
			t.Fatal(err)
		}
		<-handled
		if !connected { // the answers may be of either version
			return
		}
		r := bufio.NewReader(bytes.NewReader(answer))
		for err = nil; err == nil; {
			_, err = mqttest.Read(r, protocol)
		}
		if err != io.EOF {
			t.Fatalf("answer %x: %v", answer, err)
		}
	})
}
