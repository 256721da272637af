package broker

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	mqtt "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/accept"
)

// Broker is an MQTT broker for clients that only listen. Make one with [New].
type Broker struct {
	options Options
	server  *mqtt.Server
	ctx     context.Context // ends with Shutdown; parent of the contexts of Authenticate
	cancel  context.CancelFunc
	stats   counters
	serial  atomic.Uint64 // of connections: makes mochi's client ids unique

	running sync.WaitGroup // one for each connection and each Serve

	mu       sync.RWMutex
	closed   bool
	conns    map[*conn]*session // nil until admitted
	sessions map[clientKey]*session
	topics   map[string]map[*session]byte // subscribers of a topic and their QoS
}

// clientKey names a client. Client ids belong to an account.
type clientKey struct{ subject, clientID string }

// counters are the figures of [Stats] that only grow.
type counters struct{ published, sent, slow atomic.Uint64 }

// Stats are figures about a broker since New.
type Stats struct {
	Connections   int    // open now, authenticated or not
	Clients       int    // connected now
	Subscriptions int    // in force now
	Published     uint64 // messages accepted by Publish
	Sent          uint64 // messages written to clients
	Slow          uint64 // clients disconnected because they did not keep up
}

// New returns a Broker. It does no I/O and starts no goroutine. Options out of
// range are reported as [ErrInvalid], all of them.
func New(optFns ...func(*Options)) (*Broker, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	b := &Broker{
		options:  o,
		conns:    map[*conn]*session{},
		sessions: map[clientKey]*session{},
		topics:   map[string]map[*session]byte{},
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	// The server's Serve is never called: its event loop serves sessions without a
	// connection, retained messages, wills and $SYS, none of which exist here.
	b.server = mqtt.New(&mqtt.Options{
		Capabilities: capabilities(&o),
		Logger:       slog.New(slog.DiscardHandler), // it logs whole packets, passwords included
	})
	if err := b.server.AddHook(&hooks{broker: b}, nil); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	return b, nil
}

// Publish hands payload to everybody who is subscribed to topic, at the lower of
// QoS 1 and the QoS of the subscription. It returns when every one of them has
// it queued; it waits for no client. payload is copied.
//
// The error is [ErrInvalid] for a topic that cannot be published to,
// [ErrTooLarge], [ErrClosed] after Shutdown, or that of ctx; in each case nobody
// receives the message.
func (b *Broker) Publish(ctx context.Context, topic string, payload []byte) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("broker: publish to %s: %w", topic, err)
	}
	if err := checkTopic(topic); err != nil {
		return err
	}
	if len(payload) > MaxPayload {
		return fmt.Errorf("%w: %d bytes to %s", ErrTooLarge, len(payload), topic)
	}
	if err := b.enqueue(topic, payload); err != nil {
		return err
	}
	// The sessions' goroutines are ready to run now. Who publishes to many topics one after
	// the other would have thousands of them stand before everybody else in the scheduler's
	// queue, requests that wait for an answer included.
	runtime.Gosched()
	return nil
}

func (b *Broker) enqueue(topic string, payload []byte) error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	if b.closed {
		return ErrClosed
	}
	b.stats.published.Add(1)
	subscribers := b.topics[topic]
	if len(subscribers) == 0 {
		return nil
	}
	m := &message{topic: topic, payload: bytes.Clone(payload)}
	for s, qos := range subscribers {
		s.enqueue(m, qos)
	}
	return nil
}

// Serve accepts MQTT over TCP (or TLS, where l does that) until ctx ends or
// Shutdown is called, also before; then it closes l and returns nil. Connections that it
// accepted stay open until Shutdown. Another error of l is returned.
func (b *Broker) Serve(ctx context.Context, l net.Listener) error {
	if !b.begin(nil) {
		return l.Close()
	}
	defer b.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	err := accept.Loop(ctx, l, b.options.Logger, func(socket net.Conn) {
		c := tcpConn(socket, b.options.WriteTimeout)
		if !b.begin(c) {
			_ = socket.Close()
			return
		}
		go b.handle(c, "tcp")
	})
	if err != nil {
		return fmt.Errorf("broker: accept: %w", err)
	}
	return nil
}

// begin counts a goroutine in, and with it c if not nil. It reports whether it
// may run: false after Shutdown, or with too many connections.
func (b *Broker) begin(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || c != nil && len(b.conns) >= b.options.MaxConnections {
		return false
	}
	if c != nil {
		b.conns[c] = nil
	}
	b.running.Add(1)
	return true
}

