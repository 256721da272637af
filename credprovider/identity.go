package credprovider

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// Identity is what a device proves itself with.
type Identity interface {
	// Certificate returns the certificate and its key as they are now. It is called before
	// each request, by one goroutine at a time for one Provider. While nothing changes it
	// returns the same pointer; another one makes the provider forget its connections and
	// TLS sessions. With a certificate and an error the certificate is used and the error
	// logged.
	Certificate(ctx context.Context) (*tls.Certificate, error)
}

// FromCertificate is the identity of a certificate that is in memory. Its PrivateKey may
// be any [crypto.Signer]. Where the key signs with few algorithms only, name them in
// SupportedSignatureAlgorithms.
func FromCertificate(certificate tls.Certificate) (Identity, error) {
	if err := validatePair(&certificate); err != nil {
		return nil, identityError(err)
	}
	return fixed{&certificate}, nil
}

// FromSigner is the identity of a key that another device holds, such as a TPM or a
// PKCS#11 token. chain begins with the certificate of the key.
func FromSigner(key crypto.Signer, chain ...*x509.Certificate) (Identity, error) {
	certificate := tls.Certificate{PrivateKey: key}
	for _, c := range chain {
		certificate.Certificate = append(certificate.Certificate, c.Raw)
	}
	return FromCertificate(certificate)
}

// TLSConfig is the client side of TLS for identity, for Options.HTTPClient. It asks the
// identity in each full handshake.
func TLSConfig(identity Identity, roots *x509.CertPool) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		RootCAs:    roots,
		// A list of certificates would be filtered by the authorities that the server
		// names. The service accepts certificates of any authority that is registered.
		GetClientCertificate: func(info *tls.CertificateRequestInfo) (*tls.Certificate, error) {
			certificate, err := identity.Certificate(info.Context())
			if certificate != nil {
				return certificate, nil
			}
			return nil, err
		},
	}
}

type fixed struct{ certificate *tls.Certificate }

func (f fixed) Certificate(context.Context) (*tls.Certificate, error) { return f.certificate, nil }

// Format implements [fmt.Formatter]: no verb shows the key.
func (f fixed) Format(w fmt.State, _ rune) { fmt.Fprint(w, "identity(", subject(f.certificate), ")") }

// validatePair fills in Leaf and proves that the key is that of the certificate.
func validatePair(c *tls.Certificate) error {
	if len(c.Certificate) == 0 {
		return errors.New("no certificate")
	}
	leaf, err := x509.ParseCertificate(c.Certificate[0])
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	signer, ok := c.PrivateKey.(crypto.Signer)
	if !ok {
		return errors.New("the key cannot sign")
	}
	public, ok := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return errors.New("the key is not that of the certificate")
	}
	c.Leaf = leaf
	return nil
}

func subject(c *tls.Certificate) string {
	if c == nil || c.Leaf == nil {
		return "no certificate"
	}
	return c.Leaf.Subject.String()
}

func identityError(cause error) *Error {
	return &Error{Kind: ErrIdentity, cause: cause,
		Mend: "give a certificate and the key that it was made for, as PEM, PKCS#12 or a signer"}
}
