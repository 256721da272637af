package oidcauth

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/idtoken"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

var (
	// ErrUnavailable: the issuer does not answer, so that no token can be checked.
	ErrUnavailable = errors.New("oidcauth: the issuer's keys cannot be fetched")
	// ErrOptions: a constructor was given what cannot work.
	ErrOptions = errors.New("oidcauth: invalid options")
)

// A Grant is a policy for clients whose token has a claim.
type Grant struct {
	// Policy is a template, see the package's documentation.
	Policy *policy.Document
	// Claim and Value say whom it is for: where Claim is Value, or a list or a text of
	// words with Value in it. "" is everybody.
	Claim, Value string
}

// Options configure an Authorizer. A zero value means the default.
type Options struct {
	// DisconnectAfter bounds a connection, which also ends with its token. Default 24 h.
	DisconnectAfter time.Duration
	// RefreshAfter is when the token is checked again. Default 1 h.
	RefreshAfter time.Duration
	// Token finds the token in a request. Default: the request's Token, or else the MQTT
	// password.
	Token func(*iotauth.Request) string
	// SplitTokens also accepts a token of two parts, as [iotauth.SplitJWT] makes it, where
	// AWS IoT verified its signature. Set it only when the authorizer's public keys are
	// the issuer's own.
	SplitTokens bool
	// Leeway forgives clocks that differ. Default 30 s, at most 5 min.
	Leeway time.Duration
	// HTTPClient reaches the issuer. Default: a client with a timeout of 4 s, within
	// [iotauth.InvokeTimeout].
	HTTPClient *http.Client
	// Clock tells the time. Default time.Now.
	Clock func() time.Time
	// Logger takes refusals and failed fetches. Default: they are discarded.
	Logger *slog.Logger
}

// An Authorizer is an [iotauth.Handler]. It is safe for concurrent use.
type Authorizer struct {
	tokens    *idtoken.Verifier
	grants    []Grant
	templates []template // of grants
	options   Options
}