// full reports whether begin would refuse a connection now.
func (b *Broker) full() bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.closed || len(b.conns) >= b.options.MaxConnections
}

// handle serves one connection, for which begin was called, until it is over.
func (b *Broker) handle(c *conn, door string) {
	defer b.running.Done()
	defer b.forget(c)
	defer func() {
		// A defect in the parsing of what a stranger sends must cost that stranger's
		// connection, not everybody's. mochi has one: a SUBSCRIBE of MQTT 5 that
		// ends before its last options (packets.go, SubscribeDecode, in v2.7.9).
		if p := recover(); p != nil {
			c.end(fmt.Errorf("broker: panic: %v", p))
			b.options.Logger.Error("mqtt connection panicked", "panic", p, "remote_addr", c.RemoteAddr().String())
		}
	}()
	_ = c.SetDeadline(time.Now().Add(b.options.HandshakeTimeout))
	err := b.server.EstablishConnection(door, c)
	c.end(orClosed(err))
}

// orClosed makes a cause of an error that may be nil, which a client's
// orderly DISCONNECT is.
func orClosed(err error) error {
	if err == nil {
		return packets.CodeDisconnect
	}
	return err
}

// forget removes all traces of a connection.
func (b *Broker) forget(c *conn) {
	_ = c.Close()
	s := c.session
	b.mu.Lock()
	delete(b.conns, c)
	if s != nil {
		key := clientKey{s.Subject, s.clientID}
		if b.sessions[key] == s {
			delete(b.sessions, key)
		}
		for topic := range s.topics {
			b.unsubscribeLocked(s, topic)
		}
	}
	b.mu.Unlock()
	if s == nil {
		return
	}
	s.stop()
	if s.started {
		<-s.done
	}
	// mochi keeps a client whose CONNACK could not be written, or that it panicked on.
	b.server.UnsubscribeClient(s.client)
	b.server.Clients.Delete(s.client.ID)
	b.options.Logger.Debug("mqtt client disconnected", "client_id", s.clientID, "remote_addr", c.RemoteAddr().String(), "cause", *c.cause.Load())
}

// register puts an admitted session in force; one with the same client id of the
// same account ends.
func (b *Broker) register(s *session) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := clientKey{s.Subject, s.clientID}
	if previous := b.sessions[key]; previous != nil {
		previous.end(packets.ErrSessionTakenOver)
	}
	b.sessions[key] = s
	b.conns[s.conn] = s
	if b.closed {
		s.end(packets.ErrServerShuttingDown)
	}
}

func (b *Broker) subscribe(s *session, topic string, qos byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	subscribers := b.topics[topic]
	if subscribers == nil {
		subscribers = map[*session]byte{}
		b.topics[topic] = subscribers
	}
	subscribers[s] = qos
}

func (b *Broker) unsubscribe(s *session, topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.unsubscribeLocked(s, topic)
}

func (b *Broker) unsubscribeLocked(s *session, topic string) {
	subscribers := b.topics[topic]
	delete(subscribers, s)
	if len(subscribers) == 0 {
		delete(b.topics, topic)
	}
}

// Stats returns the present figures.
func (b *Broker) Stats() Stats {
	b.mu.RLock()
	defer b.mu.RUnlock()
	stats := Stats{
		Connections: len(b.conns),
		Clients:     len(b.sessions),
		Published:   b.stats.published.Load(),
		Sent:        b.stats.sent.Load(),
		Slow:        b.stats.slow.Load(),
	}
	for _, subscribers := range b.topics {
		stats.Subscriptions += len(subscribers)
	}
	return stats
}

// Shutdown refuses what is new, tells every client that the server is shutting
// down (DISCONNECT 0x8B in MQTT 5), closes the listeners and waits until all
// connections and goroutines of the broker are gone. What is still queued is not
// sent. Where ctx ends first the rest is cut, and Shutdown returns the error of
// ctx. A second call does the same again and is harmless.
func (b *Broker) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	for c, s := range b.conns {
		if s != nil {
			s.end(packets.ErrServerShuttingDown)
		} else {
			c.end(packets.ErrServerShuttingDown)
			_ = c.socket.Close()
		}
	}
	b.mu.Unlock()
	b.cancel()

	gone := make(chan struct{})
	go func() {
		b.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	for c := range b.conns {
		_ = c.socket.Close()
	}
	b.mu.Unlock()
	<-gone
	return fmt.Errorf("broker: shutdown: %w", ctx.Err())
}
