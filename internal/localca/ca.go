package localca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"time"
)

// Forever is when the certificates end that AWS IoT issues.
var Forever = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)

// CA is a certificate authority. Make one with [New] or [Open].
type CA struct {
	Certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// New makes an authority with a key on P-256.
func New(commonName string, notBefore, notAfter time.Time) (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: commonName}, SerialNumber: serial(),
		NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &CA{Certificate: certificate, key: key}, nil
}

// Pool is a pool of roots with the authority in it.
func (ca *CA) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(ca.Certificate)
	return pool
}

// PEM is the authority's certificate.
func (ca *CA) PEM() []byte { return EncodeCertificate(ca.Certificate) }

// Device issues a certificate for the public key of a device.
func (ca *CA) Device(commonName string, public crypto.PublicKey, notBefore, notAfter time.Time) (*x509.Certificate, error) {
	return ca.device(pkix.Name{CommonName: commonName}, nil, public, notBefore, notAfter)
}

// Sign issues the certificate of a device that asks for it: with the subject and the key
// of the request, whose signature is checked. Nothing else of the request is taken.
func (ca *CA) Sign(request *x509.CertificateRequest, notBefore, notAfter time.Time) (*x509.Certificate, error) {
	if err := request.CheckSignature(); err != nil {
		return nil, err
	}
	return ca.device(request.Subject, request.RawSubject, request.PublicKey, notBefore, notAfter)
}

// device issues a certificate; raw is the subject as it was encoded, nil for subject's own
// encoding.
func (ca *CA) device(subject pkix.Name, raw []byte, public crypto.PublicKey, notBefore, notAfter time.Time) (*x509.Certificate, error) {
	return ca.issue(&x509.Certificate{
		Subject: subject, RawSubject: raw, NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}, public)
}

// Server issues a certificate for host names and IP addresses.
func (ca *CA) Server(hosts []string, notBefore, notAfter time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "iot.local"}, NotBefore: notBefore, NotAfter: notAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	leaf, err := ca.issue(template, key.Public())
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

func (ca *CA) issue(template *x509.Certificate, public crypto.PublicKey) (*x509.Certificate, error) {
	template.SerialNumber = serial()
	der, err := x509.CreateCertificate(rand.Reader, template, ca.Certificate, public, ca.key)
	if err != nil {
		return nil, err
	}
	return x509.ParseCertificate(der)
}

// serial is a random number of 127 bits.
func serial() *big.Int {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[0] &= 0x7f
	return new(big.Int).SetBytes(b)
}

// CertificateID is how AWS IoT names a certificate: the SHA-256 of its DER form.
func CertificateID(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return hex.EncodeToString(sum[:])
}

// EncodeCertificate returns a certificate in PEM.
func EncodeCertificate(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
