package mqtt_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// mortal is a broker that is killed and comes back with what its store has kept.
type mortal struct {
	t     *testing.T
	mu    sync.Mutex
	store *journaled
	*mqtt.Broker
	handlers sync.WaitGroup
}

func (m *mortal) start(store *journaled) {
	o := mqtt.Options{Store: store}
	unlimited(&o)
	o.Limits.QueuedMessages, o.Limits.QueuedBytes = 1<<20, 1<<30 // what does not fit is lost
	b, err := mqtt.New(o)
	if err != nil {
		m.t.Error(err)
		return
	}
	m.store, m.Broker = store, b
}

// kill ends the broker without its store hearing of it, and starts another.
func (m *mortal) kill() {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.store.die()
	m.shutdown()
	m.start(next)
}

func (m *mortal) shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := m.Shutdown(ctx); err != nil {
		m.t.Errorf("Shutdown: %v", err)
	}
}

func (m *mortal) dial() net.Conn {
	m.mu.Lock()
	defer m.mu.Unlock()
	client, server := mqttest.Pipe(8 << 10)
	b := m.Broker
	m.handlers.Go(func() { _ = b.Handle(context.Background(), server, admitAll) })
	return client
}

// client connects again and again; each connection lasts for as long as live returns true.
func (m *mortal) client(id string, r *rand.Rand, live func(p *rawPeer) bool, done func() bool) {
	for !done() {
		conn := m.dial()
		p := &rawPeer{Conn: conn, r: bufio.NewReader(conn), protocol: v4 + byte(r.IntN(2))}
		if p.connect(id) == nil {
			for p.err == nil && !done() && live(p) {
			}
			if r.IntN(2) == 0 {
				p.send(packet{FixedHeader: packets.FixedHeader{Type: packets.Disconnect}})
			}
		}
		_ = p.Close()
	}
}

// TestNothingLost lets publishers and persistent sessions connect and disconnect at random,
// while the broker dies now and then. What a publisher got a PUBACK for is received by every
// session, at least once, and in order; what it got none for it publishes again.
func TestNothingLost(t *testing.T) {
	publishers, sessions, messages, deaths := 3, 4, 300, 4
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		publishers, sessions, messages, deaths = 4, 6, 1500, 20
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	m := &mortal{t: t}
	m.start(newJournaled())
	m.subscribeAll(sessions)

	var acked, complete atomic.Int64
	var clients sync.WaitGroup
	for i := range publishers {
		pub := &sequence{topic: fmt.Sprintf("p/%d", i), total: messages}
		clients.Go(func() {
			m.client(fmt.Sprintf("pub-%d", i), rand.New(rand.NewPCG(seed, uint64(i))), func(p *rawPeer) bool { return pub.step(p, &acked) }, pub.done)
		})
	}
	subscribers := make([]*receiver, sessions)
	for i := range subscribers {
		sub := &receiver{t: t, name: fmt.Sprintf("sub-%d", i), next: make([]int, publishers), total: messages, random: rand.New(rand.NewPCG(seed, uint64(1000+i)))}
		subscribers[i] = sub
		clients.Go(func() {
			m.client(sub.name, sub.random, sub.step, sub.done)
			complete.Add(1)
		})
	}
	for i := range deaths {
		at := int64((i + 1) * publishers * messages / (deaths + 1))
		eventuallyIn(t, time.Minute, "the publishers come on", func() bool { return acked.Load() >= at })
		m.kill()
	}
	eventuallyIn(t, time.Minute, "every session has everything", func() bool { return complete.Load() == int64(sessions) })
	clients.Wait()
	m.shutdown()
	m.handlers.Wait()
	left, err := m.store.state()
	if err != nil {
		t.Error(err)
	}
	for id, queue := range left.queues {
		t.Logf("%s: %d are left that it has received", id, len(queue))
	}
}

func eventuallyIn(t *testing.T, limit time.Duration, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok() && !t.Failed(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: %s", what)
		}
	}
}

