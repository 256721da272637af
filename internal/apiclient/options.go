package apiclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ErrOptions reports an option out of range, or a base URL that is none.
var ErrOptions = errors.New("invalid option")

// Options are those of every client. The packages of the contracts declare and document
// the same fields, and convert.
type Options struct {
	Token          func(ctx context.Context) (string, error)
	HTTPClient     *http.Client
	Attempts       int
	Backoff        time.Duration
	MaxWait        time.Duration
	AttemptTimeout time.Duration
	Cache          int
	UserAgent      string
}

// Defaults of Options.
const (
	DefaultAttempts       = 4
	DefaultBackoff        = 250 * time.Millisecond
	DefaultMaxWait        = 30 * time.Second
	DefaultAttemptTimeout = 15 * time.Second
	DefaultUserAgent      = "askaround-go"
)

func (o Options) withDefaults() (Options, error) {
	if o.Attempts < 0 || o.Backoff < 0 || o.MaxWait < 0 || o.AttemptTimeout < 0 || o.Cache < 0 {
		return o, fmt.Errorf("%w: a count or a duration is negative", ErrOptions)
	}
	setDefault(&o.Attempts, DefaultAttempts)
	setDefault(&o.Backoff, DefaultBackoff)
	setDefault(&o.MaxWait, DefaultMaxWait)
	setDefault(&o.AttemptTimeout, DefaultAttemptTimeout)
	setDefault(&o.UserAgent, DefaultUserAgent)
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{}
	}
	return o, nil
}

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

func checkBaseURL(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		// The address itself may hold a password: it is not told.
		return fmt.Errorf("%w: the base URL is not of the form https://host/path", ErrOptions)
	}
	return nil
}
