package credprovider

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// HTTPClient sends requests.
type HTTPClient interface {
	Do(*http.Request) (*http.Response, error)
}

// Options configure a Provider. A zero value means the default.
type Options struct {
	// ThingName is sent along: 1 to 128 characters of a-z, A-Z, 0-9, colon, underscore and
	// hyphen. The thing must be attached to the certificate. Policies that use attributes
	// of the thing need it. Default: none.
	ThingName string
	// RootCAs are those that may have signed the service's certificate. Default: the
	// system's. AWS IoT is signed by Amazon Root CA 1.
	RootCAs *x509.CertPool
	// Proxy and DialContext are those of [http.Transport]. Defaults:
	// [http.ProxyFromEnvironment], [net.Dialer.DialContext].
	Proxy       func(*http.Request) (*url.URL, error)
	DialContext func(ctx context.Context, network, address string) (net.Conn, error)
	// HTTPClient sends the requests in place of the provider's own client. RootCAs, Proxy,
	// DialContext and the identity then say nothing: the client presents the certificate
	// itself, for instance with [TLSConfig]. Default: none.
	HTTPClient HTTPClient
	// Timeout bounds one refresh with its attempts. Default 10 seconds.
	Timeout time.Duration
	// Attempts is how often one refresh asks a service that does not answer or answers
	// with a fault of its own (5xx). Default 3.
	Attempts int
	// AdvisoryWindow is how long before their expiry credentials are refreshed. Default: by
	// their lifetime, see the package's doc.
	AdvisoryWindow time.Duration
	// Strict refreshes by the letter of the rules that the AWS SDKs share, see the
	// package's doc. Default false, for devices.
	Strict bool
	// CertificateWarning is how long before the device's certificate expires each refresh
	// warns of it in the log. Default 30 days.
	CertificateWarning time.Duration
	// Clock tells the time of day. Default time.Now.
	Clock func() time.Time
	// Logger takes what no caller sees: refreshes that failed, certificates that changed
	// or are about to expire. Default: none.
	Logger *slog.Logger
	// CredentialSources is how the provider came to be, for the user agent of AWS's
	// clients. Default [aws.CredentialSourceHTTP].
	CredentialSources []aws.CredentialSource
}

// The service's rules for names, from the model of its API.
var (
	aliasName = regexp.MustCompile(`^[\w=,@-]{1,128}$`)
	thingName = regexp.MustCompile(`^[a-zA-Z0-9:_-]{1,128}$`)
)

func newOptions(optFns []func(*Options)) Options {
	o := Options{
		Proxy:    http.ProxyFromEnvironment,
		Timeout:  10 * time.Second,
		Attempts: 3, CertificateWarning: 30 * 24 * time.Hour,
		Logger:            slog.New(slog.DiscardHandler),
		CredentialSources: []aws.CredentialSource{aws.CredentialSourceHTTP},
	}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate(roleAlias string, identity Identity) error {
	var wrong []error
	if !aliasName.MatchString(roleAlias) {
		wrong = append(wrong, fmt.Errorf("role alias %q is not 1 to 128 characters of A-Z, a-z, 0-9, _ = , @ -", roleAlias))
	}
	if o.ThingName != "" && !thingName.MatchString(o.ThingName) {
		wrong = append(wrong, fmt.Errorf("thing name %q is not 1 to 128 characters of A-Z, a-z, 0-9, : _ -", o.ThingName))
	}
	if identity == nil && o.HTTPClient == nil {
		wrong = append(wrong, errors.New("no identity"))
	}
	if o.Timeout <= 0 || o.Attempts < 1 || o.AdvisoryWindow < 0 || o.CertificateWarning < 0 {
		wrong = append(wrong, fmt.Errorf("one of Timeout %v, Attempts %d, AdvisoryWindow %v, CertificateWarning %v is out of range",
			o.Timeout, o.Attempts, o.AdvisoryWindow, o.CertificateWarning))
	}
	return errors.Join(wrong...)
}

// parseEndpoint takes a host, with or without a port and with or without https://, and
// returns the URL of the role alias.
func parseEndpoint(endpoint, roleAlias string) (*url.URL, error) {
	rest, isURL := strings.CutPrefix(endpoint, "https://")
	if !isURL && strings.Contains(endpoint, "://") {
		return nil, fmt.Errorf("endpoint %q is not https", endpoint)
	}
	host := strings.TrimSuffix(rest, "/")
	if ip := net.ParseIP(host); ip != nil && strings.Contains(host, ":") {
		host = "[" + host + "]" // an IPv6 address without its brackets
	}
	u, err := url.Parse("https://" + host)
	if err != nil || u.Hostname() == "" || u.Host != host || u.User != nil {
		return nil, fmt.Errorf("endpoint %q is not a host name, as aws iot describe-endpoint --endpoint-type iot:CredentialProvider prints it", endpoint)
	}
	u.Path = "/role-aliases/" + roleAlias + "/credentials"
	return u, nil
}
