package askaround

import (
	"context"
	"fmt"
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
	// Push tells of outcomes by MQTT, see [Pending.Wait]. Default: by server-sent events.
	Push Subscriber
}

// WithToken sends token with every request. For tokens that expire set Options.Token.
func WithToken(token string) func(*Options) {
	return func(o *Options) {
		o.Token = func(context.Context) (string, error) { return token, nil }
	}
}

// A Client calls the API of one server. It is safe for concurrent use and needs no closing.
type Client struct {
	generated *GeneratedClient
	transport *apiclient.Transport
	outcomes  outcomes
}

// New returns a client of the server whose API is at baseURL, for instance
// "https://ask.example/api". It does no I/O. The error is [ErrOptions].
func New(baseURL string, optFns ...func(*Options)) (*Client, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	transport, err := apiclient.NewTransport(baseURL, apiclient.Options{
		Token: o.Token, HTTPClient: o.HTTPClient, Attempts: o.Attempts, Backoff: o.Backoff,
		MaxWait: o.MaxWait, AttemptTimeout: o.AttemptTimeout, Cache: o.Cache, UserAgent: o.UserAgent,
	})
	if err != nil {
		return nil, fmt.Errorf("askaround: %w", err)
	}
	c := &Client{transport: transport}
	if c.generated, err = NewClient(baseURL, WithHTTPClient(transport)); err != nil {
		return nil, err // no option of ours fails
	}
	c.outcomes.follow = c.followEvents
	if o.Push != nil {
		c.outcomes.follow = func(ctx context.Context, sink sink) error { return c.followTopic(ctx, o.Push, sink) }
	}
	return c, nil
}

// A CallOption is an option of one call.
type CallOption = func(*apiclient.Call)

// Key gives a call its idempotency key, for who repeats it after a crash: keep the key
// before the call. Without this option each call has a key of its own, which its
// repetitions share.
func Key(key string) CallOption {
	return func(c *apiclient.Call) { c.Key = key }
}
