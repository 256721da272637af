// Package mqttest is a bare MQTT client for tests. It does what a test tells it, right or
// wrong, and expects what the test expects.
//
//	p := mqttest.Dial(t, address, mqttest.V5)
//	p.Connect("client", mqttest.Persistent(3600))
//	codes := p.Subscribe(1, "a/b")
//	p.Publish("a/b", "payload", 1)
//	m := p.Receive(packets.Publish)
//	p.Send(mqttest.PublishPacket("a/b", "", 2, 1))
//	p.Dismissed(packets.ErrQosNotSupported)
package mqttest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"
)

// Versions of the protocol.
const (
	V311 byte = 4
	V5   byte = 5
)

// Patience bounds every wait.
const Patience = 10 * time.Second

// A Peer is one end of a connection. Its methods fail the test, and are for one goroutine.
type Peer struct {
	net.Conn
	Protocol byte
	t        testing.TB
	r        *bufio.Reader
	id       uint16
}

// New returns a Peer over conn, which is closed when the test ends.
func New(t testing.TB, conn net.Conn, protocol byte) *Peer {
	t.Cleanup(func() { _ = conn.Close() })
	return &Peer{Conn: conn, Protocol: protocol, t: t, r: bufio.NewReader(conn)}
}

// Dial connects by TCP.
func Dial(t testing.TB, address string, protocol byte) *Peer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	return New(t, conn, protocol)
}

// ConnectPacket is a CONNECT with a clean start and a keep-alive of 60 s, then edited.
func ConnectPacket(clientID string, edit ...func(*packets.Packet)) packets.Packet {
	pk := packets.Packet{
		FixedHeader: packets.FixedHeader{Type: packets.Connect},
		Connect: packets.ConnectParams{
			ProtocolName: []byte("MQTT"), Clean: true, Keepalive: 60, ClientIdentifier: clientID,
		},
	}
	for _, fn := range edit {
		fn(&pk)
	}
	return pk
}

// Persistent asks for the session of the last connection, and for one that lives on; in MQTT
// 5 for some seconds.
func Persistent(seconds uint32) func(*packets.Packet) {
	return func(pk *packets.Packet) {
		pk.Connect.Clean = false
		pk.Properties.SessionExpiryInterval, pk.Properties.SessionExpiryIntervalFlag = seconds, true
	}
}

// Login sets user name and password.
func Login(username, password string) func(*packets.Packet) {
	return func(pk *packets.Packet) {
		pk.Connect.UsernameFlag, pk.Connect.Username = true, []byte(username)
		pk.Connect.PasswordFlag, pk.Connect.Password = true, []byte(password)
	}
}

// Will sets the will; delay is for MQTT 5.
func Will(topic, payload string, qos byte, retain bool, delay uint32) func(*packets.Packet) {
	return func(pk *packets.Packet) {
		c := &pk.Connect
		c.WillFlag, c.WillTopic, c.WillPayload, c.WillQos, c.WillRetain = true, topic, []byte(payload), qos, retain
		c.WillProperties.WillDelayInterval = delay
	}
}

// Edit changes anything else.
func Edit(fn func(*packets.Packet)) func(*packets.Packet) { return fn }

// Connect sends a CONNECT and expects to be let in.
func (p *Peer) Connect(clientID string, edit ...func(*packets.Packet)) packets.Packet {
	p.t.Helper()
	p.Send(ConnectPacket(clientID, edit...))
	ack := p.Receive(packets.Connack)
	if ack.ReasonCode != 0 {
		p.t.Fatalf("CONNACK %#x %q", ack.ReasonCode, ack.Properties.ReasonString)
	}
	return ack
}

// Refused sends a CONNECT and expects a CONNACK with code, and the end.
func (p *Peer) Refused(code byte, clientID string, edit ...func(*packets.Packet)) {
	p.t.Helper()
	p.Send(ConnectPacket(clientID, edit...))
	if ack := p.Receive(packets.Connack); ack.ReasonCode != code {
		p.t.Fatalf("CONNACK %#x %q, want %#x", ack.ReasonCode, ack.Properties.ReasonString, code)
	}
	p.Ended()
}

