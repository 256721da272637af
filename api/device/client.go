package device

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

// A Client calls the API of one device. It is safe for concurrent use and needs no closing.
type Client struct{ generated *GeneratedClient }

// New returns a client of the server whose API is at baseURL, for instance
// "https://device.example". It does no I/O. The error is [ErrOptions].
func New(baseURL string, optFns ...func(*Options)) (*Client, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	transport, err := apiclient.NewTransport(baseURL, apiclient.Options(o))
	if err != nil {
		return nil, fmt.Errorf("device: %w", err)
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

// Text is a message for the device's console.
func Text(text string) NewMessage { return NewMessage{Text: &text} }

// Print is a message for the device's printer.
func Print(message string) NewMessage { return NewMessage{Message: &message} }

// PublishMessage sends a message to the device and returns a copy of it as it was published.
// Whether a device was there to receive it is not told.
func (c *Client) PublishMessage(ctx context.Context, m NewMessage, optFns ...CallOption) (*PublishedMessage, error) {
	call := apiclient.NewCall(optFns)
	r, err := c.generated.PublishMessage(ctx, &PublishMessageParams{IdempotencyKey: &call.Key}, m)
	published, _, err := apiclient.Decode[PublishedMessage](api, "publish message", r, err)
	return published, err
}

// Messages returns what the device said, newest first, reading page after page of p.Limit
// messages (20 by default) as they are wanted. It ends after an error.
func (c *Client) Messages(ctx context.Context, p ListMessagesParams) iter.Seq2[ReceivedMessage, error] {
	return apiclient.Pages(func(cursor *string) ([]ReceivedMessage, *string, error) {
		at := p
		if cursor != nil {
			at.Cursor = cursor
		}
		page, err := c.ListMessages(ctx, at)
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}

// ListMessages returns one page of what the device said.
func (c *Client) ListMessages(ctx context.Context, p ListMessagesParams) (*MessagePage, error) {
	r, err := c.generated.ListMessages(ctx, &p)
	page, _, err := apiclient.Decode[MessagePage](api, "list messages", r, err)
	return page, err
}

// GetMessage returns one message of the device.
func (c *Client) GetMessage(ctx context.Context, id MessageID) (*ReceivedMessage, error) {
	r, err := c.generated.GetMessage(ctx, id, nil)
	m, _, err := apiclient.Decode[ReceivedMessage](api, "get message", r, err)
	return m, err
}
