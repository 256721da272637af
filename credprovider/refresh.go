package credprovider

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// flight is one refresh, for however many callers.
type flight struct {
	done chan struct{}
	// What it came to, once done is closed.
	result aws.Credentials
	err    error
}

// retrieve is Retrieve where nothing is at hand that needs no thought.
func (p *Provider) retrieve(ctx context.Context) (aws.Credentials, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return aws.Credentials{}, ErrClosed
	}
	now := p.now()
	switch p.state.decide(now, p.options.Strict) {
	case refuse:
		defer p.mu.Unlock()
		return aws.Credentials{}, p.state.failure
	case prepare:
		// In the strict mode the caller that starts a refresh waits for it, others do not.
		if p.options.Strict && p.flight == nil {
			break
		}
		p.start(ctx)
		fallthrough
	case serve:
		defer p.mu.Unlock()
		return p.publish(now), nil
	}
	f := p.start(ctx)
	p.mu.Unlock()
	select {
	case <-f.done:
		return f.result, f.err
	case <-ctx.Done():
		return aws.Credentials{}, &aws.RequestCanceledError{Err: fmt.Errorf("credprovider: waiting for credentials: %w", ctx.Err())}
	}
}

// publish makes what is at hand available without a lock, as long as nothing is due. It
// is called with mu held.
func (p *Provider) publish(now instant) aws.Credentials {
	c := p.state.session.asked(now)
	if d := min(p.state.nextEvent(now), maxLease); d > 0 && !p.closed {
		p.hot.Store(&c)
		p.lease.Reset(d)
	}
	return c
}

// start returns the refresh under way, and begins one where there is none. It is called
// with mu held. The refresh has the values of ctx but not its end: the callers that come
// later wait for it, too.
func (p *Provider) start(ctx context.Context) *flight {
	if p.flight != nil {
		return p.flight
	}
	f := &flight{done: make(chan struct{})}
	p.flight = f
	ctx, p.end = context.WithTimeout(context.WithoutCancel(ctx), p.options.Timeout)
	end := p.end
	p.work.Go(func() {
		defer end()
		p.land(ctx, f)
	})
	return f
}

// land does the refresh of f.
func (p *Provider) land(ctx context.Context, f *flight) {
	grant, failure := p.fetch(ctx)
	p.mu.Lock()
	defer p.mu.Unlock()
	defer close(f.done)
	p.flight = nil
	now := p.now()
	var n *session
	if failure == nil {
		n, failure = p.newSession(now, grant)
	}
	if failure != nil {
		p.state.fail(now, failure, p.options.Strict, rand.Float64(), rand.Float64())
		p.options.Logger.WarnContext(ctx, "credentials were not refreshed", "role_alias", p.roleAlias, "error", failure)
	} else {
		p.state.succeed(n)
		p.options.Logger.InfoContext(ctx, "credentials refreshed", "role_alias", p.roleAlias,
			"access_key_id", n.credentials.AccessKeyID, "expires", n.credentials.Expires)
	}
	switch {
	case p.closed:
		f.err = ErrClosed
	case failure != nil && p.state.tells(now, failure, p.options.Strict):
		f.err = failure
	default:
		f.result = p.publish(now)
	}
}

// newSession judges what was granted by the clocks. It is called with mu held.
func (p *Provider) newSession(now instant, g grant) (*session, *Error) {
	lifetime, err := g.lifetime(now.wall)
	if err != nil {
		return nil, err
	}
	advisory, mandatory := windows(lifetime, p.options.AdvisoryWindow)
	s := &session{credentials: g.credentials, expires: now.add(lifetime), lifetime: lifetime, lead: advisory, mandatory: mandatory}
	if !p.options.Strict {
		s.lead = lead(lifetime, advisory, p.state.together, rand.Float64(), rand.Float64())
	}
	s.credentials.Expires = s.expires.wall
	return s, nil
}

// Run keeps credentials fresh without being asked, so that no call of Retrieve waits,
// until ctx ends; then it returns nil, or [ErrClosed] after Close.
func (p *Provider) Run(ctx context.Context) error {
	for {
		if _, err := p.Retrieve(ctx); err == ErrClosed {
			return ErrClosed
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(p.untilDue()):
		}
	}
}

// untilDue is how long [Provider.Run] sleeps. A clock that is set, or a machine that was
// suspended, is noticed within a minute.
func (p *Provider) untilDue() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	due := minMemory
	if p.state.session != nil {
		due = max(due, p.state.nextEvent(now))
	}
	if p.state.failure != nil {
		due = max(due, now.until(p.state.failureEnds))
	}
	return min(due, time.Minute)
}
