package gateway

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/sigv4"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// Options configure a Gateway. A zero value means the default.
type Options struct {
	// Limits bound what clients may do. Default: those of AWS IoT.
	Limits Limits
	// Dir keeps persistent sessions, what waits in them, and retained messages. Default "":
	// in memory.
	Dir string
	// Logger takes why clients were refused, and what no client sees. Default: none.
	Logger *slog.Logger
	// Region and Account stand in the ARNs that policies are asked about. Defaults
	// "us-east-1" and "123456789012".
	Region, Account string

	// EndpointHosts are the names of the data endpoint, without a port: clients send one by
	// SNI and in the Host header. Default "localhost"; without TLS also the loopback
	// addresses, which SNI cannot carry.
	EndpointHosts []string
	// Domains are further names, each with a configuration of its own.
	Domains map[string]Domain

	// Certificates are the server's, of which the one is used that is for the name in the
	// SNI. They, or GetCertificate, are required by every door but [Plain].
	Certificates []tls.Certificate
	// GetCertificate is asked instead where it is not nil, for each handshake.
	GetCertificate func(*tls.ClientHelloInfo) (*tls.Certificate, error)
	// ClientCAs refuses certificates of clients that none of these authorities has signed,
	// in the handshake. Default nil: whoever signed it, a certificate counts when it is
	// registered, as on AWS.
	ClientCAs *x509.CertPool

	// Keys are the access keys that requests may be signed with. Default: none.
	Keys Keys
	// Origins are web pages that may open a WebSocket, as browsers name them:
	// "https://example.com"; "*" is every page. Default: those of the endpoint itself.
	Origins []string

	// Tap is called with every message that is accepted, from clients and from
	// [Gateway.Publish], before it is acknowledged; also with those for $aws/rules/…, which
	// nobody else gets. It is called concurrently and must be quick. Default: none.
	Tap func(ctx context.Context, from Source, m *Message)
	// Now tells the time. Default time.Now.
	Now func() time.Time
}

// A Domain is what CreateDomainConfiguration says of a server name.
type Domain struct {
	// DefaultAuthorizer is invoked for clients that name none; "" is the registry's default.
	DefaultAuthorizer string
	// AllowAuthorizerOverride: a client may name another.
	AllowAuthorizerOverride bool
	// CertificateAndAuthorizer: whoever comes must show a registered certificate and pass
	// the authorizer (authenticationType CUSTOM_AUTH_X509), by MQTT or by HTTPS.
	CertificateAndAuthorizer bool
}

// Keys tells about access keys. It is called concurrently.
type Keys interface {
	// Retrieve returns what belongs to an access key id. ErrNotFound where there is none.
	Retrieve(ctx context.Context, accessKeyID string) (Key, error)
}

// A Secret is text that no log shows. Convert it to a string to use it.
type Secret = sigv4.Secret

// A Key is an access key, and what its owner may do.
type Key struct {
	// Secret signs. It is shown by no log.
	Secret Secret
	// SessionToken must come with every request where it is not empty.
	SessionToken Secret
	// Expires ends a session. Zero: never.
	Expires time.Time
	// Principal identifies the owner, in lifecycle events and in the log.
	Principal string
	// Policies allow and deny iot actions; without one nothing is allowed.
	Policies []*policy.Document
}

// StaticKeys are Keys by access key id.
type StaticKeys map[string]Key

// Retrieve is [Keys]'.
func (s StaticKeys) Retrieve(_ context.Context, accessKeyID string) (Key, error) {
	key, ok := s[accessKeyID]
	if !ok {
		return Key{}, ErrNotFound
	}
	return key, nil
}

var (
	regionForm  = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
	accountForm = regexp.MustCompile(`^[0-9]{12}$`)
	hostForm    = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$`)
)

func (o Options) withDefaults() (Options, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.Account == "" {
		o.Account = "123456789012"
	}
	if len(o.EndpointHosts) == 0 {
		o.EndpointHosts = []string{"localhost"}
	}
	if o.Keys == nil {
		o.Keys = StaticKeys{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.normalizeHosts()
	return o, o.validate()
}

// normalizeHosts spells names as they are compared. What the caller has is left alone.
func (o *Options) normalizeHosts() {
	hosts := make([]string, len(o.EndpointHosts))
	for i, host := range o.EndpointHosts {
		hosts[i] = strings.ToLower(host)
	}
	o.EndpointHosts = hosts
	domains := make(map[string]Domain, len(o.Domains))
	for host, domain := range o.Domains {
		domains[strings.ToLower(host)] = domain
	}
	o.Domains = domains
}

func (o *Options) validate() error {
	var wrong []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			wrong = append(wrong, fmt.Errorf("%w: "+format, append([]any{ErrOptions}, args...)...))
		}
	}
	check(regionForm.MatchString(o.Region), "Region %q", o.Region)
	check(accountForm.MatchString(o.Account), "Account %q has not 12 digits", o.Account)
	for _, host := range o.EndpointHosts {
		check(hostForm.MatchString(host), "EndpointHosts: %q is no host name without a port", host)
	}
	for host, domain := range o.Domains {
		check(hostForm.MatchString(host), "Domains: %q is no host name without a port", host)
		check(!slices.Contains(o.EndpointHosts, host), "Domains: %q is one of EndpointHosts too", host)
		check(domain.DefaultAuthorizer == "" || iotauth.ValidAuthorizerName(domain.DefaultAuthorizer), "Domains: %q: DefaultAuthorizer %q", host, domain.DefaultAuthorizer)
	}
	limits := reflect.ValueOf(o.Limits)
	for i := range limits.NumField() {
		value := limits.Field(i)
		check((!value.CanInt() || value.Int() >= 0) && (!value.CanFloat() || value.Float() >= 0), "Limits.%s is negative", limits.Type().Field(i).Name)
	}
	for i, certificate := range o.Certificates {
		check(len(certificate.Certificate) > 0 && certificate.PrivateKey != nil, "Certificates: number %d lacks the certificate or the key", i)
	}
	for _, origin := range o.Origins {
		u, err := url.Parse(origin)
		check(origin == "*" || err == nil && u.Scheme != "" && u.Host != "" && strings.Trim(u.Path, "/") == "", "Origins: %q is not like \"https://example.com\"", origin)
	}
	return errors.Join(wrong...)
}