// New returns an Authorizer for tokens that issuer (a URL, spelled exactly as in its
// tokens) made for audience, signed with RS256 or ES256. It does no I/O: keys are
// discovered at the first token or by [Authorizer.Ready], then kept, and fetched again
// after an hour or when a token names an unknown one, at most every 10 s.
// Errors: [ErrOptions].
func New(issuer, audience string, grants []Grant, optFns ...func(*Options)) (*Authorizer, error) {
	o := Options{}
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.complete(); err != nil {
		return nil, err
	}
	a := &Authorizer{grants: grants, options: o}
	if len(grants) == 0 || len(grants) > iotauth.MaxPolicyDocuments {
		return nil, fmt.Errorf("%w: %d grants, of 1 to %d", ErrOptions, len(grants), iotauth.MaxPolicyDocuments)
	}
	for i, g := range grants {
		t, err := parseTemplate(g.Policy)
		switch {
		case err != nil:
			return nil, fmt.Errorf("%w: grant %d: %w", ErrOptions, i, err)
		case (g.Claim == "") != (g.Value == ""):
			return nil, fmt.Errorf("%w: grant %d: Claim and Value go together", ErrOptions, i)
		}
		a.templates = append(a.templates, t)
	}
	var err error
	a.tokens, err = idtoken.NewVerifier(issuer, audience, idtoken.Options{
		Leeway: o.Leeway, HTTPClient: o.HTTPClient, Clock: o.Clock, Logger: o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return a, nil
}

func (o *Options) complete() error {
	const most = iotauth.MaxSeconds * time.Second
	if o.DisconnectAfter == 0 {
		o.DisconnectAfter = most
	}
	if o.RefreshAfter == 0 {
		o.RefreshAfter = time.Hour
	}
	if least := iotauth.MinSeconds * time.Second; min(o.DisconnectAfter, o.RefreshAfter) < least || max(o.DisconnectAfter, o.RefreshAfter) > most {
		return fmt.Errorf("%w: DisconnectAfter %v and RefreshAfter %v must be within %v to %v", ErrOptions, o.DisconnectAfter, o.RefreshAfter, least, most)
	}
	if o.Token == nil {
		o.Token = tokenOrPassword
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{Timeout: 4 * time.Second}
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func tokenOrPassword(r *iotauth.Request) string {
	if r.Token == "" && r.ProtocolData != nil && r.ProtocolData.MQTT != nil {
		return string(r.ProtocolData.MQTT.Password)
	}
	return r.Token
}

// Ready fetches the issuer's keys unless they are at hand, so that a wrong configuration
// shows at the start. Errors: [ErrUnavailable].
func (a *Authorizer) Ready(ctx context.Context) error {
	if err := a.tokens.Ready(ctx); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return nil
}

// Authorize decides about the bearer of a token. A token or claim that is not good refuses
// the client without an error. Errors: [ErrUnavailable].
func (a *Authorizer) Authorize(ctx context.Context, request *iotauth.Request) (*iotauth.Response, error) {
	var c claims
	who, err := a.verify(ctx, request, &c)
	if errors.Is(err, idtoken.ErrUnavailable) {
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var documents []*policy.Document
	if err == nil {
		documents, err = a.documents(c)
	}
	if err != nil {
		a.options.Logger.InfoContext(ctx, "client refused", "error", err)
		return &iotauth.Response{}, nil
	}
	remaining := who.Expires.Sub(a.options.Clock())
	return &iotauth.Response{
		IsAuthenticated: true,
		PrincipalID:     principal(request, who),
		PolicyDocuments: documents,
		DisconnectAfter: within(min(remaining, a.options.DisconnectAfter)),
		RefreshAfter:    within(min(remaining, a.options.RefreshAfter)),
	}, nil
}

func (a *Authorizer) verify(ctx context.Context, request *iotauth.Request, c *claims) (idtoken.Claims, error) {
	token := a.options.Token(request)
	if a.options.SplitTokens && request.SignatureVerified && token == request.Token && strings.Count(token, ".") == 1 {
		_, payload, _ := strings.Cut(token, ".")
		text, err := base64.RawURLEncoding.DecodeString(payload)
		if err != nil {
			return idtoken.Claims{}, &idtoken.Error{Reason: idtoken.Malformed, Detail: "its claims are no base64url"}
		}
		return a.tokens.Check(text, c)
	}
	return a.tokens.Verify(ctx, token, c)
}

// documents fills the templates of the grants that the claims meet.
func (a *Authorizer) documents(c claims) ([]*policy.Document, error) {
	var documents []*policy.Document
	for i, g := range a.grants {
		if g.Claim != "" && !c.has(g.Claim, g.Value) {
			continue
		}
		d, err := a.templates[i].fill(c.levels)
		if err != nil {
			return nil, err
		}
		if d != nil {
			documents = append(documents, d)
		}
	}
	if documents == nil {
		return nil, errors.New("oidcauth: no grant is for this client")
	}
	return documents, nil
}

// principal is that of the client's certificate, where it has shown one, because AWS IoT
// wants no other.
func principal(request *iotauth.Request, who idtoken.Claims) string {
	if d := request.ProtocolData; d != nil && d.TLS != nil && d.TLS.PrincipalID != "" {
		return d.TLS.PrincipalID
	}
	return PrincipalID(who.Issuer, who.Subject)
}

// PrincipalID is the principal of an issuer's subject: 64 hexadecimal digits, because
// subjects hold more than the letters and digits that a principal may.
func PrincipalID(issuer, subject string) string {
	digest := sha256.Sum256([]byte(issuer + "\x00" + subject))
	return hex.EncodeToString(digest[:])
}

// within rounds d to what an answer can say.
func within(d time.Duration) time.Duration {
	return min(max(d.Truncate(time.Second), iotauth.MinSeconds*time.Second), iotauth.MaxSeconds*time.Second)
}
