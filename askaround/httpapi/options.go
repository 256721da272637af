package httpapi

import (
	"fmt"
	"log/slog"
	"net/url"
	"path"
	"strings"
	"time"
)

// maxDeadline is what a gateway in front of the service grants an integration:
// Amazon API Gateway ends it after 29 s (R003).
const maxDeadline = 29 * time.Second

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
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes an access log at level debug, and at level error what a client is
	// told only as "unavailable"; nil discards.
	Logger *slog.Logger
}

func (o *Options) validate() error {
	setDefault(&o.MaxBody, 16<<10)
	setDefault(&o.Deadline, 25*time.Second)
	setDefault(&o.Burst, max(1, int(2*o.Rate)))
	if o.MQTT == nil {
		o.MQTT = []string{"/mqtt"}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	switch {
	case o.BasePath != "" && (path.Clean(o.BasePath) != o.BasePath || !strings.HasPrefix(o.BasePath, "/") || o.BasePath == "/"):
		return fmt.Errorf("%w: base path %q: want a clean path such as /api", ErrOptions, o.BasePath)
	case o.MaxBody < 0:
		return fmt.Errorf("%w: body limit %d", ErrOptions, o.MaxBody)
	case o.Deadline < 0 || o.Deadline >= maxDeadline:
		return fmt.Errorf("%w: deadline %v: want less than %v", ErrOptions, o.Deadline, maxDeadline)
	case !(o.Rate >= 0) || o.Burst < 0:
		return fmt.Errorf("%w: rate %v, burst %d", ErrOptions, o.Rate, o.Burst)
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
