package broker_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/broker"
)

// patience bounds every wait of these tests.
const patience = 10 * time.Second

// door is a running broker with both of its doors.
type door struct {
	*broker.Broker
	tcp string // host:port
	web *httptest.Server
}

func (d *door) ws() string { return "ws" + strings.TrimPrefix(d.web.URL, "http") + "/mqtt" }

// open starts a broker that admits the tokens of authenticate, and ends it, with
// all its goroutines, when the test ends.
func open(t testing.TB, optFns ...func(*broker.Options)) *door {
	t.Helper()
	b, err := broker.New(append([]func(*broker.Options){func(o *broker.Options) { o.Authenticate = authenticate }}, optFns...)...)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- b.Serve(context.Background(), listener) }()
	d := &door{Broker: b, tcp: listener.Addr().String(), web: httptest.NewServer(b.WebSocket())}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Shutdown(ctx); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
		d.web.Close()
		if stats := b.Stats(); stats.Connections+stats.Clients+stats.Subscriptions != 0 {
			t.Errorf("after Shutdown something is left: %+v", stats)
		}
		noGoroutines(t)
	})
	return d
}

// authenticate takes tokens of the form "subject" or "subject,seconds", and
// some that stand for the ways to be refused.
func authenticate(_ context.Context, c broker.Connect) (broker.Session, error) {
	switch c.Token {
	case "":
		return broker.Session{}, fmt.Errorf("%w: no token", broker.ErrBadCredentials)
	case "forbidden":
		return broker.Session{}, broker.ErrNotAuthorized
	case "odd":
		return broker.Session{}, fmt.Errorf("something else")
	case "down":
		return broker.Session{}, broker.ErrUnavailable
	case "panic":
		panic("a defect in Authenticate")
	case "nobody":
		return broker.Session{}, nil
	}
	subject, life, _ := strings.Cut(c.Token, ",")
	s := broker.Session{Subject: subject, CanSubscribe: func(filter string) bool {
		return strings.HasPrefix(filter, "open/") || filter == "account/"+subject
	}}
	if life != "" {
		d, err := time.ParseDuration(life)
		if err != nil {
			return broker.Session{}, err
		}
		s.Expires = time.Now().Add(d)
	}
	return s, nil
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: %s", what)
		}
		<-time.After(time.Millisecond)
	}
}

// noGoroutines waits until no goroutine of the broker or its libraries is left.
func noGoroutines(t testing.TB) {
	t.Helper()
	var left string
	for deadline := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
		left = ""
		buf := make([]byte, 4<<20)
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "broker.(*") || strings.Contains(stack, "mqtt.(*") || strings.Contains(stack, "coder/websocket") {
				left = stack
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("a goroutine is left:\n%s", left)
			return
		}
	}
}

// peer is a bare MQTT client: it does what a test tells it, right or wrong.
type peer struct {
	t        testing.TB
	conn     net.Conn
	r        *bufio.Reader
	protocol byte
	id       uint16
}

func dial(t testing.TB, address string, protocol byte) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &peer{t: t, conn: conn, r: bufio.NewReader(conn), protocol: protocol}
}

// connectPacket is a CONNECT of client with token as its password.
func connectPacket(protocol byte, client, token string, edit ...func(*packets.Packet)) packets.Packet {
	pk := packets.Packet{
		FixedHeader:     packets.FixedHeader{Type: packets.Connect},
		ProtocolVersion: protocol,
		Connect: packets.ConnectParams{
			ProtocolName: []byte("MQTT"), Clean: true, Keepalive: 60, ClientIdentifier: client,
			UsernameFlag: true, Username: []byte("any"),
			PasswordFlag: token != "", Password: []byte(token),
		},
	}
	for _, fn := range edit {
		fn(&pk)
	}
	return pk
}

// join connects and expects to be let in.
func join(t testing.TB, address string, protocol byte, client, token string, edit ...func(*packets.Packet)) *peer {
	t.Helper()
	p := dial(t, address, protocol)
	p.send(connectPacket(protocol, client, token, edit...))
	if pk := p.receive(packets.Connack); pk.ReasonCode != 0 || pk.SessionPresent {
		t.Fatalf("CONNACK %#x %q, session present %v", pk.ReasonCode, pk.Properties.ReasonString, pk.SessionPresent)
	}
	return p
}

