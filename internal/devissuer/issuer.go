package devissuer

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// ErrUser reports a user name that is empty, longer than [MaxUser] bytes, or holds
// control characters.
var ErrUser = errors.New("devissuer: not a user name")

// MaxUser is the longest user name in bytes.
const MaxUser = 128

// Options configure an Issuer. A zero value means the default.
type Options struct {
	// Audience is what tokens are meant for. Default "askaround".
	Audience string
	// Lifetime is how long a token holds. Default 12 hours.
	Lifetime time.Duration
	// KeyFile keeps the signing key (PEM, PKCS #8), so that tokens outlive the process.
	// It is made where it does not exist. Default: a new key in memory.
	KeyFile string
	// Clock tells the time of issue. Default time.Now.
	Clock func() time.Time
}

// Issuer signs tokens with ES256. It is safe for concurrent use.
type Issuer struct {
	url     string
	options Options
	signer  jose.Signer
	public  jose.JSONWebKeySet
}

// New returns an Issuer that is reached at issuerURL. It reads or writes
// Options.KeyFile, and does no other I/O.
func New(issuerURL string, optFns ...func(*Options)) (*Issuer, error) {
	o := Options{Audience: "askaround", Lifetime: 12 * time.Hour, Clock: time.Now}
	for _, fn := range optFns {
		fn(&o)
	}
	u, err := url.Parse(issuerURL)
	if err != nil || u.Host == "" || u.RawQuery != "" || strings.HasSuffix(issuerURL, "/") {
		return nil, fmt.Errorf("devissuer: %q is not an absolute URL without a query and a final slash", issuerURL)
	}
	if o.Lifetime <= 0 || o.Audience == "" {
		return nil, fmt.Errorf("devissuer: lifetime %v and audience %q must be set", o.Lifetime, o.Audience)
	}
	key, err := loadKey(o.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("devissuer: %w", err)
	}
	public := jose.JSONWebKey{Key: key.Public(), Algorithm: string(jose.ES256), Use: "sig"}
	thumbprint, err := public.Thumbprint(thumbprintHash)
	if err != nil {
		return nil, fmt.Errorf("devissuer: %w", err)
	}
	public.KeyID = fmt.Sprintf("%x", thumbprint[:8])
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: public.KeyID}},
		(&jose.SignerOptions{}).WithType("JWT"))
	if err != nil {
		return nil, fmt.Errorf("devissuer: %w", err)
	}
	return &Issuer{url: issuerURL, options: o, signer: signer, public: jose.JSONWebKeySet{Keys: []jose.JSONWebKey{public}}}, nil
}

// URL is the issuer as tokens name it.
func (i *Issuer) URL() string { return i.url }

// Mint returns a token for user. Another name than one can be is an [ErrUser].
func (i *Issuer) Mint(user string) (string, error) {
	if user == "" || len(user) > MaxUser || strings.ContainsFunc(user, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
		return "", fmt.Errorf("%w: 1 to %d bytes without control characters", ErrUser, MaxUser)
	}
	now := i.options.Clock()
	return jwt.Signed(i.signer).Claims(jwt.Claims{
		Issuer: i.url, Subject: user, Audience: jwt.Audience{i.options.Audience},
		IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(i.options.Lifetime)),
	}).Serialize()
}
