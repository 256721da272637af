package broker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// Errors of this package, and those that an [Options.Authenticate] returns to
// say why it refuses.
var (
	// ErrInvalid reports an option out of range, or a topic that cannot be published to.
	ErrInvalid = errors.New("broker: invalid")
	// ErrTooLarge reports a payload above [MaxPayload].
	ErrTooLarge = errors.New("broker: payload too large")
	// ErrClosed reports use after Shutdown.
	ErrClosed = errors.New("broker: closed")

	// ErrBadCredentials says that the token is missing, malformed, expired or not
	// from a trusted issuer: CONNACK 0x86 in MQTT 5, return code 4 in MQTT 3.1.1.
	ErrBadCredentials = errors.New("broker: bad credentials")
	// ErrNotAuthorized says that the token is good but gives no access here:
	// CONNACK 0x87, return code 5. It is also what any other error means.
	ErrNotAuthorized = errors.New("broker: not authorized")
	// ErrUnavailable says that the token could not be checked now and that the
	// client should try again: CONNACK 0x88, return code 3.
	ErrUnavailable = errors.New("broker: authentication unavailable")
)

// MaxPayload is the largest payload of a message in bytes, as in AWS IoT Core
// ("Message broker quotas": 128 KB).
const MaxPayload = 128 << 10

// MaxTopic and MaxSlashes bound a topic: 256 bytes of UTF-8 and 7 forward
// slashes, as in AWS IoT Core.
const (
	MaxTopic   = 256
	MaxSlashes = 7
)

// Connect is what a client presented in its CONNECT packet.
type Connect struct {
	ClientID   string // as sent; made up by the broker where the client sent none
	Username   string // as sent
	Password   []byte // as sent; a secret
	Token      string // the bearer token: the password, or where that is empty a parameter of the user name; a secret
	RemoteAddr string // "host:port" of the peer
	Protocol   byte   // 4 for MQTT 3.1.1, 5 for MQTT 5
}

// LogValue leaves the secrets out of a log, and the user name with them because
// it may carry a token.
func (c Connect) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("client_id", c.ClientID),
		slog.String("remote_addr", c.RemoteAddr),
		slog.Int("protocol", int(c.Protocol)),
	)
}

// Session is what an admitted client may do.
type Session struct {
	// Subject is the account. Client ids are unique within it. Not empty.
	Subject string
	// Expires is when the client is disconnected; zero means never.
	Expires time.Time
	// CanSubscribe decides on one topic filter, which is always an exact topic of
	// at most MaxTopic bytes. It must be quick and safe for concurrent use. nil
	// allows nothing.
	CanSubscribe func(filter string) bool
}

// Options configure a Broker. A zero value means the default.
type Options struct {
	// Authenticate decides who may connect. Required. It is called once per
	// connection, with a context that ends with HandshakeTimeout or Shutdown, and
	// must be safe for concurrent use. See [ErrBadCredentials] and its neighbours
	// for what its errors tell the client.
	Authenticate func(context.Context, Connect) (Session, error)
	// TokenParameter names the parameter of the user name that carries a token as
	// AWS IoT's custom authorizers take it: "anyone?token=eyJ…". Default "token".
	TokenParameter string
	// Origins are the origins ("https://app.example.org") whose pages may open a
	// WebSocket, besides the origin that the handler itself is served from.
	// Programs that are no browsers send no origin and are always let through to
	// Authenticate.
	Origins []string
	// Logger receives connections, refusals and disconnections. Default: none.
	Logger *slog.Logger

	// MaxConnections bounds the open connections, those that have not
	// authenticated yet included; more are closed at once. Default 10,000.
	MaxConnections int
	// MaxSubscriptions bounds the topics of one connection. Default 50, and
	// MaxFilters those of one SUBSCRIBE packet. Default 8. Both as in AWS IoT
	// Core. What is above is refused in the SUBACK.
	MaxSubscriptions int
	MaxFilters       int
	// MaxInflight bounds the QoS 1 messages that a client has not yet
	// acknowledged, 1 to 65,535; a client of MQTT 5 may ask for less. Default 100,
	// as in AWS IoT Core.
	MaxInflight int
	// QueueMessages and QueueBytes (of payload) bound what waits for one client
	// behind that; a client that falls behind by more is disconnected.
	// Defaults 4,096 and 8 MiB.
	QueueMessages int
	QueueBytes    int
	// MaxInbound bounds a packet from a client in bytes. Clients send no payload,
	// so this bounds their token. Default 16 KiB.
	MaxInbound int
	// HandshakeTimeout bounds the time from accept to CONNACK, and WriteTimeout a
	// single write to a client. Defaults 10 s.
	HandshakeTimeout time.Duration
	WriteTimeout     time.Duration
}

// withDefaults fills in the defaults and reports what is out of range, all of it.
func (o Options) withDefaults() (Options, error) {
	if o.TokenParameter == "" {
		o.TokenParameter = "token"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	var errs []error
	if o.Authenticate == nil {
		errs = append(errs, fmt.Errorf("%w: Authenticate is required", ErrInvalid))
	}
	number := func(name string, value *int, def, maximum int) {
		if *value == 0 {
			*value = def
		}
		if *value < 1 || *value > maximum {
			errs = append(errs, fmt.Errorf("%w: %s %d is not within 1 and %d", ErrInvalid, name, *value, maximum))
		}
	}
	number("MaxConnections", &o.MaxConnections, 10_000, 1<<20)
	number("MaxSubscriptions", &o.MaxSubscriptions, 50, 1<<20)
	number("MaxFilters", &o.MaxFilters, 8, 1<<16)
	number("MaxInflight", &o.MaxInflight, 100, 1<<16-1)
	number("QueueMessages", &o.QueueMessages, 4096, 1<<24)
	number("QueueBytes", &o.QueueBytes, 8<<20, 1<<30)
	number("MaxInbound", &o.MaxInbound, 16<<10, 1<<20)
	duration := func(name string, value *time.Duration) {
		if *value == 0 {
			*value = 10 * time.Second
		}
		if *value < 0 {
			errs = append(errs, fmt.Errorf("%w: %s %v is negative", ErrInvalid, name, *value))
		}
	}
	duration("HandshakeTimeout", &o.HandshakeTimeout)
	duration("WriteTimeout", &o.WriteTimeout)
	for _, origin := range o.Origins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || strings.TrimSuffix(origin, "/") != u.Scheme+"://"+u.Host {
			errs = append(errs, fmt.Errorf("%w: origin %q is not scheme://host", ErrInvalid, origin))
		}
	}
	return o, errors.Join(errs...)
}
