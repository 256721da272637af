package robot

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"time"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// Options are the options of [New]. A zero field means its default.
type Options struct {
	// Token returns the bearer token of a request. It is called for each, so it should keep
	// the token while that is good; after a 401 it is called once more, and the request sent
	// again if the token is another one by then. nil: requests carry no token.
	Token func(ctx context.Context) (string, error)
	// HTTPClient sends the requests. Leave its Timeout zero: it would cut streams of events.
	// Default: a client of its own.
	HTTPClient *http.Client
	// Attempts is how often a request is sent at most; 1 sends each once. Default 4.
	Attempts int
	// Backoff bounds the first wait of a request that failed and whose server did not say
	// how long to wait. The bound doubles each time; the wait is a random part of it.
	// Default 250 ms.
	Backoff time.Duration
	// MaxWait bounds each wait. A request is not sent again when the server asks for more
	// than that in Retry-After. Default 30 s.
	MaxWait time.Duration
	// AttemptTimeout bounds one attempt, until its response is there. Default 15 s.
	AttemptTimeout time.Duration
	// Cache is how many representations with an entity tag are kept: reading one of them
	// again transfers it only if it has changed. Default 0: none.
	Cache int
	// UserAgent is the header of that name. Default "askaround-go".
	UserAgent string
}

// WithToken sends token with every request. For tokens that expire set Options.Token.
func WithToken(token string) func(*Options) {
	return func(o *Options) {
		o.Token = func(context.Context) (string, error) { return token, nil }
	}
}

// A Client calls the API of one robot. It is safe for concurrent use and needs no closing.
type Client struct{ generated *GeneratedClient }

// New returns a client of the server whose API is at baseURL, for instance
// "https://robot.example". It does no I/O. The error is [ErrOptions].
func New(baseURL string, optFns ...func(*Options)) (*Client, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	transport, err := apiclient.NewTransport(baseURL, apiclient.Options(o))
	if err != nil {
		return nil, fmt.Errorf("robot: %w", err)
	}
	generated, err := NewClient(baseURL, WithHTTPClient(transport))
	if err != nil {
		return nil, err // no option of ours fails
	}
	return &Client{generated}, nil
}

// A CallOption is an option of one call.
type CallOption = func(*apiclient.Call)

// Key gives a call its idempotency key, for who repeats it after a crash: keep the key
// before the call. Without this option each call has a key of its own, which its
// repetitions share.
func Key(key string) CallOption {
	return func(c *apiclient.Call) { c.Key = key }
}

// PublishAction sends an action to the robot and returns it as it was published. The robot
// carries it out for a moment only: repeat the call while it is to go on, and bound each by a
// context, so that no action is repeated which has lost its meaning.
func (c *Client) PublishAction(ctx context.Context, action Action, optFns ...CallOption) (*PublishedAction, error) {
	call := apiclient.NewCall(optFns)
	r, err := c.generated.PublishAction(ctx, &PublishActionParams{IdempotencyKey: &call.Key}, NewAction{Action: action})
	published, _, err := apiclient.Decode[PublishedAction](api, "publish action", r, err)
	return published, err
}

// GetState returns what is known of the robot.
func (c *Client) GetState(ctx context.Context) (*RobotState, error) {
	r, err := c.generated.GetState(ctx, nil)
	state, _, err := apiclient.Decode[RobotState](api, "get state", r, err)
	return state, err
}

// Telemetry returns what the robot measured, newest first, reading page after page of p.Limit
// entries (20 by default) as they are wanted. It ends after an error.
func (c *Client) Telemetry(ctx context.Context, p ListTelemetryParams) iter.Seq2[TelemetryEntry, error] {
	return apiclient.Pages(func(cursor *string) ([]TelemetryEntry, *string, error) {
		at := p
		if cursor != nil {
			at.Cursor = cursor
		}
		page, err := c.ListTelemetry(ctx, at)
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}

// ListTelemetry returns one page of what the robot measured.
func (c *Client) ListTelemetry(ctx context.Context, p ListTelemetryParams) (*TelemetryPage, error) {
	r, err := c.generated.ListTelemetry(ctx, &p)
	page, _, err := apiclient.Decode[TelemetryPage](api, "list telemetry", r, err)
	return page, err
}
