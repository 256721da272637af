package credprovidertest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/askaround/askaround-go/internal/localca"
)

// CA is a certificate authority for tests. It has the field Certificate and the methods
// Pool and PEM, and issues certificates by Device, Sign and Server.
type CA = localca.CA

// NewCA makes an authority that is valid for ten years around now.
func NewCA(commonName string, now time.Time) (*CA, error) {
	return localca.New(commonName, now.Add(-24*time.Hour), now.AddDate(10, 0, 0))
}

// Device is a certificate with its key, as it lies on a device.
type Device struct {
	CertificateID string // 64 hexadecimal digits, as AWS IoT names it
	TLS           tls.Certificate
}

// CertificateID is how AWS IoT names a certificate: the SHA-256 of its DER form.
func CertificateID(certificate *x509.Certificate) string {
	return localca.CertificateID(certificate)
}

// PEM returns the certificate, and its key as PKCS#8. It fails where the key cannot be
// taken out of where it is.
func (d Device) PEM() (certificate, key []byte, err error) {
	der, err := x509.MarshalPKCS8PrivateKey(d.TLS.PrivateKey)
	if err != nil {
		return nil, nil, fmt.Errorf("credprovidertest: %w", err)
	}
	var chain bytes.Buffer
	for _, c := range d.TLS.Certificate {
		chain.Write(encode("CERTIFICATE", c))
	}
	return chain.Bytes(), encode("PRIVATE KEY", der), nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}
