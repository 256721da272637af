package mqtt

import (
	"context"
	"log/slog"
	"time"
)

// A Message is one that is published.
type Message struct {
	Topic   string
	Payload []byte // not changed by anybody once published
	QoS     byte   // 0 or 1
	Retain  bool

	// Properties of MQTT 5; zero where there are none.
	PayloadFormatUTF8 bool
	ContentType       string
	ResponseTopic     string
	CorrelationData   []byte
	UserProperties    [][2]string
	Expiry            time.Duration // how long it may wait; 0 is for ever
}

// A Connect is a CONNECT packet that asks for admission.
type Connect struct {
	ClientID   string // made up by the broker where the client sent none
	Username   string // as sent
	Password   []byte // as sent; a secret
	Protocol   byte   // 4 for MQTT 3.1.1, 5 for MQTT 5
	CleanStart bool
	Expiry     time.Duration // of the session, within the limits; 0 ends it with the connection
	KeepAlive  time.Duration // as granted
	Will       *Message      // nil where there is none
	RemoteAddr string        // "host:port"
	SessionID  string        // a UUID of this connection: connectionMetadata.id, and sessionIdentifier of lifecycle events
	// Disconnect ends the connection for a reason, now or later, also while admit runs. It
	// does not block and may be called more than once; the first reason counts.
	Disconnect func(Reason)
}

// LogValue leaves the secrets out of a log, and the user name, which may carry a token.
func (c *Connect) LogValue() slog.Value {
	return slog.GroupValue(slog.String("client_id", c.ClientID), slog.String("remote_addr", c.RemoteAddr), slog.Int("protocol", int(c.Protocol)))
}

// Admit decides about a CONNECT packet. An error refuses it: a *Refusal says how and was
// logged by admit, any other is "not authorized". ctx ends with the connection, or when the client has waited
// for too long.
type Admit func(ctx context.Context, connect *Connect) (Client, error)

// A Client is what an admitted connection may do. Its methods are called for every packet,
// concurrently; they must be quick and explain a denial to the log themselves.
type Client interface {
	// Account is what client ids are unique within; "" where there is but one.
	Account() string
	// Principal identifies the client in lifecycle events: the certificate's id, the
	// authorizer's principalId, or the access key's user.
	Principal() string
	MayPublish(topic string, retain bool) bool
	MaySubscribe(filter string) bool // as the client spelt it, $share/ included
	// MayReceive decides a delivery; group is "" or the name of the shared subscription.
	MayReceive(topic, group string) bool
	// Closed is called once, after the connection has ended and its session is stored or
	// gone; nothing is asked afterwards, but for MayReceive of what waits in the session.
	Closed()
}

// A Reason is why a connection ends from this side, or a CONNECT is refused.
type Reason uint8

// Reasons. Each stands with its code of MQTT 5 and, where it can refuse a CONNECT, of
// MQTT 3.1.1, which is not told why a connection ends.
const (
	NotAuthorized      Reason = iota // 0x87; 3.1.1: 5
	BadCredentials                   // 0x86; 3.1.1: 4
	ServerUnavailable                // 0x88; 3.1.1: 3
	AdministrativeEnd                // 0x98: DeleteConnection, a certificate deactivated
	MaximumConnectTime               // 0xA0: disconnectAfterInSeconds
	Throttled                        // 0x97; 3.1.1: 3
	WebSocketEnd                     // 0xA0: 24 hours of WebSocket
)

// A Refusal is an error of Admit that says what the client is told.
type Refusal struct {
	Reason Reason
	Err    error // why, which is not for the client
}

func (r *Refusal) Error() string { return r.Err.Error() }
func (r *Refusal) Unwrap() error { return r.Err }
