package sigv4

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options configure a Verifier. A zero value means the default.
type Options struct {
	// Regions are those that a request may be signed for. Default: every region.
	Regions []string
	// Skew is how far the date of a signature may be from now. Default 5 minutes, which
	// DynamoDB, SQS and most services have; some, such as STS and S3, have 15.
	Skew time.Duration
	// Clock tells the time. Default time.Now.
	Clock func() time.Time
	// MaxBody is the largest body that is read, in bytes. Default 16 MiB.
	MaxBody int64
	// UnsignedPayload accepts the literal UNSIGNED-PAYLOAD in X-Amz-Content-Sha256: the
	// body is neither read nor covered by the signature. Default false, as DynamoDB.
	UnsignedPayload bool
	// S3 takes the path as it was sent, where other services normalise and encode it once
	// more. With UnsignedPayload, a presigned request does not cover its body.
	S3 bool
	// TokenAfterSigning is the rule of AWS IoT Core for presigned requests:
	// X-Amz-Security-Token is appended after the signature was made
	// (https://docs.aws.amazon.com/iot/latest/developerguide/iam-users-groups-roles.html).
	TokenAfterSigning bool
}

// Verifier verifies the signatures of requests. Make one with [New].
type Verifier struct {
	provider Provider
	services []string
	options  Options
	keys     derivedKeys
}

// Identity is who signed a request, and for what.
type Identity struct{ AccessKeyID, Region, Service string }

// New returns a Verifier for requests to services, by their names in the credential scope:
// "dynamodb", "iotdevicegateway". It fails without a provider, without a service, and for
// an option below zero.
func New(provider Provider, services []string, optFns ...func(*Options)) (*Verifier, error) {
	o := Options{Skew: 5 * time.Minute, Clock: time.Now, MaxBody: 16 << 20}
	for _, fn := range optFns {
		fn(&o)
	}
	switch {
	case provider == nil:
		return nil, errors.New("sigv4: no provider")
	case len(services) == 0:
		return nil, errors.New("sigv4: no service")
	case o.Skew < 0 || o.MaxBody < 0 || o.Clock == nil:
		return nil, fmt.Errorf("sigv4: bad options: Skew %v, MaxBody %d, Clock set: %t", o.Skew, o.MaxBody, o.Clock != nil)
	}
	return &Verifier{provider: provider, services: slices.Clone(services), options: o}, nil
}

// Verify returns who signed r. It reads r.Body and puts another with the same content in
// its place.
//
// Errors: an [*Error], matched by the Err values of this package; [ErrBodyTooLarge];
// [ErrBody] with the reason; the error of the provider, wrapped.
func (v *Verifier) Verify(r *http.Request) (Identity, error) {
	c, err := readClaim(r)
	if err != nil {
		return Identity{}, err
	}
	at, err := parseDate(c.date)
	if err != nil {
		return Identity{}, err
	}
	if err := v.current(&c, at); err != nil {
		return Identity{}, err
	}
	if err := requireSigned(r, &c); err != nil {
		return Identity{}, err
	}
	if c.algorithm != algorithm {
		return Identity{}, incomplete("Unsupported AWS 'algorithm': '%s' (only AWS4-HMAC-SHA256 for now). ", shorten(c.algorithm))
	}
	s, err := v.scopeOf(&c, at)
	if err != nil {
		return Identity{}, err
	}
	credentials, err := v.retrieve(r.Context(), s.keyID)
	if err != nil {
		return Identity{}, err
	}
	if err := v.match(r, &c, s, at, credentials); err != nil {
		return Identity{}, err
	}
	return Identity{s.keyID, s.region, s.service}, credentials.admit(c.token, v.options.Clock())
}

// requireSigned refuses a request with a header that matters and is not signed. The list
// must be canonical: sorted, in lower case.
func requireSigned(r *http.Request, c *claim) error {
	if !listed(c.signedHeaders, "host") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	unsigned := ""
	for name := range r.Header {
		matters := strings.HasPrefix(name, "X-Amz-") && name != amzSecurityToken
		if matters && !listed(c.signedHeaders, name) && (unsigned == "" || name < unsigned) {
			unsigned = name
		}
	}
	if unsigned != "" {
		return invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", shorten(unsigned))
	}
	return nil
}

