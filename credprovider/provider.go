package credprovider

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// ProviderName is the Source of the credentials.
const ProviderName = "IoTCredentialsProvider"

// Provider exchanges a device's certificate for credentials. Make one with [New].
type Provider struct {
	// hot is what Retrieve returns without a look at a clock. A timer takes it away after
	// maxLease at most, or when something is due.
	hot   atomic.Pointer[aws.Credentials]
	lease *time.Timer

	url       *url.URL
	roleAlias string
	identity  Identity
	options   Options
	connector *connector

	middlewareID string // of its own: a client may know several providers

	mu     sync.Mutex
	state  state
	flight *flight // the refresh under way, or nil
	closed bool
	end    context.CancelFunc // of the refresh under way
	work   sync.WaitGroup
}

const (
	// maxLease bounds how long a clock that was set goes unnoticed. It is half of the
	// second that is promised, for timers on a busy machine.
	maxLease = 500 * time.Millisecond
	askAgain = time.Second
)

// New returns a Provider for the account's endpoint, such as
// "c2sakl5huz0afv.credentials.iot.us-east-1.amazonaws.com". Other host names, host:port,
// IP addresses and https:// in front are accepted. The role alias has 1 to 128 characters of
// A-Z, a-z, 0-9 and _=,@-. New does no I/O; what is out of range is reported as
// [ErrInvalid].
func New(endpoint, roleAlias string, identity Identity, optFns ...func(*Options)) (*Provider, error) {
	o := newOptions(optFns)
	if err := o.validate(roleAlias, identity); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	u, err := parseEndpoint(endpoint, roleAlias)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	p := &Provider{url: u, roleAlias: roleAlias, identity: identity, options: o, end: func() {}}
	p.connector = &connector{options: &p.options}
	p.middlewareID = "InvalidateCredentials-" + rand.Text()
	p.state.together = true
	p.lease = time.AfterFunc(time.Hour, func() { p.hot.Store(nil) })
	p.lease.Stop()
	return p, nil
}

// Retrieve returns credentials, at once where they are at hand. It waits for a refresh
// where there are none, or none that last for another minute; ctx ends the waiting of this
// caller only, with an [*aws.RequestCanceledError]. Other errors are an [*Error] or
// [ErrClosed].
//
// Expires in the result is the time to ask again, not the true expiry: see [Provider.Status].
func (p *Provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if c := p.hot.Load(); c != nil {
		return *c, nil
	}
	return p.retrieve(ctx)
}

// RetrieveWithExpiry is [Provider.Retrieve] with the true expiry in Expires, for who hands
// the credentials on to another program.
func (p *Provider) RetrieveWithExpiry(ctx context.Context) (aws.Credentials, error) {
	if _, err := p.Retrieve(ctx); err != nil {
		return aws.Credentials{}, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state.session.credentials, nil // there is one from the first success on
}

// ProviderSources implements [aws.CredentialProviderSource].
func (p *Provider) ProviderSources() []aws.CredentialSource {
	return slices.Clone(p.options.CredentialSources)
}

// Invalidate says that a service has refused the credentials with accessKeyID as expired
// or not valid. Where they are the current ones the next Retrieve waits for others. It
// reports whether others are at hand or may be had now: not where a refresh has just
// failed, nor for credentials of somebody else.
func (p *Provider) Invalidate(accessKeyID string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &p.state
	switch {
	case s.session == nil || accessKeyID == "":
		return false
	case s.session.credentials.AccessKeyID != accessKeyID:
		return s.former == accessKeyID
	}
	s.rejected = true
	p.hot.Store(nil)
	return p.now().reached(s.gate)
}

// Status is what a Provider has. Its zero times stand for what it does not have.
type Status struct {
	AccessKeyID string    // of the credentials
	Expires     time.Time // the true expiry of the credentials
	RefreshAt   time.Time // from when on a call of Retrieve starts a refresh
	NotAfter    time.Time // end of the certificate that was used last
	// Failure is the error of the last refresh where it failed.
	Failure *Error
}

// Status returns what the provider has. It does not ask the service.
func (p *Provider) Status() Status {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := Status{Failure: p.state.failure, NotAfter: p.connector.notAfter()}
	if s := p.state.session; s != nil {
		out.AccessKeyID, out.Expires = s.credentials.AccessKeyID, s.credentials.Expires
		out.RefreshAt = s.expires.wall.Add(-s.lead)
		if gate := p.state.gate.wall; gate.After(out.RefreshAt) {
			out.RefreshAt = gate
		}
	}
	return out
}

// Close ends a refresh under way and waits for it. Retrieve then fails with [ErrClosed].
// It returns nil.
func (p *Provider) Close() error {
	p.mu.Lock()
	p.closed = true
	p.hot.Store(nil)
	p.end()
	p.mu.Unlock()
	p.work.Wait()
	p.lease.Stop()
	return nil
}

// Format implements [fmt.Formatter]: no verb shows credentials or keys.
func (p *Provider) Format(w fmt.State, _ rune) {
	fmt.Fprintf(w, "credprovider(%s, thing %q)", p.url.Redacted(), p.options.ThingName)
}

func (p *Provider) now() instant {
	own := time.Now()
	if p.options.Clock == nil {
		return instant{wall: own.Round(0), own: own}
	}
	return instant{wall: p.options.Clock().Round(0), own: own}
}

var (
	_ aws.CredentialsProvider      = (*Provider)(nil)
	_ aws.CredentialProviderSource = (*Provider)(nil)
)
