package deviceapi

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	api "github.com/askaround/askaround-go/api/device"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/apihttp"
)

// keptMessages is how many messages are remembered.
const keptMessages = 1000

// Publisher sends a message to the subscribers of a topic.
type Publisher interface {
	Publish(ctx context.Context, topic string, payload []byte) error
}

// Options configure a Device.
type Options struct {
	// Verify returns whose token it is. Required.
	Verify func(ctx context.Context, token string) (apihttp.Caller, error)
	// Secret is what webhooks are signed with; without one all are refused.
	Secret []byte
	// BasePath, Rate and Burst are as in apihttp.Options.
	BasePath string
	Rate     float64
	Burst    int
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes the access log; nil discards.
	Logger *slog.Logger
}

// Device is the HTTP API in front of devices. It is safe for concurrent use.
type Device struct {
	handler   http.Handler
	basePath  string
	publisher Publisher
	clock     func() time.Time
	log       *apihttp.Log[api.ReceivedMessage]
}

// New returns the API.
func New(p Publisher, o Options) (*Device, error) {
	if p == nil || o.Verify == nil {
		return nil, errors.New("deviceapi: a publisher and Options.Verify are wanted")
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	d := &Device{
		basePath: o.BasePath, publisher: p, clock: o.Clock, log: apihttp.NewLog[api.ReceivedMessage](keptMessages),
	}
	handler, err := apihttp.New(generated(d), apihttp.Options{
		Document: api.Document(), Realm: "device", Authenticate: authenticate(o),
		MissingResource: missing, BasePath: o.BasePath,
		MaxBody: 4 << 10, MaxBodies: map[string]int64{"receiveWebhook": maxWebhook},
		Rate: o.Rate, Burst: o.Burst, Replays: 1000, Clock: o.Clock, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("deviceapi: %w", err)
	}
	d.handler = handler
	return d, nil
}

func generated(d *Device) http.Handler {
	strict := api.NewStrictHandlerWithOptions(&server{d}, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			apihttp.Fail(w, r, apihttp.Malformed(err))
		},
		ResponseErrorHandlerFunc: apihttp.Fail,
	})
	return api.HandlerWithOptions(strict, api.StdHTTPServerOptions{
		ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			apihttp.Fail(w, r, apihttp.Misread(err))
		},
	})
}

// ServeHTTP serves the API.
func (d *Device) ServeHTTP(w http.ResponseWriter, r *http.Request) { d.handler.ServeHTTP(w, r) }

// Receive keeps what a device said and returns its id.
func (d *Device) Receive(payload map[string]any) string {
	m := api.ReceivedMessage{ID: newID(), Topic: topic.Esp32Pub{}.String(), ReceivedAt: d.clock().UTC(), Payload: payload}
	d.log.Append(m)
	return m.ID
}

// newID returns 128 random bits in 26 digits of base 32.
func newID() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails
	return strings.ToLower(base32.HexEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:]))
}

// publish sends a message to the device and returns a copy of it.
func (d *Device) publish(ctx context.Context, m api.NewMessage) (api.PublishedMessage, error) {
	to := topic.Esp32Sub{}
	payload, err := encode(m)
	if err != nil {
		return api.PublishedMessage{}, err
	}
	if limit := to.Channel().MaxPayload(); len(payload) > limit {
		whole := ""
		return api.PublishedMessage{}, &apihttp.Refusal{Kind: apihttp.InvalidBody,
			Parts: []apihttp.Part{{Pointer: &whole, Detail: fmt.Sprintf("has %d bytes when published; at most %d are", len(payload), limit)}}}
	}
	if err := d.publisher.Publish(ctx, to.String(), payload); err != nil {
		return api.PublishedMessage{}, err
	}
	return api.PublishedMessage{Topic: to.String(), Message: m, PublishedAt: d.clock().UTC()}, nil
}

// encode writes <, > and & as themselves: a device has no room for escapes.
func encode(m api.NewMessage) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(m); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