func (m *mortal) subscribeAll(sessions int) {
	for i := range sessions {
		p := mqttest.New(m.t, m.dial(), v5)
		p.Connect(fmt.Sprintf("sub-%d", i), mqttest.Persistent(3600))
		p.Subscribe(1, "p/#")
		p.Disconnect()
	}
}

// rawPeer is a client that takes the end of its connection as it comes.
type rawPeer struct {
	net.Conn
	protocol byte
	r        *bufio.Reader
	err      error
}

func (p *rawPeer) send(pk packet) {
	pk.ProtocolVersion = p.protocol
	b, err := mqttest.Encode(pk)
	if err == nil {
		_ = p.SetWriteDeadline(time.Now().Add(patience))
		_, err = p.Write(b)
	}
	p.err = errors.Join(p.err, err)
}

func (p *rawPeer) connect(id string) error {
	p.send(mqttest.ConnectPacket(id, mqttest.Persistent(3600)))
	if pk := p.receive(); p.err == nil && (pk.FixedHeader.Type != packets.Connack || pk.ReasonCode != 0) {
		p.err = errors.New("not connected")
	}
	return p.err
}

func (p *rawPeer) receive() packet {
	_ = p.SetReadDeadline(time.Now().Add(patience))
	pk, err := mqttest.Read(p.r, p.protocol)
	p.err = errors.Join(p.err, err)
	return pk
}

// sequence publishes numbers from 0 and remembers which are acknowledged, in order.
type sequence struct {
	topic string
	total int
	first int // not acknowledged
	conn  *rawPeer
	sent  int // on conn
	ends  int // when conn is to end
}

func (s *sequence) done() bool { return s.first == s.total }

func (s *sequence) step(p *rawPeer, acked *atomic.Int64) bool {
	if s.conn != p {
		s.conn, s.sent = p, s.first
		s.ends = s.first + 20 + rand.IntN(100)
	}
	for ; s.sent < min(s.first+20, s.total); s.sent++ {
		p.send(mqttest.PublishPacket(s.topic, fmt.Sprint(s.sent), 1, uint16(s.sent+1)))
	}
	pk := p.receive()
	if p.err != nil {
		return false
	}
	if pk.FixedHeader.Type != packets.Puback || int(pk.PacketID) != s.first+1 {
		p.err = fmt.Errorf("got packet type %d of id %d, want the PUBACK of %d", pk.FixedHeader.Type, pk.PacketID, s.first+1)
		return false
	}
	s.first++
	acked.Add(1)
	return s.first < s.ends
}

// receiver expects the numbers of every publisher without a gap.
type receiver struct {
	t      *testing.T
	name   string
	next   []int // of each publisher
	total  int
	random *rand.Rand
}

func (s *receiver) done() bool {
	if s.t.Failed() {
		return true
	}
	for _, n := range s.next {
		if n < s.total {
			return false
		}
	}
	return true
}

func (s *receiver) step(p *rawPeer) bool {
	pk := p.receive()
	if p.err != nil || pk.FixedHeader.Type != packets.Publish {
		return false
	}
	var publisher, number int
	if _, err := fmt.Sscanf(pk.TopicName+" "+string(pk.Payload), "p/%d %d", &publisher, &number); err != nil {
		s.t.Error(err)
		return false
	}
	switch {
	case number > s.next[publisher]:
		s.t.Errorf("%s: message %d of publisher %d came before %d", s.name, number, publisher, s.next[publisher])
		return false
	case number == s.next[publisher]:
		s.next[publisher]++
	}
	if s.random.IntN(50) == 0 {
		return false // without acknowledging it
	}
	if s.random.IntN(20) > 0 { // the others are never acknowledged on this connection
		p.send(packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID})
	}
	return true
}

func dialRaw(address string, protocol byte) (*rawPeer, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &rawPeer{Conn: conn, r: bufio.NewReader(conn), protocol: protocol}, nil
}
