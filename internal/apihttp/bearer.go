package apihttp

import (
	"net/http"
	"strings"
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

// NoToken refuses a request without a token. realm names the API.
func NoToken(realm string) *Refusal {
	return (&Refusal{Kind: MissingToken}).With("WWW-Authenticate", `Bearer realm="`+realm+`"`)
}

// BadToken refuses a request with a token that is not good here. It tells no more than a
// client can act on; which check failed is the log's business.
func BadToken(realm string) *Refusal {
	return (&Refusal{Kind: InvalidToken}).With("WWW-Authenticate", `Bearer realm="`+realm+`", error="invalid_token"`)
}

// OldToken refuses a token that was good once.
func OldToken(realm string) *Refusal {
	return (&Refusal{Kind: ExpiredToken}).
		With("WWW-Authenticate", `Bearer realm="`+realm+`", error="invalid_token", error_description="The token has expired"`)
}

// WeakToken refuses a token without the scope.
func WeakToken(realm string) *Refusal {
	return (&Refusal{Kind: InsufficientScope}).With("WWW-Authenticate", `Bearer realm="`+realm+`", error="insufficient_scope"`)
}
