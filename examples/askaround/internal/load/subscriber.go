package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/eclipse/paho.golang/packets"
)

// subscriber follows one question by MQTT over WebSocket, at QoS 1 as the page does. It
// does no more than it must, since it shares the machine with the server.
type subscriber struct {
	socket *socket

	mu       sync.Mutex
	seen     int64   // the most answers that it was told of
	sights   []sight // when it was told of more than before
	messages int     // all that it received
	wanted   int64   // grown is closed when it has seen so many
	grown    chan struct{}
}

// sight is the moment when the question was first seen with so many answers.
type sight struct {
	Answers int64
	At      time.Time
}

// subscribe connects with the token and follows the topic.
func subscribe(ctx context.Context, host, token, clientID, topic string) (*subscriber, error) {
	socket, err := dial(ctx, host)
	if err != nil {
		return nil, err
	}
	s := &subscriber{socket: socket, grown: make(chan struct{})}
	connect := packets.NewControlPacket(packets.CONNECT)
	c := connect.Content.(*packets.Connect)
	c.ProtocolName, c.ProtocolVersion, c.CleanStart, c.KeepAlive = "MQTT", 5, true, 600
	c.ClientID, c.UsernameFlag, c.Username, c.PasswordFlag, c.Password = clientID, true, "load", true, []byte(token)
	filter := packets.NewControlPacket(packets.SUBSCRIBE)
	f := filter.Content.(*packets.Subscribe)
	f.PacketID, f.Subscriptions = 1, []packets.SubOptions{{Topic: topic, QoS: 1}}
	for _, step := range []struct {
		send   *packets.ControlPacket
		answer byte
	}{{connect, packets.CONNACK}, {filter, packets.SUBACK}} {
		if err := s.exchange(step.send, step.answer); err != nil {
			return nil, errors.Join(err, socket.Close())
		}
	}
	return s, nil
}

// exchange sends a packet and reads its answer.
func (s *subscriber) exchange(p *packets.ControlPacket, want byte) error {
	var b bytes.Buffer
	if _, err := p.WriteTo(&b); err != nil {
		return err
	}
	if err := s.socket.write(b.Bytes()); err != nil {
		return err
	}
	answer, err := s.socket.read()
	if err != nil {
		return err
	}
	got, err := packets.ReadPacket(bytes.NewReader(answer))
	if err != nil {
		return err
	}
	switch c := got.Content.(type) {
	case *packets.Connack:
		if want == packets.CONNACK && c.ReasonCode == 0 {
			return nil
		}
	case *packets.Suback:
		if want == packets.SUBACK && len(c.Reasons) == 1 && c.Reasons[0] == 1 {
			return nil
		}
	}
	return fmt.Errorf("the broker's answer is %v", got)
}

// run reads until the connection ends, at the latest with ctx.
func (s *subscriber) run(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = s.socket.Close() })()
	var acks []byte
	for {
		message, err := s.socket.read()
		if err != nil {
			return err
		}
		acks, err = s.take(acks[:0], message, time.Now())
		if err == nil && len(acks) > 0 {
			err = s.socket.write(acks)
		}
		if err != nil {
			return err
		}
	}
}

var errPacket = errors.New("a packet that is no PUBLISH of MQTT 5 at QoS 1")

// take reads the PUBLISH packets of a message and appends their PUBACKs to acks.
func (s *subscriber) take(acks, b []byte, now time.Time) ([]byte, error) {
	for len(b) > 0 {
		length, n := binary.Uvarint(b[1:]) // the same encoding as MQTT's
		if b[0] != 3<<4|1<<1 || n <= 0 || uint64(len(b)-1-n) < length {
			return acks, errPacket
		}
		packet := b[1+n:][:length]
		if len(packet) < 2 {
			return acks, errPacket
		}
		b = b[1+n:][length:]
		topic := 2 + int(binary.BigEndian.Uint16(packet))  // with its length
		if len(packet) < topic+3 || packet[topic+2] != 0 { // no properties
			return acks, errPacket
		}
		acks = append(acks, 4<<4, 2, packet[topic], packet[topic+1])
		s.saw(packet[topic+3:], now)
	}
	return acks, nil
}

// saw notes how many answers a summary tells of.
func (s *subscriber) saw(payload []byte, now time.Time) {
	const member = `"answers":`
	_, rest, ok := bytes.Cut(payload, []byte(member))
	end := bytes.IndexAny(rest, ",}")
	if !ok || end < 0 {
		return
	}
	answers, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages++
	if err != nil || answers <= s.seen {
		return
	}
	s.sights = append(s.sights, sight{answers, now})
	before := s.seen
	if s.seen = answers; s.wanted > before && s.wanted <= answers {
		close(s.grown)
	}
}

// until waits until the subscriber has seen n answers.
func (s *subscriber) until(ctx context.Context, n int64) error {
	s.mu.Lock()
	s.wanted, s.grown = n, make(chan struct{})
	if s.seen >= n {
		close(s.grown)
	}
	grown := s.grown
	s.mu.Unlock()
	select {
	case <-grown:
		return nil
	case <-ctx.Done():
		s.mu.Lock()
		defer s.mu.Unlock()
		return fmt.Errorf("a subscriber saw %d of %d answers: %w", s.seen, n, context.Cause(ctx))
	}
}
