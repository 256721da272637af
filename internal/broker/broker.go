package broker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/internal/accept"
	"github.com/askaround/askaround-go/internal/mqtt"
)

// Broker is an MQTT broker for clients that only listen. Make one with [New].
type Broker struct {
	options   Options
	mqtt      *mqtt.Broker
	published atomic.Uint64
	ctx       context.Context // of the listeners; ends with Shutdown
	cancel    context.CancelFunc

	mu      sync.Mutex
	closed  bool
	running sync.WaitGroup // one for each connection and each Serve
}

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
	b := &Broker{options: o}
	if b.mqtt, err = mqtt.New(settings(&o)); err != nil {
		return nil, fmt.Errorf("broker: %w", err)
	}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	return b, nil
}

// Keep-alive as in AWS IoT Core. A client of MQTT 5 that asks for more, or for none, is
// told so.
const maxKeepalive = 1200 * time.Second

// settings are what is asked of the broker beneath.
func settings(o *Options) mqtt.Options {
	return mqtt.Options{
		Limits: mqtt.Limits{
			Payload:                    MaxPayload,
			TopicBytes:                 MaxTopic,
			TopicSlashes:               MaxSlashes,
			SubscriptionsPerConnection: o.MaxSubscriptions,
			SubscriptionsPerRequest:    o.MaxFilters,
			InflightInbound:            1024, // publications, each of which is refused
			InflightOutbound:           o.MaxInflight,
			QueuedMessages:             o.QueueMessages,
			QueuedBytes:                o.QueueBytes,
			Connections:                o.MaxConnections,
			ConnectTimeout:             o.HandshakeTimeout,
			KeepAliveMin:               time.Second,
			KeepAliveMax:               maxKeepalive,
			PublishRate:                math.Inf(1),
			ConnectRate:                math.Inf(1),
			RedeliveryRate:             math.Inf(1),
			Throughput:                 math.MaxInt,
		},
		Logger:            o.Logger,
		MaximumPacketSize: o.MaxInbound,
		WriteTimeout:      o.WriteTimeout,
		RetryTimeout:      -1,
		NoEvents:          true,
		NoSessions:        true,
		NoRetained:        true,
		NoTopicAliases:    true,
		ExactTopics:       true,
		GrantLess:         true,
		OwnKeepAlive:      true,
		CountUnsent:       true,
	}
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
	if b.ctx.Err() != nil {
		return ErrClosed
	}
	if b.mqtt.Subscribed(topic) { // for nobody there is nothing to copy
		err := b.mqtt.Publish(ctx, mqtt.Message{Topic: topic, Payload: bytes.Clone(payload), QoS: 1})
		switch {
		case errors.Is(err, mqtt.ErrClosed):
			return ErrClosed
		case err != nil:
			return fmt.Errorf("broker: publish to %s: %w", topic, err)
		}
	}
	b.published.Add(1)
	return nil
}

// Serve accepts MQTT over TCP (or TLS, where l does that) until ctx ends or
// Shutdown is called, also before; then it closes l and returns nil. Connections that it
// accepted stay open until Shutdown. Another error of l is returned.
func (b *Broker) Serve(ctx context.Context, l net.Listener) error {
	if !b.begin() {
		return l.Close()
	}
	defer b.running.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(b.ctx, cancel)()
	err := accept.Loop(ctx, l, b.options.Logger, func(socket net.Conn) {
		if !b.begin() {
			_ = socket.Close()
			return
		}
		go b.handle(socket, "tcp")
	})
	if err != nil {
		return fmt.Errorf("broker: accept: %w", err)
	}
	return nil
}

// begin counts a goroutine in. It reports whether it may run: false after Shutdown.
func (b *Broker) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return false
	}
	b.running.Add(1)
	return true
}

// handle serves one connection, for which begin was called, until it is over.
func (b *Broker) handle(stream net.Conn, door string) {
	defer b.running.Done()
	remote := stream.RemoteAddr().String()
	err := b.mqtt.Handle(context.Background(), stream, b.admit) // Shutdown ends it
	b.options.Logger.Debug("mqtt connection ended", "remote_addr", remote, "door", door, "cause", err)
}

// Stats returns the present figures.
func (b *Broker) Stats() Stats {
	s := b.mqtt.Stats()
	return Stats{
		Connections:   s.Connections,
		Clients:       s.Sessions,
		Subscriptions: s.Subscriptions,
		Published:     b.published.Load(),
		Sent:          s.PublishOut,
		Slow:          s.SlowClients,
	}
}

// Shutdown refuses what is new, tells every client that the server is shutting
// down (DISCONNECT 0x8B in MQTT 5), closes the listeners and waits until all
// connections and goroutines of the broker are gone. What is still queued is not
// sent. Where ctx ends first the rest is cut, and Shutdown returns the error of
// ctx. A second call does the same again and is harmless.
func (b *Broker) Shutdown(ctx context.Context) error {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.cancel()
	err := b.mqtt.Shutdown(ctx)
	b.running.Wait() // for no client: they are gone, or cut
	if late := ctx.Err(); late != nil && errors.Is(err, late) {
		return fmt.Errorf("broker: shutdown: %w", late)
	}
	return nil
}
