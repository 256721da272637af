package mqtt

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Options configure a Broker. What is not set is as with AWS IoT.
type Options struct {
	Limits Limits
	Store  Store        // closed by Shutdown; nil keeps sessions in memory only
	Logger *slog.Logger // nil is none
	// Tap is shown every message that was accepted, also those to $aws/rules/…, which go
	// nowhere else, before it is acknowledged. It is called concurrently and must be quick.
	Tap func(ctx context.Context, from Source, m *Message)

	// MaximumPacketSize bounds a packet from a client, in bytes, and is announced. 0 is
	// Limits.Payload and 18 KiB.
	MaximumPacketSize int
	// WriteTimeout bounds a write to a client that does not read, which is lost then; a
	// quarter less may be enough. 0 is 10 s.
	WriteTimeout time.Duration
	// RetryTimeout is how long a QoS 1 message may be unacknowledged by a connected client
	// before it is given up and leaves room for another. Less than 0 is for ever; 0 is AWS
	// IoT's hour. Source: "AWS IoT Core message broker and protocol limits",
	// https://docs.aws.amazon.com/general/latest/gr/iot-core.html
	RetryTimeout time.Duration

	// NoEvents leaves out the lifecycle events below $aws/events/.
	NoEvents bool
	// NoSessions ends every session with its connection: the Session Expiry Interval is 0.
	NoSessions bool
	// NoRetained is a broker without retained messages: Retain Available is 0.
	NoRetained bool
	// NoTopicAliases announces a Topic Alias Maximum of 0, and uses no aliases of clients.
	NoTopicAliases bool
	// ExactTopics takes only filters that are topics: Wildcard Subscription Available and
	// Shared Subscription Available are 0, and topics that begin with $ not authorized.
	ExactTopics bool
	// GrantLess answers a SUBSCRIBE that asks for too much in its SUBACK: QoS 2 is granted as
	// 1, filters beyond Limits.SubscriptionsPerRequest are refused, and all where there is a
	// Subscription Identifier. AWS IoT ends the connection.
	GrantLess bool
	// OwnKeepAlive lets clients of MQTT 3.1.1, which cannot be told of another, have the
	// keep-alive that they ask for. 0 is none then.
	OwnKeepAlive bool
	// CountUnsent makes Limits.QueuedMessages and QueuedBytes those of messages that were not
	// sent yet, and of their payloads: what is in flight does not count.
	CountUnsent bool
}

// withDefaults fills in AWS IoT's values.
func (o Options) withDefaults() Options {
	o.Limits = o.Limits.withDefaults()
	or(&o.MaximumPacketSize, o.Limits.Payload+headerRoom)
	or(&o.WriteTimeout, 10*time.Second)
	or(&o.RetryTimeout, time.Hour)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Store == nil {
		o.Store = noStore{}
	}
	return o
}

// validate reports, as ErrInvalid, options and limits that cannot be kept.
func (o *Options) validate() error {
	var errs []error
	if o.MaximumPacketSize < 0 || o.MaximumPacketSize >= 1<<28 {
		errs = append(errs, fmt.Errorf("%w: MaximumPacketSize must be positive and less than 256 MiB", ErrInvalid))
	}
	if o.WriteTimeout < 0 {
		errs = append(errs, fmt.Errorf("%w: WriteTimeout must be positive", ErrInvalid))
	}
	return errors.Join(append(errs, o.Limits.validate())...)
}
