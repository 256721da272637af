package credprovider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"sync"
	"time"
)

// connector keeps the connections and the TLS sessions of one certificate. Sessions are
// what spares a slow key, such as a TPM's, a signature per connection; they are also what
// would let the certificate before live on, so that another certificate begins anew.
type connector struct {
	options *Options

	mu          sync.Mutex
	certificate *tls.Certificate
	leaf        *x509.Certificate
	http        *http.Client
}

// client returns a client that presents certificate.
func (c *connector) client(ctx context.Context, identity Identity, certificate *tls.Certificate) *http.Client {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.http != nil && c.certificate == certificate {
		return c.http
	}
	if c.http != nil {
		c.http.CloseIdleConnections()
		c.options.Logger.InfoContext(ctx, "another certificate is used from now on", "subject", subject(certificate))
	}
	config := TLSConfig(identity, c.options.RootCAs)
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	config.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	config.Time = c.options.Clock
	c.certificate = certificate
	c.http = &http.Client{
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			Proxy: c.options.Proxy, DialContext: c.options.DialContext, TLSClientConfig: config,
			MaxIdleConnsPerHost: 1, DisableCompression: true,
			MaxResponseHeaderBytes: maxAnswer,
		},
	}
	return c.http
}

// warn logs that the certificate is about to expire.
func (c *connector) warn(ctx context.Context, certificate *tls.Certificate, now time.Time) {
	leaf := certificate.Leaf
	if leaf == nil && len(certificate.Certificate) > 0 {
		leaf, _ = x509.ParseCertificate(certificate.Certificate[0]) // the handshake reports what is wrong with it
	}
	c.mu.Lock()
	c.leaf = leaf
	c.mu.Unlock()
	if leaf == nil {
		return
	}
	if left := leaf.NotAfter.Sub(now); left < c.options.CertificateWarning {
		c.options.Logger.WarnContext(ctx, "the certificate is about to expire: replace it",
			"subject", leaf.Subject.String(), "not_after", leaf.NotAfter, "left", left.Round(time.Second))
	}
}

func (c *connector) notAfter() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaf == nil {
		return time.Time{}
	}
	return c.leaf.NotAfter
}

func (c *connector) closeIdle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.http != nil {
		c.http.CloseIdleConnections()
	}
}
