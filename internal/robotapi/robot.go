package robotapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	api "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/apihttp"
)

// keptTelemetry is how many entries are remembered.
const keptTelemetry = 1000

// Publisher sends a message to the subscribers of a topic.
type Publisher interface {
	Publish(ctx context.Context, topic string, payload []byte) error
}

// Options configure a Robot.
type Options struct {
	// Verify returns whose token it is. Required.
	Verify func(ctx context.Context, token string) (apihttp.Caller, error)
	// BasePath, Rate and Burst are as in apihttp.Options.
	BasePath string
	Rate     float64
	Burst    int
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes the access log; nil discards.
	Logger *slog.Logger
}

// Robot is the HTTP API of one robot. It is safe for concurrent use.
type Robot struct {
	handler   http.Handler
	name      string
	basePath  string
	action    topic.LegacyRobotAction
	telemetry topic.LegacyRobotTelemetry
	publisher Publisher
	clock     func() time.Time
	log       *apihttp.Log[api.TelemetryEntry]

	mu   sync.Mutex
	last *api.PublishedAction
}

// New returns the API of the robot with that name.
func New(name string, p Publisher, o Options) (*Robot, error) {
	if p == nil || o.Verify == nil {
		return nil, errors.New("robotapi: a publisher and Options.Verify are wanted")
	}
	action, err := topic.NewLegacyRobotAction(name)
	if err != nil {
		return nil, fmt.Errorf("robotapi: %w", err)
	}
	telemetry, err := topic.NewLegacyRobotTelemetry(name)
	if err != nil {
		return nil, fmt.Errorf("robotapi: %w", err)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	r := &Robot{
		name: name, basePath: o.BasePath, action: action, telemetry: telemetry, publisher: p, clock: o.Clock,
		log: apihttp.NewLog[api.TelemetryEntry](keptTelemetry),
	}
	r.handler, err = apihttp.New(generated(r), apihttp.Options{
		Document: api.Document(), Realm: "robot", Authenticate: apihttp.BearerAuth(o.Verify), BasePath: o.BasePath,
		MaxBody: 4 << 10, Rate: o.Rate, Burst: o.Burst, Replays: 1000, Clock: o.Clock, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("robotapi: %w", err)
	}
	return r, nil
}

func generated(r *Robot) http.Handler {
	strict := api.NewStrictHandlerWithOptions(&server{r}, nil, api.StrictHTTPServerOptions{
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
func (r *Robot) ServeHTTP(w http.ResponseWriter, q *http.Request) { r.handler.ServeHTTP(w, q) }

// Observe keeps what the robot said.
func (r *Robot) Observe(values map[string]any) {
	r.log.Append(api.TelemetryEntry{ReceivedAt: r.clock().UTC(), Values: values})
}

// publish sends an action to the robot.
func (r *Robot) publish(ctx context.Context, action api.Action) (api.PublishedAction, error) {
	payload, err := json.Marshal(api.NewAction{Action: action})
	if err != nil {
		return api.PublishedAction{}, err
	}
	if err := r.publisher.Publish(ctx, r.action.String(), payload); err != nil {
		return api.PublishedAction{}, err
	}
	published := api.PublishedAction{Topic: r.action.String(), Action: action, PublishedAt: r.clock().UTC()}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = &published
	return published, nil
}

func (r *Robot) state() api.RobotState {
	r.mu.Lock()
	defer r.mu.Unlock()
	state := api.RobotState{
		Robot:      r.name,
		Topics:     api.RobotTopics{Action: r.action.String(), Telemetry: r.telemetry.String()},
		LastAction: r.last,
	}
	if entry, ok := r.log.Find(func(api.TelemetryEntry) bool { return true }); ok {
		state.LastTelemetry = &entry
	}
	return state
}
