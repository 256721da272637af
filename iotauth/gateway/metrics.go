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
