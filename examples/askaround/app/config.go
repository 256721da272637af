package app

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"
)

// Config says what to run. The zero Config runs in memory on free ports of the
// loopback interface.
type Config struct {
	// Addr is where the page, the API and MQTT over WebSocket are served.
	// Default "127.0.0.1:0".
	Addr string
	// MQTTAddr is where MQTT over TCP is served. Default "127.0.0.1:0".
	MQTTAddr string
	// AWSAddr is where DynamoDB and SQS are served to whoever asks, without a check of
	// credentials: it must be a loopback address. Default "127.0.0.1:0".
	AWSAddr string
	// Dir keeps the data; "" keeps it in memory.
	Dir string
	// Issuer is the URL of an OpenID Connect issuer whose tokens are accepted,
	// for instance of an Auth0 tenant. Default: a development issuer in the process,
	// which gives a token to anybody who can reach Addr.
	Issuer string
	// Audience is what tokens must be meant for. Default "askaround".
	Audience string
	// Logger takes what goes on. Default: none.
	Logger *slog.Logger
	// Pace is the least time between two changes of a question's sums, up to 1 minute. The
	// first answer after a pause counts at once. Sums stand for all answers before them, so
	// that subscribers miss nothing, and under load the answers of that time cost one write
	// and one message together. Default 100 ms: faster than anybody reads.
	Pace time.Duration
	// Drain bounds the time that Run waits for accepted work when it is asked to
	// stop. What is left stays in the queues. Default 1 s.
	Drain time.Duration
}

// GCPercent is the setting of [runtime/debug.SetGCPercent] for a program that runs an App in memory:
// tables are the heap's larger part, and to mark them for each doubling of what requests
// allocate would take the processors from those requests several times a second.
const GCPercent = 800

// DefaultAudience is the audience of Config's zero value.
const DefaultAudience = "askaround"

const loopback = "127.0.0.1:0"

func (c Config) withDefaults() (Config, error) {
	setDefault(&c.Addr, loopback)
	setDefault(&c.MQTTAddr, loopback)
	setDefault(&c.AWSAddr, loopback)
	setDefault(&c.Audience, DefaultAudience)
	setDefault(&c.Pace, 100*time.Millisecond)
	setDefault(&c.Drain, time.Second)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Drain < 0 {
		return c, fmt.Errorf("app: drain %v is negative", c.Drain)
	}
	return c, checkLoopback(c.AWSAddr)
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// checkLoopback refuses addresses from which others could read and write every table.
func checkLoopback(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("app: address of AWS: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return errors.New("app: the local DynamoDB and SQS check no credentials and are served on loopback only, not on " + addr)
	}
	return nil
}