func listed(signedHeaders, name string) bool {
	for s := range strings.SplitSeq(signedHeaders, ";") {
		if strings.EqualFold(s, name) {
			return true
		}
	}
	return false
}

// scope is the parts of a credential. The region and service are among those that are
// served, or, where every region is, have no character with a meaning in what is signed.
type scope struct{ keyID, date, region, service string }

// scopeOf reads the credential, and names everything that is wrong with its scope.
func (v *Verifier) scopeOf(c *claim, at time.Time) (scope, error) {
	parts := strings.Split(strings.TrimRight(c.credential, "/"), "/")
	if len(parts) != 5 {
		return scope{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", shorten(c.credential))
	}
	s := scope{parts[0], parts[1], parts[2], parts[3]}
	var wrong strings.Builder
	if !v.serves(s.region) {
		wrong.WriteString("Credential should be scoped to a valid region. ")
	}
	if !slices.Contains(v.services, s.service) {
		fmt.Fprintf(&wrong, "Credential should be scoped to correct service: '%s'. ", strings.Join(v.services, "' or '"))
	}
	if parts[4] != terminator {
		fmt.Fprintf(&wrong, "Credential should be scoped with a valid terminator: '%s', not '%s'. ", terminator, shorten(parts[4]))
	}
	if day := at.Format(stamp)[:8]; s.date != day {
		fmt.Fprintf(&wrong, "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'. ",
			shorten(s.date), day, at.Format(stamp))
	}
	if wrong.Len() > 0 {
		return scope{}, invalid("%s", wrong.String())
	}
	return s, nil
}

func (v *Verifier) serves(region string) bool {
	if len(v.options.Regions) > 0 {
		return slices.Contains(v.options.Regions, region)
	}
	odd := func(r rune) bool { return r > 0x7f || !unreserved(byte(r)) }
	return region != "" && !strings.ContainsFunc(region, odd)
}

func (v *Verifier) retrieve(ctx context.Context, keyID string) (Credentials, error) {
	c, err := v.provider(ctx, keyID)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return Credentials{}, ErrUnrecognizedClient
	case err != nil:
		return Credentials{}, fmt.Errorf("sigv4: retrieve credentials: %w", err)
	case c.SecretAccessKey == "":
		return Credentials{}, ErrUnrecognizedClient // nobody signs with nothing
	}
	return c, nil
}

// match compares the signature with the one that the secret gives.
func (v *Verifier) match(r *http.Request, c *claim, s scope, at time.Time, credentials Credentials) error {
	if !canonicalList(c.signedHeaders) {
		return ErrInvalidSignature
	}
	payload, err := v.payload(r, c)
	if err != nil {
		return err
	}
	request := v.canonicalRequest(r, c, payload)
	if request == nil {
		return ErrInvalidSignature
	}
	want := sign(v.keys.get(credentials.SecretAccessKey, s), s, at, request)
	if subtle.ConstantTimeCompare([]byte(c.signature), want[:]) == 0 {
		return ErrInvalidSignature
	}
	return nil
}

// canonicalList reports whether names of headers are sorted, each once, in lower case.
// Nothing else is a name: what is signed is made of lines.
func canonicalList(signedHeaders string) bool {
	last := ""
	for name := range strings.SplitSeq(signedHeaders, ";") {
		odd := func(r rune) bool { return r > 0x7f || !unreserved(byte(r)) || 'A' <= r && r <= 'Z' }
		if name <= last || strings.ContainsFunc(name, odd) {
			return false
		}
		last = name
	}
	return true
}

// admit checks the session that credentials belong to.
func (c Credentials) admit(token string, now time.Time) error {
	switch {
	case c.SessionToken != "" && token == "":
		return ErrUnrecognizedClient
	case subtle.ConstantTimeCompare([]byte(token), []byte(c.SessionToken)) == 0:
		return errWrongToken
	case !c.Expires.IsZero() && !now.Before(c.Expires):
		return ErrExpiredToken
	}
	return nil
}
