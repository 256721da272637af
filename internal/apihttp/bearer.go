package apihttp

import (
	"context"
	"net/http"
	"strings"

	"github.com/askaround/askaround-go/internal/openapi"
)

// Bearer returns the token of the Authorization header (RFC 6750, section 2.1), "" where
// there is none. Tokens in a query or a form are not looked for: those end up in logs.
func Bearer(h http.Header) string {
	values := h["Authorization"]
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.Trim(token, " ")
}

// BearerAuth finds out who makes a request by its bearer token, for
// [Options.Authenticate]. An error of verify that says what is wrong with the token is a
// [TokenFault].
func BearerAuth(verify func(ctx context.Context, token string) (Caller, error)) func(http.ResponseWriter, *http.Request, *openapi.Operation) (Caller, error) {
	return func(_ http.ResponseWriter, r *http.Request, _ *openapi.Operation) (Caller, error) {
		token := Bearer(r.Header)
		if token == "" {
			return Caller{}, noToken{}
		}
		return verify(r.Context(), token)
	}
}

// A TokenFault is an error that says what is wrong with a token: its kind is MissingToken,
// InvalidToken, ExpiredToken or InsufficientScope.
type TokenFault interface {
	error
	Kind() string
}

type noToken struct{}

func (noToken) Error() string { return "apihttp: no bearer token" }
func (noToken) Kind() string  { return string(MissingToken) }

// tokenRefusal tells no more than a client can act on: get a token, get a new one, get one
// with the scope. Which check failed is the log's business.
func tokenRefusal(fault TokenFault, realm string) *Refusal {
	kind := Kind(fault.Kind())
	challenge := `Bearer realm="` + realm + `"`
	switch kind {
	case MissingToken:
	case InsufficientScope:
		challenge += `, error="insufficient_scope"`
	case ExpiredToken:
		challenge += `, error="invalid_token", error_description="The token has expired"`
	default:
		kind, challenge = InvalidToken, challenge+`, error="invalid_token"`
	}
	return (&Refusal{Kind: kind}).With("WWW-Authenticate", challenge)
}
