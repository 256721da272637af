package broker_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

func TestRefusals(t *testing.T) {
	d := open(t)
	will := func(pk *packets.Packet) {
		pk.Connect.WillFlag, pk.Connect.WillTopic, pk.Connect.WillPayload = true, "open/a", []byte("gone")
	}
	long := make([]byte, 129)
	for i := range long {
		long[i] = 'a'
	}
	for _, row := range []struct {
		reason   string
		client   string
		token    string
		edit     func(*packets.Packet)
		v3, v5   byte
		v3Closes bool // MQTT 3.1.1 has no code for it
	}{
		{reason: "no token", client: "c", token: "", v3: 4, v5: 0x86},
		{reason: "an empty password", client: "c", token: "", edit: func(pk *packets.Packet) { pk.Connect.PasswordFlag = true }, v3: 4, v5: 0x86},
		{reason: "a good token without rights", client: "c", token: "forbidden", v3: 5, v5: 0x87},
		{reason: "any other error refuses too", client: "c", token: "odd", v3: 5, v5: 0x87},
		{reason: "the issuer cannot be reached", client: "c", token: "down", v3: 3, v5: 0x88},
		{reason: "the check of tokens panics", client: "c", token: "panic", v3: 3, v5: 0x88},
		{reason: "a session of nobody", client: "c", token: "nobody", v3: 5, v5: 0x87},
		{reason: "a session that is over already", client: "c", token: "ann,-1s", v3: 4, v5: 0x86},
		{reason: "a will would be a publication", client: "c", token: "ann", edit: will, v3: 5, v5: 0x87},
		{reason: "a client id above 128 bytes", client: string(long), token: "ann", v3: 2, v5: 0x85},
		{reason: "no client id and yet a session to keep", client: "", token: "ann", edit: func(pk *packets.Packet) { pk.Connect.Clean = false }, v3Closes: false, v3: 2, v5: 0},
		{reason: "a reserved bit", client: "c", token: "ann", edit: func(pk *packets.Packet) { pk.Connect.WillRetain = true }, v3Closes: true, v5: 0x81},
	} {
		t.Run(row.reason, func(t *testing.T) {
			for _, protocol := range []byte{4, 5} {
				var edits []func(*packets.Packet)
				if row.edit != nil {
					edits = append(edits, row.edit)
				}
				p := dial(t, d.tcp, protocol)
				p.send(connectPacket(protocol, row.client, row.token, edits...))
				want := row.v5
				if protocol == 4 {
					want = row.v3
					if row.v3Closes {
						p.ended()
						continue
					}
				}
				if pk := p.receive(packets.Connack); pk.ReasonCode != want {
					t.Errorf("MQTT %d: CONNACK %#x, want %#x", protocol, pk.ReasonCode, want)
				}
				if want != 0 {
					p.ended()
				}
			}
		})
	}
}

func TestVersionIsRefused(t *testing.T) {
	d := open(t)
	for _, row := range []struct {
		reason string
		answer byte // protocol of the CONNACK
		code   byte
		edit   func(*packets.Packet)
	}{
		{"MQTT 3.1", 4, 1, func(pk *packets.Packet) { pk.ProtocolVersion, pk.Connect.ProtocolName = 3, []byte("MQIsdp") }},
		{"a version to come", 5, 0x84, func(pk *packets.Packet) { pk.ProtocolVersion = 6 }},
	} {
		pk := connectPacket(4, "c", "ann", row.edit)
		p := dial(t, d.tcp, row.answer)
		if _, err := p.conn.Write(encode(t, pk)); err != nil {
			t.Fatal(err)
		}
		if got := p.receive(packets.Connack); got.ReasonCode != row.code {
			t.Errorf("%s: CONNACK %#x, want %#x", row.reason, got.ReasonCode, row.code)
		}
		p.ended()
	}
}

// The token arrives as AWS IoT's custom authorizers take it, too.
func TestTokenInUserName(t *testing.T) {
	d := open(t)
	for _, row := range []struct {
		reason, username, password string
		code                       byte
	}{
		{"as the password", "anything", "ann", 0},
		{"in the user name", "anyone?x-amz-customauthorizer-name=a&token=ann", "", 0},
		{"percent-encoded", "?token=a%6en", "", 0},
		{"another parameter is no token", "anyone?tok=ann", "", 0x86},
		{"the password goes first", "?token=ann", "forbidden", 0x87},
	} {
		p := dial(t, d.tcp, 5)
		p.send(connectPacket(5, "c", row.password, func(pk *packets.Packet) { pk.Connect.Username = []byte(row.username) }))
		if pk := p.receive(packets.Connack); pk.ReasonCode != row.code {
			t.Errorf("%s: CONNACK %#x, want %#x", row.reason, pk.ReasonCode, row.code)
		}
	}
}

func TestConnackAnnouncesLimits(t *testing.T) {
	d := open(t)
	p := dial(t, d.tcp, 5)
	p.send(connectPacket(5, "", "ann", func(pk *packets.Packet) {
		pk.Connect.Keepalive = 0
		pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = 3600, true
	}))
	got := p.receive(packets.Connack).Properties
	if got.AssignedClientID == "" {
		t.Error("no client id was assigned")
	}
	got.AssignedClientID = ""
	want := packets.Properties{
		MaximumQosFlag: true, MaximumQos: 1,
		RetainAvailableFlag: true, WildcardSubAvailableFlag: true, SubIDAvailableFlag: true, SharedSubAvailableFlag: true,
		SessionExpiryIntervalFlag: true, // 0: none
		ServerKeepAliveFlag:       true, ServerKeepAlive: 1200,
		MaximumPacketSize: 16 << 10,
		ReceiveMaximum:    1024,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("CONNACK properties (-want +got):\n%s", diff)
	}
}

