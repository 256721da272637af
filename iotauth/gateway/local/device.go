package local

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"

	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// A Device is what lies on a device: its certificate, its key, and the authority that it
// trusts, in PEM.
type Device struct {
	Thing          string
	CertificateID  string
	CertificateARN string
	Certificate    []byte
	PrivateKey     []byte // a secret
	CA             []byte
}

// String names the device and hides its key.
func (d Device) String() string { return d.Thing + " " + d.CertificateID }

// GoString is String.
func (d Device) GoString() string { return d.String() }

// NewDevice does what one does for a new device: it registers a thing, a certificate
// with its key that is attached to the thing, and each of policies, which are documents,
// under the name "{thing}-1", "{thing}-2", …, attached to the certificate. Its errors are those of the
// registry.
func (a *Account) NewDevice(ctx context.Context, thing string, policies ...string) (Device, error) {
	r := a.Registry
	if _, err := r.CreateThing(ctx, registry.Thing{Name: thing}); err != nil {
		return Device{}, err
	}
	certificate, keys, err := r.CreateKeysAndCertificate(ctx, true)
	if err != nil {
		return Device{}, err
	}
	if err := r.AttachThingPrincipal(ctx, thing, certificate.ARN, registry.NonExclusiveThing); err != nil {
		return Device{}, err
	}
	for i, document := range policies {
		name := fmt.Sprintf("%s-%d", thing, i+1)
		if _, err := r.CreatePolicy(ctx, name, document); err != nil {
			return Device{}, err
		}
		if err := r.AttachPolicy(ctx, name, certificate.ARN); err != nil {
			return Device{}, err
		}
	}
	return Device{
		Thing: thing, CertificateID: certificate.ID, CertificateARN: certificate.ARN,
		Certificate: []byte(certificate.PEM), PrivateKey: []byte(keys.PrivateKey), CA: a.CA(),
	}, nil
}

// CA is the certificate, in PEM, of the authority that signs the server's and the devices'
// certificates.
func (a *Account) CA() []byte { return a.Registry.CA().PEM() }

// TLS is a configuration for a Go client: the device's certificate, the authority, and
// the protocols to offer by ALPN, such as "x-amzn-mqtt-ca"; none for port 8883.
func (d Device) TLS(serverName string, protocols ...string) (*tls.Config, error) {
	certificate, err := tls.X509KeyPair(d.Certificate, d.PrivateKey)
	if err != nil {
		return nil, fmt.Errorf("local: device %s: %w", d.Thing, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(d.CA) {
		return nil, errors.New("local: no authority in the device's CA")
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: pool, ServerName: serverName, NextProtos: protocols, MinVersion: tls.VersionTLS12}, nil
}
