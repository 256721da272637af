package httpapi

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// maxToken is the longest token that is looked at, in bytes. Those of identity
// providers have one or two thousand.
const maxToken = 8 << 10

// algorithms are the signatures that are accepted: asymmetric ones, so that the
// issuer's public key is never taken for a shared secret.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

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
	issuer, audience string
	options          VerifierOptions
	keys             *keySet
}

// NewVerifier returns a Verifier for tokens that issuer (a URL, spelled exactly as
// in its tokens) made for audience. It does no I/O. Errors are an [ErrOptions].
func NewVerifier(issuer, audience string, optFns ...func(*VerifierOptions)) (*Verifier, error) {
	o := VerifierOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.validate(issuer, audience); err != nil {
		return nil, err
	}
	return &Verifier{issuer: issuer, audience: audience, options: o, keys: newKeySet(issuer, o)}, nil
}

func (o *VerifierOptions) validate(issuer, audience string) error {
	switch {
	case !strings.HasPrefix(issuer, "http://") && !strings.HasPrefix(issuer, "https://"):
		return fmt.Errorf("%w: issuer %q is not an http or https URL", ErrOptions, issuer)
	case audience == "":
		return fmt.Errorf("%w: no audience", ErrOptions)
	case o.Leeway < 0 || o.Leeway > 5*time.Minute:
		return fmt.Errorf("%w: leeway %v is not within 0 to 5 min", ErrOptions, o.Leeway)
	case o.MaxAge < 0 || o.Cooldown < 0:
		return fmt.Errorf("%w: a negative MaxAge or Cooldown", ErrOptions)
	case strings.ContainsAny(o.Scope, " \"\\"):
		return fmt.Errorf("%w: scope %q is not one scope", ErrOptions, o.Scope)
	}
	setDefault(&o.Leeway, 30*time.Second)
	setDefault(&o.MaxAge, time.Hour)
	setDefault(&o.Cooldown, 10*time.Second)
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 5 * time.Second}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

// Ready fetches the issuer's keys unless they are at hand, so that a wrong
// configuration shows at the start. Errors: [ErrKeysUnavailable].
func (v *Verifier) Ready(ctx context.Context) error { return v.keys.ready(ctx) }

// claims are what the verifier reads of a token.
type claims struct {
	jwt.Claims
	Scope       string   `json:"scope"`
	Scopes      scopes   `json:"scp"`
	Permissions []string `json:"permissions"`
}

// Verify checks token: its signature (RS256 or ES256) by a key of the issuer, its
// issuer, audience, expiry and start, and that it has a subject and the scope.
// Errors are a [TokenError], or [ErrKeysUnavailable] when nothing can be said
// about the token because the issuer does not answer.
func (v *Verifier) Verify(ctx context.Context, token string) (Identity, error) {
	if len(token) > maxToken {
		return Identity{}, fmt.Errorf("%w: longer than %d bytes", ErrTokenMalformed, maxToken)
	}
	parsed, err := jwt.ParseSigned(token, algorithms)
	if err != nil {
		return Identity{}, fmt.Errorf("%w: %w", ErrTokenMalformed, err)
	}
	var c claims
	if err := v.keys.verify(ctx, parsed, &c); err != nil {
		return Identity{}, err
	}
	if err := v.check(&c); err != nil {
		return Identity{}, err
	}
	return Identity{
		Account: askaround.AccountFor(c.Issuer, c.Subject),
		Expires: c.Expiry.Time(),
	}, nil
}

// check judges the claims of a token whose signature is good.
func (v *Verifier) check(c *claims) error {
	now := v.options.Clock()
	switch {
	case c.Issuer != v.issuer:
		return ErrTokenIssuer
	case !c.Audience.Contains(v.audience):
		return ErrTokenAudience
	case c.Expiry == nil || c.Subject == "":
		return fmt.Errorf("%w: no exp or no sub", ErrTokenMalformed)
	case now.Add(-v.options.Leeway).After(c.Expiry.Time()):
		return ErrTokenExpired
	case later(c.NotBefore, now.Add(v.options.Leeway)), later(c.IssuedAt, now.Add(v.options.Leeway)):
		return ErrTokenNotYetValid
	case v.options.Scope != "" && !c.grants(v.options.Scope):
		return ErrTokenScope
	}
	return nil
}

func later(d *jwt.NumericDate, t time.Time) bool { return d != nil && d.Time().After(t) }

func (c *claims) grants(scope string) bool {
	return slices.Contains(strings.Fields(c.Scope), scope) ||
		slices.Contains(c.Scopes, scope) || slices.Contains(c.Permissions, scope)
}
