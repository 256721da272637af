package iotauth

import (
	"context"
	"fmt"
)

// AuthorizerOptions configure an Authorizer.
type AuthorizerOptions struct {
	// Verifier checks tokens before the handler is called; nil is an authorizer with
	// signing disabled. AWS advises against that: anybody can then cause calls.
	Verifier *Verifier
	HandlerOptions
}

// An Authorizer is what AWS IoT keeps under the name of a custom authorizer: a function,
// and the keys of those who may have it called. It is safe for concurrent use.
type Authorizer struct {
	name, tokenKey string
	verifier       *Verifier
	guard          *guard
}

// NewAuthorizer returns an Authorizer that asks h. Clients send the token under tokenKey,
// which may be "" when there is no Verifier. It does no I/O.
// Errors: [ErrOptions].
func NewAuthorizer(name, tokenKey string, h Handler, optFns ...func(*AuthorizerOptions)) (*Authorizer, error) {
	o := AuthorizerOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	switch {
	case !ValidAuthorizerName(name):
		return nil, fmt.Errorf("%w: %.64q is no authorizer name", ErrOptions, name)
	case tokenKey != "" && !ValidTokenKey(tokenKey):
		return nil, fmt.Errorf("%w: %.64q is no token key name", ErrOptions, tokenKey)
	case tokenKey == "" && o.Verifier != nil:
		return nil, fmt.Errorf("%w: a token key name is needed where tokens are signed", ErrOptions)
	}
	g, err := newGuard(h, o.HandlerOptions)
	if err != nil {
		return nil, err
	}
	return &Authorizer{name: name, tokenKey: tokenKey, verifier: o.Verifier, guard: g}, nil
}

// Name is the authorizer's name.
func (a *Authorizer) Name() string { return a.name }

// TokenKey is the name under which clients send the token, "" where they send none.
func (a *Authorizer) TokenKey() string { return a.tokenKey }

// Invoke decides as AWS IoT does: it verifies token by signature, calls the function with
// request, in which it sets Token and SignatureVerified, and validates the answer. With
// a bad signature the function is not called. It keeps nothing: caching, refreshing and
// disconnecting are the gateway's.
//
// An answer without error may still refuse: look at IsAuthenticated. Errors: [ErrToken],
// [ErrSignature], [ErrHandler], [ErrTimeout], [ErrResponse]; with each the client is
// refused.
func (a *Authorizer) Invoke(ctx context.Context, token, signature string, request Request) (*Response, error) {
	if a.verifier != nil {
		if err := a.verifier.Verify(token, signature); err != nil {
			return nil, err
		}
	} else if len(token) > MaxToken {
		return nil, checkToken(token)
	}
	request.Token, request.SignatureVerified = token, a.verifier != nil
	return a.guard.call(ctx, &request)
}
