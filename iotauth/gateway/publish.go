package gateway

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// publish serves POST /topics/{topic}.
func (e *exchange) publish(escapedTopic string) error {
	err := e.tryPublish(escapedTopic)
	counts := &e.g.published
	var decided *mqtt.Refusal
	switch status := refusalStatus(err); status {
	case http.StatusOK:
		counts.success.Add(1)
		e.answer(status, "OK")
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge:
		counts.clientError.Add(1)
	case http.StatusTooManyRequests:
		counts.throttle.Add(1)
	case http.StatusForbidden:
		if !errors.As(err, &decided) { // else admission has counted it
			e.g.admission.counters.publishInAuthError.Add(1)
		}
	}
	return err
}

// publishCounts are those of requests to publish, over HTTP.
type publishCounts struct{ success, clientError, throttle atomic.Int64 }

func (e *exchange) tryPublish(escapedTopic string) error {
	if e.conn.rate.Take(time.Now()) > 0 {
		return errTooMany
	}
	m, err := parsePublish(escapedTopic, e.r.URL.RawQuery, e.r.Header)
	if err != nil {
		return badRequest(err.Error(), nil)
	}
	if err := e.g.broker.Check(&m); err != nil {
		return err
	}
	payload, release, err := e.readBody()
	defer release()
	if err != nil {
		return err
	}
	m.Payload = payload
	c, err := e.carrier(e.g.signatures.https, httpsSigned, httpsCustom)
	if err != nil {
		return err
	}
	ctx := e.r.Context()
	if err := e.g.authorizePublish(ctx, c, e.conn.cache, m.Topic, m.Retain); err != nil {
		return err
	}
	return e.g.broker.PublishFrom(ctx, Source{Principal: c.principal, RemoteAddr: c.remote.String()}, m)
}
