package credprovider

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"time"
)

// maxAnswer bounds an answer, in bytes. The service's have 1 to 2 KB.
const maxAnswer = 64 << 10

// firstPause is the longest pause before a second attempt. It doubles.
const firstPause = 200 * time.Millisecond

// fetch asks the service, again where a fault may have passed. No connection is kept until
// the next refresh: it would be dead, or worse seem alive, after a suspended machine
// resumes or the network changed.
func (p *Provider) fetch(ctx context.Context) (grant, *Error) {
	defer p.connector.closeIdle()
	for attempt := 1; ; attempt++ {
		g, failure := p.ask(ctx)
		if failure == nil || !failure.again() || attempt >= p.options.Attempts {
			return g, failure
		}
		longest := firstPause << min(attempt-1, 6)
		select {
		case <-time.After(between(longest/2, longest, rand.Float64())):
		case <-ctx.Done():
			return grant{}, failure // says more than that time is up
		}
	}
}

// ask makes one request.
func (p *Provider) ask(ctx context.Context) (grant, *Error) {
	client, failure := p.client(ctx)
	if failure != nil {
		return grant{}, failure
	}
	request := (&http.Request{Method: http.MethodGet, URL: p.url, Host: p.url.Host, Header: http.Header{
		"Accept":     {"application/json"},
		"User-Agent": {"askaround-go-credprovider"},
	}}).WithContext(ctx)
	if p.options.ThingName != "" {
		request.Header.Set("X-Amzn-Iot-Thingname", p.options.ThingName)
	}
	response, err := client.Do(request)
	if err != nil {
		return grant{}, p.unanswered(ctx, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil && response.StatusCode < http.StatusMultipleChoices:
		return grant{}, p.unanswered(ctx, err)
	case len(body) > maxAnswer:
		return grant{}, malformed(response, "more than 64 KB")
	case response.StatusCode != http.StatusOK:
		return grant{}, p.refused(response, body)
	}
	return parseGrant(response, body)
}

// client returns the client for the identity as it is now.
func (p *Provider) client(ctx context.Context) (HTTPClient, *Error) {
	if p.options.HTTPClient != nil {
		return p.options.HTTPClient, nil
	}
	certificate, err := p.identity.Certificate(ctx)
	if certificate == nil {
		if failure := (*Error)(nil); errors.As(err, &failure) {
			return nil, failure
		}
		return nil, identityError(err)
	}
	if err != nil {
		p.options.Logger.WarnContext(ctx, "the certificate was not reloaded, the one before is used", "error", err)
	}
	p.connector.warn(ctx, certificate, p.now().wall)
	return p.connector.client(ctx, p.identity, certificate), nil
}
