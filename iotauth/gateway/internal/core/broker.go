package core

import (
	"context"
	"errors"
	"log/slog"
	"net"
)

// ErrInvalid says that a message cannot be published: its topic, size or properties.
var ErrInvalid = errors.New("core: invalid message")

// ErrThrottled says that no more messages can be retained.
var ErrThrottled = errors.New("core: throttled")

// ErrClosed says that the broker was shut down.
var ErrClosed = errors.New("core: the broker is shut down")

// Options configure a Broker.
type Options struct {
	Limits Limits
	Store  Store        // closed by Shutdown; nil keeps sessions in memory only
	Logger *slog.Logger // nil is none
	// Tap is shown every message that was accepted, also those to $aws/rules/…, which go
	// nowhere else, before it is acknowledged. It is called concurrently and must be quick.
	Tap func(ctx context.Context, from Source, m *Message)
	// NoEvents leaves out the lifecycle events below $aws/events/.
	NoEvents bool
}

// A Source is who published a message; zero for the broker's own.
type Source struct {
	ClientID   string // "" where it came by HTTPS
	Principal  string
	RemoteAddr string
}

// DisconnectOptions are those of AWS IoT's DeleteConnection.
type DisconnectOptions struct {
	CleanSession bool // end the session too
	NoWill       bool // do not publish the will
}

// A Broker serves MQTT. It is safe for concurrent use.
type Broker struct{}

// New returns a Broker with what its store has kept.
func New(o Options) (*Broker, error) { panic("being written") }

// Handle serves one connection until it ends, and closes it. The error says why a
// connection ended otherwise than by its client's wish, for the log.
func (b *Broker) Handle(ctx context.Context, conn net.Conn, admit Admit) error {
	panic("being written")
}

// Publish is PublishFrom by the broker itself.
func (b *Broker) Publish(ctx context.Context, m Message) error {
	return b.PublishFrom(ctx, Source{}, m)
}

// PublishFrom publishes m for somebody without a connection, who is allowed to. With QoS 1
// it returns when every persistent session that must get it has it on disk. An error
// otherwise than of ctx is ErrInvalid, ErrThrottled, ErrClosed or the store's.
func (b *Broker) PublishFrom(ctx context.Context, from Source, m Message) error {
	panic("being written")
}

// Disconnect ends the connection of a client and reports whether there was one.
func (b *Broker) Disconnect(clientID string, why Reason, o DisconnectOptions) bool {
	panic("being written")
}

// Shutdown refuses new connections, ends those that are open and waits for them, until ctx
// ends; then it closes the store.
func (b *Broker) Shutdown(ctx context.Context) error { panic("being written") }

// Stats returns counts since New, and of now.
func (b *Broker) Stats() Stats { panic("being written") }

// Stats are counts since New, but for the first five, which are of now.
type Stats struct {
	Connections   int // open, also before CONNECT
	Sessions      int // connected or persistent
	Subscriptions int
	Retained      int
	Queued        int // messages that wait in sessions

	Connects, ConnectsRefused, ConnectsThrottled       uint64
	PublishIn, PublishInDenied, PublishInThrottled     uint64
	PublishOut, PublishOutDenied                       uint64
	Subscribes, SubscribesDenied                       uint64
	Dropped                                            uint64 // messages that a full queue did not take
	Expired                                            uint64 // messages that waited for too long
	SlowClients                                        uint64 // disconnected because their queue was full
	SessionsExpired, Takeovers, Wills, Panics, Retries uint64
}