// Encode returns the bytes of a packet that a client sends.
func Encode(pk packets.Packet) ([]byte, error) {
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
		pk.Mods.AllowResponseInfo = true
		err = pk.PublishEncode(&buf)
	case packets.Puback, packets.Pubrec, packets.Pubrel, packets.Pubcomp:
		err = pk.PubackEncode(&buf)
	case packets.Pingreq:
		err = pk.PingreqEncode(&buf)
	case packets.Disconnect:
		err = pk.DisconnectEncode(&buf)
	case packets.Auth:
		err = pk.AuthEncode(&buf)
	default:
		err = fmt.Errorf("mqttest: no encoder for packet type %d", pk.FixedHeader.Type)
	}
	return buf.Bytes(), err
}

// Send sends a packet.
func (p *Peer) Send(pk packets.Packet) {
	p.t.Helper()
	if pk.ProtocolVersion == 0 {
		pk.ProtocolVersion = p.Protocol
	}
	encoded, err := Encode(pk)
	if err != nil {
		p.t.Fatal(err)
	}
	p.SendRaw(encoded)
}

// SendRaw sends bytes.
func (p *Peer) SendRaw(b []byte) {
	p.t.Helper()
	_ = p.SetWriteDeadline(time.Now().Add(Patience))
	if _, err := p.Write(b); err != nil {
		p.t.Fatalf("send: %v", err)
	}
}

// Next returns the next packet, or the error of a closed connection.
func (p *Peer) Next() (packets.Packet, error) {
	_ = p.SetReadDeadline(time.Now().Add(Patience))
	return Read(p.r, p.Protocol)
}

// Read reads and decodes a packet that a server sends.
func Read(r *bufio.Reader, protocol byte) (packets.Packet, error) {
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
		err = fmt.Errorf("mqttest: unexpected packet type %d", pk.FixedHeader.Type)
	}
	return pk, err
}

// Receive expects the next packet to be of a kind.
func (p *Peer) Receive(kind byte) packets.Packet {
	p.t.Helper()
	pk, err := p.Next()
	if err != nil || pk.FixedHeader.Type != kind {
		p.t.Fatalf("got %s (reason %#x, topic %q), error %v; want %s", packets.PacketNames[pk.FixedHeader.Type], pk.ReasonCode, pk.TopicName, err, packets.PacketNames[kind])
	}
	return pk
}

// Ended expects the connection to be closed without another packet.
func (p *Peer) Ended() {
	p.t.Helper()
	pk, err := p.Next()
	var timeout net.Error
	switch {
	case err == nil:
		p.t.Fatalf("got %s (reason %#x, topic %q), want the end", packets.PacketNames[pk.FixedHeader.Type], pk.ReasonCode, pk.TopicName)
	case errors.As(err, &timeout) && timeout.Timeout():
		p.t.Fatal("the connection is still open")
	}
	_ = p.Close() // or the other side waits a moment for it
}

// Dismissed expects the end, in MQTT 5 after a DISCONNECT with a reason.
func (p *Peer) Dismissed(reason packets.Code) {
	p.t.Helper()
	if p.Protocol == V5 {
		if pk := p.Receive(packets.Disconnect); pk.ReasonCode != reason.Code {
			p.t.Fatalf("DISCONNECT %#x %q, want %#x", pk.ReasonCode, pk.Properties.ReasonString, reason.Code)
		}
	}
	p.Ended()
}

// Alive expects the connection to be open, with nothing on its way but the answers: an
// answer may overtake a message, but then the second does not.
func (p *Peer) Alive() {
	p.t.Helper()
	for range 2 {
		p.Send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
		p.Receive(packets.Pingresp)
	}
}

// Drain acknowledges all messages that are on their way, and returns them.
func (p *Peer) Drain() (messages []packets.Packet) {
	p.t.Helper()
	for range 2 {
		p.Send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
		for {
			pk, err := p.Next()
			if err != nil {
				p.t.Fatal(err)
			}
			if pk.FixedHeader.Type == packets.Pingresp {
				break
			}
			messages = append(messages, pk)
			if pk.FixedHeader.Qos > 0 {
				p.Acknowledge(pk.PacketID)
			}
		}
	}
	return messages
}

