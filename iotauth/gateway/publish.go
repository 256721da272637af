package gateway

import (
	"net/http"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/internal/core"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// publish serves POST /topics/{topic}.
func (e *exchange) publish(escapedTopic string) error {
	if !e.conn.rate.allow(time.Now()) {
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
	if err := e.g.broker.PublishFrom(ctx, c.source(), m); err != nil {
		return err
	}
	e.answer(http.StatusOK, "OK")
	return nil
}

// source names who published by HTTP.
func (c *carrier) source() core.Source {
	s := core.Source{RemoteAddr: c.remote.String()}
	switch {
	case c.certificate != nil:
		s.Principal = policy.NewCertificate(c.certificate).ID
	case c.key != nil:
		s.Principal = c.key.Principal
	}
	return s
}
