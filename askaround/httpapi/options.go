package httpapi

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"
)

// Options configure the handler.
type Options struct {
	// BasePath is where the API begins, as in "/api"; "" is the root. The handler
	// takes it off paths and puts it before the addresses that it gives out.
	BasePath string
	// MQTT are the addresses at which GET /live tells clients to connect: ws, wss,
	// mqtt or mqtts URLs, or paths on this server. nil is the path "/mqtt".
	MQTT []string
	// MaxBody is the longest request body in bytes; 0 is 16 KiB.
	MaxBody int64
	// Deadline is how long one request may take, from its headers to its answer; 0 is
	// 25 s. It is less than 29 s.
	Deadline time.Duration
	// Rate is how many requests per second one account may make in the long run, and
	// Burst how many at once. Rate 0 sets no limit; Burst 0 is twice Rate, at least 1.
	Rate  float64
	Burst int
	// Events is where GET /events takes its events from; nil answers 404 there. Close it
	// before the server shuts down, since a server waits for its streams.
	Events *Events
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes an access log at level debug, and at level error what a client is
	// told only as "unavailable"; nil discards.
	Logger *slog.Logger
}

// validate fills in what this package uses; apihttp does so for what it is handed.
func (o *Options) validate() error {
	if o.MQTT == nil {
		o.MQTT = []string{"/mqtt"}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	for _, address := range o.MQTT {
		if err := checkMQTT(address); err != nil {
			return err
		}
	}
	return nil
}

func checkMQTT(address string) error {
	u, err := url.Parse(address)
	if err == nil && strings.HasPrefix(address, "/") {
		return nil
	}
	if err == nil && u.Host != "" {
		switch u.Scheme {
		case "ws", "wss", "mqtt", "mqtts":
			return nil
		}
	}
	return fmt.Errorf("%w: MQTT address %q: want ws, wss, mqtt, mqtts or a path", ErrOptions, address)
}
