package gateway

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// An httpConn is a persistent HTTP connection. It keeps one answer of an authorizer, where
// that allows it (enableCachingForHttp).
type httpConn struct {
	denials gate // of the log

	turn    chan struct{} // holds one while the rest is in use, which takes as long as a function does
	answer  *answer
	until   time.Time
	from    Authorizer // who gave it
	showing string     // what the client showed for it
}

func newHTTPConn() *httpConn {
	return &httpConn{denials: gate{burst: 5, every: 10 * time.Second}, turn: make(chan struct{}, 1)}
}

// authorizePublish decides about a request to publish, which came over h. Errors are
// [*mqtt.Refusal]s, and are logged: mqtt.NotAuthorized is status 403, anything else says
// that the gateway could not decide.
func (g *Gateway) authorizePublish(ctx context.Context, c *carrier, h *httpConn, topic string, retain bool) error {
	a := g.admission
	s := newSubject(&a.options, c, nil)
	err := a.publish(ctx, &s, c, h, topic, retain)
	var refusal *mqtt.Refusal
	if errors.As(err, &refusal) && refusal.Reason == mqtt.ServerUnavailable {
		a.counters.publishInServerError.Add(1)
	} else if err != nil {
		a.counters.publishInAuthError.Add(1)
	}
	if err != nil {
		if skipped, ok := h.denials.pass(); ok {
			a.log(ctx, &s, "denied", slog.String("reason", err.Error()), slog.Int("not_logged", skipped))
		}
	}
	return err
}

func (a *admission) publish(ctx context.Context, s *subject, c *carrier, h *httpConn, topic string, retain bool) error {
	var own *policy.Set
	switch {
	case c.kind.custom():
		if _, err := a.lookUp(ctx, s); err != nil {
			return err
		}
		answer, err := a.answerHTTP(ctx, c, h)
		if err != nil {
			return err
		}
		own, c.principal = answer.set, answer.principal
	case c.key != nil:
		var err error
		if own, err = a.keySet(c.key); err != nil {
			return err
		}
		c.principal = c.key.Principal
	default:
		c.principal = s.certificateID
	}
	set, connection, err := a.rules(ctx, s, own)
	if err != nil {
		return err
	}
	actions := []policy.Action{policy.Publish}
	if retain {
		actions = append(actions, policy.RetainPublish)
	}
	for _, action := range actions {
		if request := connection.Request(action, topic); !set.Evaluate(request).Allowed() {
			return refuse(mqtt.NotAuthorized, "%v", set.Explain(request))
		}
	}
	return nil
}

// answerHTTP is what the authorizer says of the client of a request. It is asked for each
// one, unless it allows caching and said something on this connection to the same
// credentials that still holds. Requests that come at once over one connection wait for
// each other: they may share the answer.
func (a *admission) answerHTTP(ctx context.Context, c *carrier, h *httpConn) (*answer, error) {
	e, err := newEvidence(c, nil)
	if err != nil {
		return nil, err
	}
	authorizer, err := a.findAuthorizer(ctx, e)
	if err != nil {
		return nil, err
	}
	if !authorizer.CacheHTTP {
		return a.invoke(ctx, authorizer, e)
	}
	showing := whatIsShown(c.request)
	select {
	case h.turn <- struct{}{}:
		defer func() { <-h.turn }()
	case <-ctx.Done():
		return nil, refuse(mqtt.ServerUnavailable, "the client waited for another request of its: %w", ctx.Err())
	}
	if h.answer != nil && h.from == authorizer && h.showing == showing && time.Now().Before(h.until) {
		a.counters.authorizerAnsweredByCache.Add(1)
		return h.answer, nil
	}
	h.answer = nil
	answer, err := a.invoke(ctx, authorizer, e)
	if err != nil {
		return nil, err
	}
	h.answer, h.from, h.showing = answer, authorizer, showing
	h.until = time.Now().Add(min(answer.refreshAfter, answer.disconnectAfter))
	return answer, nil
}

// aboutTheMessage are headers and parameters that speak of one message, not of who sends it.
var aboutTheMessage = map[string]bool{
	"content-length": true, "content-type": true, "date": true, "expect": true, "transfer-encoding": true,
	"x-amz-mqtt5-correlation-data": true, "x-amz-mqtt5-payload-format-indicator": true, "x-amz-mqtt5-user-properties": true,
	"qos": true, "retain": true, "contenttype": true, "responsetopic": true, "messageexpiry": true,
}

// whatIsShown is everything in a request that an authorizer may have gone by. It is
// compared whole: an authorizer is free to look at any header.
func whatIsShown(r *http.Request) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if !aboutTheMessage[strings.ToLower(name)] {
			for _, value := range r.Header[name] {
				b.WriteString(url.QueryEscape(name) + ":" + url.QueryEscape(value) + "\n")
			}
		}
	}
	b.WriteString(url.QueryEscape(r.Host) + "\n")
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		if key, _, _ := strings.Cut(pair, "="); !aboutTheMessage[strings.ToLower(key)] {
			b.WriteString(pair + "&")
		}
	}
	return b.String()
}