// NextID returns a packet id for a request.
func (p *Peer) NextID() uint16 {
	p.id++
	return p.id
}

// Subscribe sends a SUBSCRIBE and returns the codes of the SUBACK.
func (p *Peer) Subscribe(qos byte, filters ...string) []byte {
	p.t.Helper()
	subs := make(packets.Subscriptions, len(filters))
	for i, f := range filters {
		subs[i] = packets.Subscription{Filter: f, Qos: qos}
	}
	return p.SubscribeTo(subs...)
}

// SubscribeTo is Subscribe with options.
func (p *Peer) SubscribeTo(subs ...packets.Subscription) []byte {
	p.t.Helper()
	pk := SubscribePacket(p.NextID(), subs...)
	p.Send(pk)
	ack := p.Receive(packets.Suback)
	if ack.PacketID != pk.PacketID {
		p.t.Fatalf("SUBACK for %d, want %d", ack.PacketID, pk.PacketID)
	}
	return ack.ReasonCodes
}

// SubscribePacket is a SUBSCRIBE.
func SubscribePacket(id uint16, subs ...packets.Subscription) packets.Packet {
	return packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Subscribe, Qos: 1}, PacketID: id, Filters: subs}
}

// Unsubscribe sends an UNSUBSCRIBE and returns the codes of the UNSUBACK.
func (p *Peer) Unsubscribe(filters ...string) []byte {
	p.t.Helper()
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Unsubscribe, Qos: 1}, PacketID: p.NextID()}
	for _, f := range filters {
		pk.Filters = append(pk.Filters, packets.Subscription{Filter: f})
	}
	p.Send(pk)
	return p.Receive(packets.Unsuback).ReasonCodes
}

// PublishPacket is a PUBLISH.
func PublishPacket(topic, payload string, qos byte, id uint16, edit ...func(*packets.Packet)) packets.Packet {
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Publish, Qos: qos}, TopicName: topic, Payload: []byte(payload)}
	if qos > 0 {
		pk.PacketID = id
	}
	for _, fn := range edit {
		fn(&pk)
	}
	return pk
}

// Retain sets the retain flag.
func Retain(pk *packets.Packet) { pk.FixedHeader.Retain = true }

// Publish sends a PUBLISH and, at QoS 1, returns the code of the PUBACK, which must come
// next.
func (p *Peer) Publish(topic, payload string, qos byte, edit ...func(*packets.Packet)) byte {
	p.t.Helper()
	pk := PublishPacket(topic, payload, qos, p.NextID(), edit...)
	p.Send(pk)
	if qos == 0 {
		return 0
	}
	ack := p.Receive(packets.Puback)
	if ack.PacketID != pk.PacketID {
		p.t.Fatalf("PUBACK for %d, want %d", ack.PacketID, pk.PacketID)
	}
	return ack.ReasonCode
}

// Message expects a PUBLISH of a topic and payload next, and acknowledges it at QoS 1.
func (p *Peer) Message(topic, payload string) packets.Packet {
	p.t.Helper()
	pk := p.Receive(packets.Publish)
	if pk.TopicName != topic || string(pk.Payload) != payload {
		p.t.Fatalf("got %q on %q, want %q on %q", pk.Payload, pk.TopicName, payload, topic)
	}
	if pk.FixedHeader.Qos > 0 {
		p.Acknowledge(pk.PacketID)
	}
	return pk
}

// Acknowledge sends a PUBACK.
func (p *Peer) Acknowledge(id uint16) {
	p.t.Helper()
	p.Send(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: id})
}

// Disconnect sends a DISCONNECT and waits for the end.
func (p *Peer) Disconnect(edit ...func(*packets.Packet)) {
	p.t.Helper()
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}}
	for _, fn := range edit {
		fn(&pk)
	}
	p.Send(pk)
	p.Ended()
}
