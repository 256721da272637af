package mqtt_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/internal/nonblock"
)

// tried is a stream that can be written to without waiting, as try has it.
type tried struct {
	net.Conn
	try func(p []byte) (kept bool, err error)

	mu            sync.Mutex
	tries, writes int
}

func (s *tried) TryWrite(p []byte) (kept bool, err error) {
	s.mu.Lock()
	s.tries++
	s.mu.Unlock()
	return s.try(p)
}

func (s *tried) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.writes++
	s.mu.Unlock()
	return s.Conn.Write(p)
}

// counts returns the calls since the last.
func (s *tried) counts() (tries, writes int) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.tries, s.writes = 0, 0 }()
	return s.tries, s.writes
}

// push runs a test of one subscriber to "a" over a stream that can be tried.
func push(t *testing.T, options func(*mqtt.Options), test func(t *testing.T, b *mqtt.Broker, s *tried, p *mqttest.Peer)) {
	synctest.Test(t, func(t *testing.T) {
		var o mqtt.Options
		unlimited(&o)
		if options != nil {
			options(&o)
		}
		b, err := mqtt.New(o)
		if err != nil {
			t.Fatal(err)
		}
		client, server := mqttest.Pipe(1 << 20)
		s := &tried{Conn: server}
		s.try = func(p []byte) (bool, error) {
			_, err := s.Conn.Write(p)
			return false, err
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = b.Handle(context.Background(), s, admitAll)
		}()
		p := mqttest.New(t, client, v5)
		p.Connect("c")
		p.Subscribe(1, "a")
		time.Sleep(time.Second)
		s.counts()
		test(t, b, s, p)
		_ = client.Close()
		<-ended
		_ = b.Shutdown(context.Background())
	})
}

func send(t *testing.T, b *mqtt.Broker, payload string) {
	t.Helper()
	if err := b.Publish(context.Background(), mqtt.Message{Topic: "a", Payload: []byte(payload), QoS: 1}); err != nil {
		t.Fatal(err)
	}
}

// A client that got nothing for a while is written to by who publishes, before Publish
// returns; what follows at once goes by the connection's goroutine.
func TestPush(t *testing.T) {
	push(t, nil, func(t *testing.T, b *mqtt.Broker, s *tried, p *mqttest.Peer) {
		for round := range 3 {
			send(t, b, "first")
			if tries, writes := s.counts(); tries != 1 || writes != 0 {
				t.Errorf("round %d: %d tries and %d writes of the first, want a try", round, tries, writes)
			}
			send(t, b, "second")
			if tries, writes := s.counts(); tries != 0 || writes != 1 {
				t.Errorf("round %d: %d tries and %d writes of the second, want a write", round, tries, writes)
			}
			p.Message("a", "first")
			p.Message("a", "second")
			time.Sleep(time.Millisecond)
		}
	})
}

// What could not be sent at once is sent by the connection's goroutine, before all else.
func TestPushKept(t *testing.T) {
	push(t, nil, func(t *testing.T, b *mqtt.Broker, s *tried, p *mqttest.Peer) {
		for _, answer := range []error{nil, nonblock.ErrBusy} {
			kept := ""
			s.try = func(p []byte) (bool, error) {
				if answer == nil {
					kept = string(p)
				}
				return answer == nil, answer
			}
			if answer == nil { // what is kept goes out first with the next write
				conn := s.Conn
				s.Conn = writeFirst{conn, &kept}
				defer func() { s.Conn = conn }()
			}
			send(t, b, "first")
			send(t, b, "second")
			p.Message("a", "first")
			p.Message("a", "second")
			if tries, writes := s.counts(); tries != 1 || writes == 0 {
				t.Errorf("%d tries and %d writes", tries, writes)
			}
			time.Sleep(time.Second)
		}
	})
}

// writeFirst writes what was kept before all else.
type writeFirst struct {
	net.Conn
	kept *string
}

func (w writeFirst) Write(p []byte) (int, error) {
	first := *w.kept
	*w.kept = ""
	if _, err := w.Conn.Write(append([]byte(first), p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// A client that cannot be written to is lost, whoever notices.
func TestPushFails(t *testing.T) {
	push(t, nil, func(t *testing.T, b *mqtt.Broker, s *tried, p *mqttest.Peer) {
		s.try = func([]byte) (bool, error) { return false, errors.New("broken") }
		send(t, b, "x")
		time.Sleep(time.Second) // it may have lingered for a half
		if n := b.Stats(); n.Connections != 0 {
			t.Errorf("%d connections", n.Connections)
		}
	})
}

// Where the window is full, or a rate is reached, what waits goes by the connection's
// goroutine when it may.
func TestPushWaits(t *testing.T) {
	push(t, func(o *mqtt.Options) { o.Limits.InflightOutbound = 1 }, func(t *testing.T, b *mqtt.Broker, s *tried, p *mqttest.Peer) {
		send(t, b, "first")
		time.Sleep(time.Second)
		send(t, b, "second")
		first := p.Receive(packets.Publish)
		p.Send(packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: first.PacketID})
		p.Message("a", "second")
	})
	push(t, func(o *mqtt.Options) { o.Limits.PublishRate = 1 }, func(t *testing.T, b *mqtt.Broker, s *tried, p *mqttest.Peer) {
		send(t, b, "first")
		p.Message("a", "first")
		began := time.Now()
		send(t, b, "second")
		p.Message("a", "second")
		if took := time.Since(began); took < 900*time.Millisecond || took > 1100*time.Millisecond {
			t.Errorf("the second message of a rate of one a second took %v", took)
		}
	})
}

// TestPushOrder: over TCP, messages of all sizes at all intervals, to a client that reads
// now and then, arrive whole and in order.
func TestPushOrder(t *testing.T) {
	const n = 300
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	s := serve(t)
	for _, qos := range []byte{0, 1} {
		p := s.join(t, v5, "c")
		p.Subscribe(qos, "a")
		sent := make(chan struct{})
		go func() {
			defer close(sent)
			for i := range n {
				if random.IntN(4) == 0 {
					time.Sleep(time.Duration(random.IntN(2500)) * time.Microsecond) // some find the client idle
				}
				size := random.IntN(100)
				if random.IntN(4) == 0 {
					size = random.IntN(100_000) // some fill the system's buffers
				}
				send(t, s.Broker, fmt.Sprintf("%d %s", i, strings.Repeat("x", size)))
			}
		}()
		if qos == 0 {
			<-sent // it reads when all is on its way
		}
		for i := range n {
			pk := p.Receive(packets.Publish)
			if got, _, _ := strings.Cut(string(pk.Payload), " "); got != strconv.Itoa(i) {
				t.Fatalf("QoS %d: message %d is %s", qos, i, got)
			}
			if qos == 1 {
				p.Send(packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: pk.PacketID})
			}
		}
		<-sent
	}
}
