package gateway

import (
	"errors"
	"sync/atomic"

	"github.com/askaround/askaround-go/iotauth"
)

// counters are what admission counts: what it refuses. What passes is counted by the broker.
type counters struct {
	connectAuthError         atomic.Int64
	connectServerError       atomic.Int64
	publishInAuthError       atomic.Int64
	publishInServerError     atomic.Int64
	publishRetainedAuthError atomic.Int64
	publishOutAuthError      atomic.Int64
	subscribeAuthError       atomic.Int64

	authorizerInvocations     atomic.Int64
	authorizerBadSignatures   atomic.Int64
	authorizerFailures        atomic.Int64
	authorizerTimeouts        atomic.Int64
	authorizerInvalidAnswers  atomic.Int64
	authorizerRefresh         atomic.Int64
	authorizerAnsweredByCache atomic.Int64
}

// countInvocation counts what came of having an authorizer invoked.
func (c *counters) countInvocation(err error) {
	if errors.Is(err, iotauth.ErrToken) || errors.Is(err, iotauth.ErrSignature) {
		c.authorizerBadSignatures.Add(1)
		return // the function was not called
	}
	c.authorizerInvocations.Add(1)
	switch {
	case errors.Is(err, iotauth.ErrTimeout):
		c.authorizerTimeouts.Add(1)
	case errors.Is(err, iotauth.ErrResponse):
		c.authorizerInvalidAnswers.Add(1)
	case err != nil:
		c.authorizerFailures.Add(1)
	}
}

// Stats are counts since New, and of now.
type Stats struct {
	Connections   int // open
	Sessions      int // connected or persistent
	Subscriptions int
	Retained      int // messages
	Queued        int // messages that wait in sessions

	// Metrics count events by name. Those of AWS IoT's CloudWatch metrics have their names
	// (https://docs.aws.amazon.com/iot/latest/developerguide/metrics_dimensions.html), of MQTT
	// and HTTP together. AWS has none of what begins with CustomAuthorizer and Broker.
	Metrics map[string]int64
}

// Stats returns what was counted.
func (g *Gateway) Stats() Stats {
	b := g.broker.Stats()
	s := Stats{
		Connections: b.Connections, Sessions: b.Sessions, Subscriptions: b.Subscriptions, Retained: b.Retained, Queued: b.Queued,
		Metrics: map[string]int64{
			"Connect.Success":          int64(b.Connects),
			"Connect.ClientIDThrottle": int64(b.ConnectsThrottled),
			"PublishIn.Success":        int64(b.PublishIn),
			"PublishIn.Throttle":       int64(b.PublishInThrottled),
			"PublishOut.Success":       int64(b.PublishOut),
			"Subscribe.Success":        int64(b.Subscribes),

			"Broker.Dropped":        int64(b.Dropped),
			"Broker.Expired":        int64(b.Expired),
			"Broker.SlowClient":     int64(b.SlowClients),
			"Broker.SessionExpired": int64(b.SessionsExpired),
			"Broker.Takeover":       int64(b.Takeovers),
			"Broker.Will":           int64(b.Wills),
			"Broker.Panic":          int64(b.Panics),
			"Broker.Redelivery":     int64(b.Retries),
		},
	}
	g.admission.counters.addTo(s.Metrics)
	refused := s.Metrics["Connect.AuthError"] + s.Metrics["Connect.ServerError"] + s.Metrics["Connect.ClientIDThrottle"]
	s.Metrics["Connect.ClientError"] = max(0, int64(b.ConnectsRefused)-refused) // the rest; counters move while they are read
	return s
}

// addTo adds the counters under their names.
func (c *counters) addTo(metrics map[string]int64) {
	for name, counter := range map[string]*atomic.Int64{
		"Connect.AuthError":         &c.connectAuthError,
		"Connect.ServerError":       &c.connectServerError,
		"PublishIn.AuthError":       &c.publishInAuthError,
		"PublishIn.ServerError":     &c.publishInServerError,
		"PublishRetained.AuthError": &c.publishRetainedAuthError,
		"PublishOut.AuthError":      &c.publishOutAuthError,
		"Subscribe.AuthError":       &c.subscribeAuthError,

		"CustomAuthorizer.Invocation":    &c.authorizerInvocations,
		"CustomAuthorizer.BadSignature":  &c.authorizerBadSignatures,
		"CustomAuthorizer.Failure":       &c.authorizerFailures,
		"CustomAuthorizer.Timeout":       &c.authorizerTimeouts,
		"CustomAuthorizer.InvalidAnswer": &c.authorizerInvalidAnswers,
		"CustomAuthorizer.Refresh":       &c.authorizerRefresh,
		"CustomAuthorizer.HTTPCacheHit":  &c.authorizerAnsweredByCache,
	} {
		metrics[name] += counter.Load()
	}
}