func encode(t testing.TB, pk packets.Packet) []byte {
	t.Helper()
	b, err := encoded(pk)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func encoded(pk packets.Packet) ([]byte, error) {
	var buf bytes.Buffer
	var err error
	switch pk.FixedHeader.Type {
	case packets.Connect:
		err = pk.ConnectEncode(&buf)
	case packets.Subscribe:
		err = pk.SubscribeEncode(&buf)
	case packets.Unsubscribe:
		err = pk.UnsubscribeEncode(&buf)
	case packets.Publish:
		err = pk.PublishEncode(&buf)
	case packets.Puback:
		err = pk.PubackEncode(&buf)
	case packets.Pingreq:
		err = pk.PingreqEncode(&buf)
	case packets.Disconnect:
		err = pk.DisconnectEncode(&buf)
	default:
		err = fmt.Errorf("no encoder for packet type %d", pk.FixedHeader.Type)
	}
	return buf.Bytes(), err
}

func (p *peer) send(pk packets.Packet) {
	p.t.Helper()
	pk.ProtocolVersion = p.protocol
	_ = p.conn.SetWriteDeadline(time.Now().Add(patience))
	if _, err := p.conn.Write(encode(p.t, pk)); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

// read returns the next packet, or the error of a closed connection.
func (p *peer) read() (packets.Packet, error) {
	_ = p.conn.SetReadDeadline(time.Now().Add(patience))
	return readPacket(p.r, p.protocol)
}

func readPacket(r *bufio.Reader, protocol byte) (packets.Packet, error) {
	pk := packets.Packet{ProtocolVersion: protocol}
	first, err := r.ReadByte()
	if err != nil {
		return pk, err
	}
	if err := pk.FixedHeader.Decode(first); err != nil {
		return pk, err
	}
	if pk.FixedHeader.Remaining, _, err = packets.DecodeLength(r); err != nil {
		return pk, err
	}
	body := make([]byte, pk.FixedHeader.Remaining)
	if _, err := io.ReadFull(r, body); err != nil {
		return pk, err
	}
	switch pk.FixedHeader.Type {
	case packets.Connack:
		err = pk.ConnackDecode(body)
	case packets.Suback:
		err = pk.SubackDecode(body)
	case packets.Unsuback:
		err = pk.UnsubackDecode(body)
	case packets.Publish:
		err = pk.PublishDecode(body)
	case packets.Puback:
		err = pk.PubackDecode(body)
	case packets.Disconnect:
		err = pk.DisconnectDecode(body)
	case packets.Pingresp:
	default:
		err = fmt.Errorf("unexpected packet type %d", pk.FixedHeader.Type)
	}
	return pk, err
}

// receive expects the next packet to be of kind.
func (p *peer) receive(kind byte) packets.Packet {
	p.t.Helper()
	pk, err := p.read()
	if err != nil || pk.FixedHeader.Type != kind {
		p.t.Fatalf("got packet type %d (reason %#x), error %v; want type %d", pk.FixedHeader.Type, pk.ReasonCode, err, kind)
	}
	return pk
}

// ended expects the connection to be closed without another packet.
func (p *peer) ended() {
	p.t.Helper()
	if pk, err := p.read(); err == nil {
		p.t.Fatalf("got packet type %d, want the end", pk.FixedHeader.Type)
	} else if ne, ok := err.(net.Error); ok && ne.Timeout() {
		p.t.Fatal("the connection is still open")
	}
	_ = p.conn.Close() // or the broker waits a moment for it
}

// dismissed expects a DISCONNECT with reason in MQTT 5, and the end.
func (p *peer) dismissed(reason packets.Code) {
	p.t.Helper()
	if p.protocol == 5 {
		if pk := p.receive(packets.Disconnect); pk.ReasonCode != reason.Code {
			p.t.Fatalf("DISCONNECT %#x, want %#x", pk.ReasonCode, reason.Code)
		}
	}
	p.ended()
}

// subscribe returns the codes of the SUBACK.
func (p *peer) subscribe(qos byte, filters ...string) []byte {
	p.t.Helper()
	p.id++
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: p.id}
	for _, f := range filters {
		pk.Filters = append(pk.Filters, packets.Subscription{Filter: f, Qos: qos})
	}
	p.send(pk)
	return p.receive(packets.Suback).ReasonCodes
}

func (p *peer) acknowledge(id uint16) {
	p.t.Helper()
	p.send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: id})
}

func (p *peer) publish(topic string, qos byte) {
	p.t.Helper()
	p.id++
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos}, TopicName: topic, Payload: []byte("x")}
	if qos > 0 {
		pk.PacketID = p.id
	}
	p.send(pk)
}

func publish(t testing.TB, b *broker.Broker, topic string, payload string) {
	t.Helper()
	if err := b.Publish(context.Background(), topic, []byte(payload)); err != nil {
		t.Fatal(err)
	}
}
