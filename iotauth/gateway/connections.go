package gateway

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"unicode/utf8"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// deleteConnection serves DELETE /connections/{clientId}
// (https://docs.aws.amazon.com/iot/latest/apireference/API_iotdata_DeleteConnection.html).
func (e *exchange) deleteConnection(escapedClientID string) error {
	clientID, err := url.PathUnescape(escapedClientID)
	switch {
	case err != nil:
		return badRequest("the client id in the path is not percent-encoded", nil)
	case clientID == "" || clientID[0] == '$' || len(clientID) > e.g.limits.ClientIDBytes || !utf8.ValidString(clientID):
		return badRequest("the client id is empty, too long, not UTF-8, or begins with $", nil)
	}
	p := &publishParser{query: e.r.URL.RawQuery}
	clean, noWill := p.boolean("cleanSession"), p.boolean("preventWillMessage")
	if p.err != nil {
		return badRequest(p.err.Error(), nil)
	}
	_, release, err := e.readBody() // signed, though there is none
	defer release()
	if err != nil {
		return err
	}
	c, err := e.carrier(e.g.signatures.https, httpsSigned, httpsCustom)
	switch {
	case err != nil:
		return err
	case c.key == nil:
		return forbidden(errors.New("DeleteConnection takes signed requests only"))
	}
	if err := e.g.mayDelete(c, clientID); err != nil {
		return forbidden(err)
	}
	if !e.g.DeleteConnection(clientID, clean, noWill) {
		return &refusal{status: http.StatusNotFound, name: "ResourceNotFoundException", message: "Not Found", err: fmt.Errorf("client %.128q is not connected", clientID)}
	}
	e.header(http.StatusOK, 0)
	return nil
}

// mayDelete asks the policies of the key.
func (g *Gateway) mayDelete(c *carrier, clientID string) error {
	set, err := policy.Compile(c.key.Policies...)
	if err != nil {
		return fmt.Errorf("the policies of the key: %w", err)
	}
	s := newSubject(&g.options, c, nil)
	if request := s.connection.Request(policy.DeleteConnection, clientID); !set.Evaluate(request).Allowed() {
		return fmt.Errorf("denied: %v", set.Explain(request))
	}
	return nil
}
