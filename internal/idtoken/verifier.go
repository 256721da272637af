package idtoken

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// maxToken is the longest token that is looked at, in bytes. Those of identity
// providers have one or two thousand.
const maxToken = 8 << 10

// algorithms are the signatures that are accepted: asymmetric ones, so that the
// issuer's public key is never taken for a shared secret.
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.ES256}

// Options configure a Verifier. A zero value means the default.
type Options struct {
	// Leeway forgives clocks that differ; 0 is 30 s. At most 5 min.
	Leeway time.Duration
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

// Claims are those that each token must have.
type Claims struct {
	Issuer, Subject string
	Expires         time.Time // exp, without leeway
}

// A Verifier checks the tokens of one issuer, for one audience. It is safe for concurrent
// use.
type Verifier struct {
	issuer, audience string
	options          Options
	keys             *keySet
}

// NewVerifier returns a Verifier for tokens that issuer (a URL, spelled exactly as in its
// tokens) made for audience. It does no I/O. Errors are an [ErrOptions].
func NewVerifier(issuer, audience string, o Options) (*Verifier, error) {
	if err := o.validate(issuer, audience); err != nil {
		return nil, err
	}
	return &Verifier{issuer: issuer, audience: audience, options: o, keys: newKeySet(issuer, o)}, nil
}

func (o *Options) validate(issuer, audience string) error {
	switch {
	case !strings.HasPrefix(issuer, "http://") && !strings.HasPrefix(issuer, "https://"):
		return fmt.Errorf("%w: issuer %q is not an http or https URL", ErrOptions, issuer)
	case audience == "":
		return fmt.Errorf("%w: no audience", ErrOptions)
	case o.Leeway < 0 || o.Leeway > 5*time.Minute:
		return fmt.Errorf("%w: leeway %v is not within 0 to 5 min", ErrOptions, o.Leeway)
	case o.MaxAge < 0 || o.Cooldown < 0:
		return fmt.Errorf("%w: a negative MaxAge or Cooldown", ErrOptions)
	}
	setDefault(&o.Leeway, 30*time.Second)
	setDefault(&o.MaxAge, time.Hour)
	setDefault(&o.Cooldown, 10*time.Second)
	setDefault(&o.HTTPClient, &http.Client{Timeout: 5 * time.Second})
	setDefault(&o.Logger, slog.New(slog.DiscardHandler))
	if o.Clock == nil {
		o.Clock = time.Now
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
// configuration shows at the start. Errors: [ErrUnavailable].
func (v *Verifier) Ready(ctx context.Context) error { return v.keys.ready(ctx) }

// Verify checks token: its signature (RS256 or ES256) by a key of the issuer, its
// issuer, audience, expiry and start, and that it has a subject. It decodes all claims
// into dest, unless that is nil: their names compare to the letter, and a claim that
// is there twice is malformed. Errors are an [*Error], or [ErrUnavailable] when nothing
// can be said about the token.
func (v *Verifier) Verify(ctx context.Context, token string, dest any) (Claims, error) {
	if len(token) > maxToken {
		return Claims{}, refuse(Malformed, "longer than %d bytes", maxToken)
	}
	s, err := v.signed(ctx, token)
	if err != nil {
		return Claims{}, err
	}
	return v.check(s, dest)
}

// signed returns what a token holds that the issuer has signed.
func (v *Verifier) signed(ctx context.Context, token string) (*signed, error) {
	digest := sha256.Sum256([]byte(token))
	s, keys := v.keys.verified.find(digest)
	if s != nil && !v.keys.stale() {
		return s, nil
	}
	parsed, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil {
		return nil, refuse(Malformed, "%v", err)
	}
	payload, err := v.keys.verify(ctx, parsed)
	if err != nil {
		return nil, err
	}
	if s, err = readSigned(payload); err != nil {
		return nil, err
	}
	v.keys.verified.add(digest, s, keys)
	return s, nil
}

// Check does what Verify does with claims in JSON whose signature somebody else verified.
func (v *Verifier) Check(claims []byte, dest any) (Claims, error) {
	s, err := readSigned(claims)
	if err != nil {
		return Claims{}, err
	}
	return v.check(s, dest)
}

func (v *Verifier) check(s *signed, dest any) (Claims, error) {
	if err := s.decode(dest); err != nil {
		return Claims{}, err
	}
	now, c := v.options.Clock(), &s.claims
	switch {
	case c.Issuer != v.issuer:
		return Claims{}, refuse(Issuer, "")
	case !c.Audience.Contains(v.audience):
		return Claims{}, refuse(Audience, "")
	case c.Expiry == nil || c.Subject == "":
		return Claims{}, refuse(Malformed, "no exp or no sub")
	case now.Add(-v.options.Leeway).After(c.Expiry.Time()):
		return Claims{}, refuse(Expired, "")
	case later(c.NotBefore, now.Add(v.options.Leeway)), later(c.IssuedAt, now.Add(v.options.Leeway)):
		return Claims{}, refuse(NotYetValid, "")
	}
	return Claims{Issuer: c.Issuer, Subject: c.Subject, Expires: c.Expiry.Time()}, nil
}

func later(d *jwt.NumericDate, t time.Time) bool { return d != nil && d.Time().After(t) }
