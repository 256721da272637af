package faulttest

import (
	"bufio"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

type packet = packets.Packet

// A client is one whose broker may die at any time: an error is the end, and no failure.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(address, clientID string, edit ...func(*packet)) (c client, present bool, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return client{}, false, err
	}
	c = client{conn, bufio.NewReader(conn)}
	if err = c.send(mqttest.ConnectPacket(clientID, edit...)); err != nil {
		return c, false, err
	}
	ack, err := c.next()
	if err == nil && (ack.FixedHeader.Type != packets.Connack || ack.ReasonCode != 0) {
		err = fmt.Errorf("CONNACK: type %d, code %#x", ack.FixedHeader.Type, ack.ReasonCode)
	}
	return c, ack.SessionPresent, err
}

func (c client) send(pk packet) error {
	pk.ProtocolVersion = mqttest.V5
	b, err := mqttest.Encode(pk)
	if err != nil {
		return err
	}
	_, err = c.Write(b)
	return err
}

func (c client) next() (packet, error) {
	_ = c.SetReadDeadline(time.Now().Add(mqttest.Patience))
	return mqttest.Read(c.r, mqttest.V5)
}

// A publisher sends numbers, several before their acknowledgments, in order.
type publisher struct {
	name   string
	topic  string
	retain bool
	window int
	sent   atomic.Uint64
	acked  atomic.Uint64 // the last
	total  atomic.Uint64 // how many were acknowledged
	runs   []span        // of acknowledged numbers, one for each connection
}

// A span is the numbers from first to last, none where last is smaller.
type span struct{ first, last uint64 }

func (p *publisher) confirmed() (numbers []uint64) {
	for _, s := range p.runs {
		for n := s.first; n <= s.last; n++ {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// run publishes until the connection ends.
func (p *publisher) run(t *testing.T, address string) {
	c, _, err := dial(address, p.name)
	if err != nil {
		return
	}
	defer c.Close()
	room, over := make(chan struct{}, p.window), make(chan struct{})
	var reading sync.WaitGroup
	first := p.sent.Load() + 1
	p.runs = append(p.runs, span{first, first - 1})
	run := &p.runs[len(p.runs)-1]
	reading.Go(func() {
		defer close(over)
		defer c.Close()
		for n := first; ; n++ {
			ack, err := c.next()
			if err != nil {
				return
			}
			if ack.FixedHeader.Type != packets.Puback || ack.PacketID != packetID(n) || ack.ReasonCode != 0 {
				t.Errorf("%s: packet type %d, id %d, code %#x; want the PUBACK of %d", p.name, ack.FixedHeader.Type, ack.PacketID, ack.ReasonCode, packetID(n))
				return
			}
			p.acked.Store(n)
			p.total.Add(1)
			run.last = n
			<-room
		}
	})
	defer reading.Wait()
	for {
		select {
		case room <- struct{}{}:
		case <-over: // the patience of a read, or the connection's end
			return
		}
		n := p.sent.Add(1)
		pk := mqttest.PublishPacket(p.topic, fmt.Sprint(p.name, " ", n), 1, packetID(n))
		pk.FixedHeader.Retain = p.retain
		if c.send(pk) != nil {
			return
		}
	}
}

func packetID(n uint64) uint16 { return uint16(n%0xFFFF) + 1 }

// A subscriber remembers what it got.
type subscriber struct {
	clientID string
	got      []delivery
}

type delivery struct {
	publisher string
	number    uint64
	dup       bool
}

// run takes and acknowledges messages until the connection ends, or one says "end".
func (s *subscriber) run(t *testing.T, address string, fresh bool) (ended bool) {
	c, present, err := dial(address, s.clientID, mqttest.Persistent(3600))
	if err != nil {
		return false
	}
	defer c.Close()
	if present == fresh {
		t.Errorf("%s: session present is %v", s.clientID, present)
	}
	for {
		pk, err := c.next()
		if err != nil {
			return false
		}
		if err := c.send(packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID}); err != nil {
			return false
		}
		if string(pk.Payload) == "end" {
			_ = c.send(packet{FixedHeader: packets.FixedHeader{Type: packets.Pingreq}})
			_, err := c.next() // the broker has the acknowledgment
			return err == nil
		}
		var d delivery
		if _, err := fmt.Sscan(string(pk.Payload), &d.publisher, &d.number); err != nil {
			t.Errorf("%s: payload %q", s.clientID, pk.Payload)
			return false
		}
		d.dup = pk.FixedHeader.Dup
		s.got = append(s.got, d)
	}
}
