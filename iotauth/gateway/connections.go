package gateway

import (
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
	if err := e.requireKey(policy.DeleteConnection, clientID); err != nil {
		return err
	}
	if !e.g.DeleteConnection(clientID, clean, noWill) {
		return &refusal{status: http.StatusNotFound, name: "ResourceNotFoundException", message: "Not Found", err: fmt.Errorf("client %.128q is not connected", clientID)}
	}
	e.header(http.StatusOK, 0)
	return nil
}
