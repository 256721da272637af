package httpapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/idtoken"
)

// Identity is what a valid token says about its bearer.
type Identity struct {
	Account askaround.AccountID
	Expires time.Time // the token's exp, without leeway
}

// VerifierOptions configure a Verifier.
type VerifierOptions struct {
	// Leeway forgives clocks that differ; 0 is 30 s. At most 5 min.
	Leeway time.Duration
	// Scope, if not empty, must be among the token's scopes: the space-separated
	// claim "scope" (RFC 8693), or "scp" or "permissions" as some issuers have it.
	Scope string
	// MaxAge is how long keys are used before they are fetched again; 0 is 1 h.
	MaxAge time.Duration
	// Cooldown is the least time between two fetches, however many tokens name
	// unknown keys; 0 is 10 s.
	Cooldown time.Duration
	// HTTPClient reaches the issuer; nil is a client with a timeout of 5 s.
	HTTPClient *http.Client
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes failed fetches; nil discards.
	Logger *slog.Logger
}

// A Verifier checks the tokens of one OpenID Connect issuer, for one audience.
// It is safe for concurrent use.
//
// The issuer's keys are discovered at the first token and then kept: a token is
// checked without asking the network, except when keys are older than MaxAge or
// a token names a key that is not among them, and then at most once in Cooldown.
// While the issuer cannot be reached the keys at hand stay in use.
type Verifier struct {
	tokens *idtoken.Verifier
	scope  string
}

// NewVerifier returns a Verifier for tokens that issuer (a URL, spelled exactly as
// in its tokens) made for audience. It does no I/O. Errors are an [ErrOptions].
func NewVerifier(issuer, audience string, optFns ...func(*VerifierOptions)) (*Verifier, error) {
	o := VerifierOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	if strings.ContainsAny(o.Scope, " \"\\") {
		return nil, fmt.Errorf("%w: scope %q is not one scope", ErrOptions, o.Scope)
	}
	tokens, err := idtoken.NewVerifier(issuer, audience, idtoken.Options{
		Leeway: o.Leeway, MaxAge: o.MaxAge, Cooldown: o.Cooldown, HTTPClient: o.HTTPClient, Clock: o.Clock, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return &Verifier{tokens: tokens, scope: o.Scope}, nil
}

// Ready fetches the issuer's keys unless they are at hand, so that a wrong
// configuration shows at the start. Errors: [ErrKeysUnavailable].
func (v *Verifier) Ready(ctx context.Context) error { return tokenError(v.tokens.Ready(ctx)) }

// claims are where issuers put scopes.
type claims struct {
	Scope       string   `json:"scope"`
	Scopes      scopes   `json:"scp"`
	Permissions []string `json:"permissions"`
}

// Verify checks token: its signature (RS256 or ES256) by a key of the issuer, its
// issuer, audience, expiry and start, and that it has a subject and the scope.
// Errors are a [TokenError], or [ErrKeysUnavailable] when nothing can be said
// about the token because the issuer does not answer.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	var c claims
	var dest any // nothing more is wanted where no scope is
	if v.scope != "" {
		dest = &c
	}
	verified, err := v.tokens.Verify(ctx, token, dest)
	if err != nil {
		return Identity{}, tokenError(err)
	}
	if v.scope != "" && !c.grants(v.scope) {
		return Identity{}, ErrTokenScope
	}
	return Identity{
		Account: askaround.AccountFor(verified.Issuer, verified.Subject),
		Expires: verified.Expires,
	}, nil
}

// reasons are the errors of this package for those of idtoken.
var reasons = map[idtoken.Reason]TokenError{
	idtoken.Malformed:   ErrTokenMalformed,
	idtoken.Signature:   ErrTokenSignature,
	idtoken.Issuer:      ErrTokenIssuer,
	idtoken.Audience:    ErrTokenAudience,
	idtoken.Expired:     ErrTokenExpired,
	idtoken.NotYetValid: ErrTokenNotYetValid,
}

func tokenError(err error) error {
	var refused *idtoken.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &refused):
		return fmt.Errorf("%w: %w", ErrKeysUnavailable, err)
	case refused.Detail == "":
		return reasons[refused.Reason]
	}
	return fmt.Errorf("%w: %s", reasons[refused.Reason], refused.Detail)
}

func (c *claims) grants(scope string) bool {
	return slices.Contains(strings.Fields(c.Scope), scope) ||
		slices.Contains(c.Scopes, scope) || slices.Contains(c.Permissions, scope)
}
