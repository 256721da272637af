package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

// figures are what was measured.
type figures struct {
	deliveries int64
	elapsed    time.Duration
	processor  time.Duration
	latencies  []time.Duration // sorted
}

func (f figures) rate() float64 { return float64(f.deliveries) / f.elapsed.Seconds() }

func (f figures) processorTime() time.Duration {
	return (f.processor / time.Duration(max(1, f.deliveries))).Round(100 * time.Nanosecond)
}

func (f figures) quantile(q float64) time.Duration {
	if len(f.latencies) == 0 {
		return 0
	}
	return f.latencies[int(q*float64(len(f.latencies)-1))].Round(10 * time.Microsecond)
}

// load is the clients of one measurement.
type load struct {
	shape
	interval   time.Duration // between the messages of one publisher; 0 is as fast as it goes
	deliveries atomic.Int64
	measuring  atomic.Bool

	mu        sync.Mutex
	latencies []time.Duration
}

// measure connects clients to a broker and has rate messages published in a second; 0 is as
// fast as they are acknowledged.
func measure(ctx context.Context, s shape, b *broker, rate float64) (figures, error) {
	l := &load{shape: s}
	if rate > 0 {
		l.interval = time.Duration(float64(s.publishers) / rate * float64(time.Second))
	}
	groups := max(1, (s.connections-s.publishers)/s.fan)
	var conns []*client
	defer func() {
		for _, c := range conns {
			_ = c.Close()
		}
	}()
	for i := range s.connections {
		c, err := dial(ctx, b.address, fmt.Sprintf("client-%d", i))
		if err != nil {
			return figures{}, err
		}
		conns = append(conns, c)
		if i >= s.publishers && i < s.publishers+groups*s.fan {
			if err := c.subscribe(topic((i - s.publishers) % groups)); err != nil {
				return figures{}, err
			}
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var running sync.WaitGroup
	failed := make(chan error, s.connections)
	begin := func(run func() error) {
		running.Go(func() {
			if err := run(); err != nil && ctx.Err() == nil {
				failed <- err
			}
		})
	}
	for i, c := range conns {
		if i < s.publishers {
			begin(func() error { return l.publish(ctx, c, topic(i%groups)) })
		} else {
			begin(func() error { return l.receive(c) })
		}
	}
	f, err := l.watch(ctx, b, failed)
	cancel()
	for _, c := range conns {
		_ = c.Close()
	}
	running.Wait()
	f.latencies = l.latencies
	slices.Sort(f.latencies)
	return f, err
}

func topic(group int) string { return fmt.Sprintf("load/group/%d", group) }

// watch counts for as long as is to be measured, after warming up for a second or as long.
func (l *load) watch(ctx context.Context, b *broker, failed <-chan error) (f figures, err error) {
	wait := func(d time.Duration) error {
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
	if err := wait(min(time.Second, l.time)); err != nil {
		return f, err
	}
	before, err := b.processorTime()
	if err != nil {
		return f, err
	}
	begun, deliveries := time.Now(), l.deliveries.Load()
	l.measuring.Store(true)
	if err := wait(l.time); err != nil {
		return f, err
	}
	l.measuring.Store(false)
	f.deliveries, f.elapsed = l.deliveries.Load()-deliveries, time.Since(begun)
	after, err := b.processorTime()
	f.processor = after - before
	return f, err
}

// client is a connection.
type client struct {
	net.Conn
	r *bufio.Reader
}

func dial(ctx context.Context, address, id string) (*client, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := &client{conn, bufio.NewReaderSize(conn, 16<<10)}
	login := mqttest.Login(username, "none")
	if err := c.ask(mqttest.ConnectPacket(id, login), packets.Connack); err != nil {
		return nil, errors.Join(fmt.Errorf("connect: %w", err), conn.Close())
	}
	return c, nil
}

func (c *client) subscribe(filter string) error {
	return c.ask(mqttest.SubscribePacket(1, packets.Subscription{Filter: filter, Qos: 1}), packets.Suback)
}

// ask sends a packet and expects an answer that refuses nothing.
func (c *client) ask(pk packets.Packet, answer byte) error {
	pk.ProtocolVersion = mqttest.V5
	if err := c.send(pk); err != nil {
		return err
	}
	got, err := mqttest.Read(c.r, mqttest.V5)
	switch {
	case err != nil:
		return err
	case got.FixedHeader.Type != answer || got.ReasonCode >= 0x80 || len(got.ReasonCodes) > 0 && got.ReasonCodes[0] >= 0x80:
		return fmt.Errorf("packet of type %d with code %#x %#x", got.FixedHeader.Type, got.ReasonCode, got.ReasonCodes)
	}
	return nil
}

func (c *client) send(pk packets.Packet) error {
	text, err := mqttest.Encode(pk)
	if err != nil {
		return err
	}
	_, err = c.Write(text)
	return err
}

// next reads a packet into buf as it is, and returns its type, flags and body.
func (c *client) next(buf []byte) (first byte, body []byte, err error) {
	if first, err = c.r.ReadByte(); err != nil {
		return 0, nil, err
	}
	n, err := binary.ReadUvarint(c.r) // MQTT's variable byte integer is one
	if err != nil {
		return 0, nil, err
	}
	if uint64(len(buf)) < n {
		return 0, nil, errors.New("packet larger than what was published")
	}
	_, err = io.ReadFull(c.r, buf[:n])
	return first, buf[:n], err
}

// publish publishes until the connection is closed: whenever one of the window is
// acknowledged, and no more often than the interval allows.
func (l *load) publish(ctx context.Context, c *client, topic string) error {
	window, gone := make(chan struct{}, l.window), make(chan struct{})
	defer func() { <-gone }()
	defer c.Close()
	go func() { // ends with the connection
		defer close(gone)
		var buf [1 << 10]byte
		for {
			if _, _, err := c.next(buf[:]); err != nil {
				return
			}
			<-window
		}
	}()
	payload := make([]byte, l.bytes)
	next := time.Now()
	for id := uint16(1); ; id = id%60000 + 1 {
		if l.interval > 0 {
			next = next.Add(l.interval)
			select {
			case <-time.After(time.Until(next)):
			case <-ctx.Done():
				return nil
			}
		}
		select {
		case window <- struct{}{}:
		case <-gone:
			return io.ErrUnexpectedEOF
		case <-ctx.Done():
			return nil
		}
		binary.LittleEndian.PutUint64(payload, uint64(time.Now().UnixNano()))
		pk := mqttest.PublishPacket(topic, string(payload), 1, id)
		pk.ProtocolVersion = mqttest.V5
		if err := c.send(pk); err != nil {
			return err
		}
	}
}

// receive acknowledges what comes, until the connection is closed. Acknowledgements of what
// came together go together.
func (l *load) receive(c *client) error {
	buf, acks := make([]byte, l.bytes+1<<10), []byte(nil)
	var latencies []time.Duration
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.latencies = append(l.latencies, latencies...)
	}()
	for {
		first, body, err := c.next(buf)
		if err != nil {
			return err
		}
		if first>>4 != packets.Publish {
			return fmt.Errorf("packet of type %d", first>>4)
		}
		n := 2 + int(binary.BigEndian.Uint16(body))
		acks = append(acks, packets.Puback<<4, 2, body[n], body[n+1])
		l.deliveries.Add(1)
		if l.measuring.Load() && l.interval > 0 {
			sent := binary.LittleEndian.Uint64(body[len(body)-l.bytes:])
			latencies = append(latencies, time.Duration(time.Now().UnixNano()-int64(sent)))
		}
		if c.r.Buffered() == 0 || len(acks) >= 4*20 {
			if _, err := c.Write(acks); err != nil {
				return err
			}
			acks = acks[:0]
		}
	}
}