// A client of MQTT 3.1.1 cannot be told of another keep-alive than its own, or of one where
// it wants none.
func TestLongKeepaliveStaysConnected(t *testing.T) {
	d := open(t)
	for _, keepalive := range []uint16{0, 43690, 43691, 65535} {
		p := join(t, d.tcp, 4, "", "ann", func(pk *packets.Packet) { pk.Connect.Keepalive = keepalive })
		p.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
		p.receive(packets.Pingresp)
		p.subscribe(0, "open/a")
	}
}

func TestExpiryEndsTheConnection(t *testing.T) {
	d := open(t)
	for _, protocol := range []byte{4, 5} {
		p := join(t, d.tcp, protocol, "c", "ann,200ms")
		began := time.Now()
		p.dismissed(packets.ErrMaxConnectTime)
		if took := time.Since(began); took < 100*time.Millisecond || took > patience {
			t.Errorf("MQTT %d: the connection lasted %v of 200ms", protocol, took)
		}
	}
}

func TestTakeOver(t *testing.T) {
	d := open(t)
	for _, protocol := range []byte{4, 5} {
		first := join(t, d.tcp, protocol, "phone", "ann")
		first.subscribe(1, "open/a")
		stranger := join(t, d.tcp, protocol, "phone", "bob") // same client id, another account
		stranger.subscribe(1, "open/a")
		second := join(t, d.tcp, protocol, "phone", "ann")
		first.dismissed(packets.ErrSessionTakenOver)
		second.subscribe(1, "open/b")
		publish(t, d.Broker, "open/a", "still here")
		publish(t, d.Broker, "open/b", "and here")
		for _, row := range []struct {
			p    *peer
			want string
		}{{stranger, "still here"}, {second, "and here"}} {
			if got := string(row.p.receive(packets.Publish).Payload); got != row.want {
				t.Errorf("MQTT %d: got %q, want %q", protocol, got, row.want)
			}
		}
		_ = stranger.conn.Close()
		_ = second.conn.Close()
		eventually(t, "connections are gone", func() bool { return d.Stats().Connections == 0 })
	}
}

// Many connections with one client id at once: one stays, and it works.
func TestTakeOverAtOnce(t *testing.T) {
	d := open(t)
	const n = 20
	peers := make([]*peer, n)
	for i := range peers {
		peers[i] = dial(t, d.tcp, 5)
	}
	var all sync.WaitGroup
	for _, p := range peers {
		all.Go(func() { p.send(connectPacket(5, "phone", "ann")) })
	}
	all.Wait()
	eventually(t, "one is left", func() bool { s := d.Stats(); return s.Connections == 1 && s.Clients == 1 })
	alive := 0
	for _, p := range peers {
		p.receive(packets.Connack)
		_, _ = p.conn.Write(encode(t, packets.Packet{ProtocolVersion: 5, FixedHeader: packets.FixedHeader{Type: packets.Pingreq}}))
		if pk, err := p.read(); err == nil && pk.FixedHeader.Type == packets.Pingresp {
			alive++
			if got := p.subscribe(1, "open/a"); got[0] != 1 {
				t.Errorf("SUBACK %v", got)
			}
			publish(t, d.Broker, "open/a", "hello")
			p.receive(packets.Publish)
		}
	}
	if alive != 1 {
		t.Errorf("%d connections with one client id are alive, want 1", alive)
	}
}

func TestTooManyConnections(t *testing.T) {
	d := open(t, func(o *broker.Options) { o.MaxConnections = 1 })
	join(t, d.tcp, 5, "a", "ann")
	dial(t, d.tcp, 5).ended()
}

func TestSilentConnectionIsClosed(t *testing.T) {
	d := open(t, func(o *broker.Options) { o.HandshakeTimeout = 50 * time.Millisecond })
	p := dial(t, d.tcp, 5)
	_, _ = p.conn.Write([]byte{0x10})
	p.ended()
}

func TestShutdownTellsClients(t *testing.T) {
	d := open(t)
	five, four := join(t, d.tcp, 5, "a", "ann"), join(t, d.tcp, 4, "b", "ann")
	halfway := dial(t, d.tcp, 5)
	eventually(t, "all are there", func() bool { return d.Stats().Connections == 3 })
	within, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := d.Shutdown(within); err != nil {
		t.Fatal(err)
	}
	five.dismissed(packets.ErrServerShuttingDown)
	four.ended()
	halfway.ended()
	if err := d.Publish(context.Background(), "open/a", nil); err == nil {
		t.Error("Publish after Shutdown succeeded")
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, row := range []struct {
		reason string
		fn     func(*broker.Options)
	}{
		{"nobody could connect", func(o *broker.Options) { o.Authenticate = nil }},
		{"a window beyond packet ids", func(o *broker.Options) { o.MaxInflight = 1 << 16 }},
		{"a negative queue", func(o *broker.Options) { o.QueueMessages = -1 }},
		{"a negative time", func(o *broker.Options) { o.WriteTimeout = -1 }},
		{"an origin with a path", func(o *broker.Options) { o.Origins = []string{"https://example.org/page"} }},
		{"an origin without scheme", func(o *broker.Options) { o.Origins = []string{"example.org"} }},
	} {
		_, err := broker.New(func(o *broker.Options) { o.Authenticate = authenticate }, row.fn)
		if !isInvalid(err) {
			t.Errorf("%s: %v", row.reason, err)
		}
	}
}

func TestConnectHidesSecretsInLogs(t *testing.T) {
	got := fmt.Sprint(broker.Connect{ClientID: "c", Username: "u?token=secret", Password: []byte("secret"), Token: "secret"}.LogValue())
	if want := "[client_id=c remote_addr= protocol=0]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
