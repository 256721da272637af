package registry

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"slices"
	"time"

	"github.com/askaround/askaround-go/internal/localca"
)

// Status is the status of a certificate or an authorizer.
type Status string

// Statuses. Only an active certificate lets a device in, and only an active authorizer is
// invoked. No authorizer is revoked.
const (
	Active   Status = "ACTIVE"
	Inactive Status = "INACTIVE"
	Revoked  Status = "REVOKED"
)

// ThingPrincipalType says how a certificate is attached to a thing.
type ThingPrincipalType string

// Kinds of attachment. A certificate that is attached exclusively is attached to nothing
// else, and its clients are the thing's whatever client id they use.
const (
	ExclusiveThing    ThingPrincipalType = "EXCLUSIVE_THING"
	NonExclusiveThing ThingPrincipalType = "NON_EXCLUSIVE_THING"
)

// Certificate is a registered certificate.
type Certificate struct {
	ID     string // the SHA-256 of its DER form, in lower-case hexadecimal
	ARN    string `json:"-"`
	PEM    string
	Status Status
	// CACertificateID is that of the authority with which it was registered, "" for none.
	CACertificateID     string
	Created, Modified   time.Time
	NotBefore, NotAfter time.Time
	Version             int // changes with the status
	GenerationID        string

	// Things are those that it is attached to; Policies those attached to it, in the
	// order of their names.
	Things   map[string]ThingPrincipalType `json:",omitempty"`
	Policies []string                      `json:",omitempty"`
}

func (c *Certificate) things() []string {
	if c == nil {
		return nil
	}
	return slices.Collect(maps.Keys(c.Things))
}

func (c *Certificate) policies() []string {
	if c == nil {
		return nil
	}
	return c.Policies
}

func (r *Registry) certificateOut(c *Certificate) Certificate {
	out := *c
	out.ARN = r.arn("cert", c.ID)
	out.Things = maps.Clone(c.Things)
	out.Policies = slices.Clone(c.Policies)
	return out
}

// KeyPair is a device's key, in PEM. The registry does not keep it.
type KeyPair struct {
	PublicKey  string // PKIX
	PrivateKey string // PKCS #1
}

// String hides the private key.
func (KeyPair) String() string { return "[key pair]" }

// GoString is String.
func (k KeyPair) GoString() string { return k.String() }

// CreateKeysAndCertificate makes an RSA key of 2,048 bits and a certificate for it, signed
// by the registry's authority, valid until the end of 2049, with the subject
// CN=AWS IoT Certificate. This is the only time that the private key is seen.
func (r *Registry) CreateKeysAndCertificate(ctx context.Context, active bool) (Certificate, KeyPair, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return Certificate{}, KeyPair{}, err
	}
	leaf, err := r.ca.Device("AWS IoT Certificate", key.Public(), now().Add(-2*time.Minute), localca.Forever)
	if err != nil {
		return Certificate{}, KeyPair{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return Certificate{}, KeyPair{}, err
	}
	pair := KeyPair{
		PublicKey:  string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public})),
		PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	}
	c, err := r.register(ctx, leaf, initial(active), r.ca.Certificate)
	return c, pair, err
}

// CreateCertificateFromCSR signs the certificate of a device that made its own key: the
// request, in PEM, is of an RSA key of 2,048 bits or more, or of an ECDSA key on P-256,
// P-384 or P-521. The certificate has the request's subject. Each call makes another one.
// Errors: ErrInvalid.
func (r *Registry) CreateCertificateFromCSR(ctx context.Context, csr string, active bool) (Certificate, error) {
	block, _ := pem.Decode([]byte(csr))
	if len(csr) > MaxCSR || block == nil || block.Type != "CERTIFICATE REQUEST" && block.Type != "NEW CERTIFICATE REQUEST" {
		return Certificate{}, invalid("the certificate signing request is no PEM of at most %d characters", MaxCSR)
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return Certificate{}, invalid("the certificate signing request cannot be read: %v", err)
	}
	if err := checkDeviceKey(request.PublicKey); err != nil {
		return Certificate{}, err
	}
	leaf, err := r.ca.Sign(request, now().Add(-2*time.Minute), localca.Forever)
	if err != nil {
		return Certificate{}, invalid("the certificate signing request is not signed by its own key: %v", err)
	}
	return r.register(ctx, leaf, initial(active), r.ca.Certificate)
}

// checkDeviceKey takes the keys that AWS IoT signs.
func checkDeviceKey(public any) error {
	switch key := public.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() >= 2048 {
			return nil
		}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P224() {
			return nil
		}
	}
	return invalid("a device's key is RSA of at least 2048 bits, or ECDSA on P-256, P-384 or P-521")
}

// initial is the status of a new certificate.
func initial(active bool) Status {
	if active {
		return Active
	}
	return Inactive
}

// RegisterCertificate registers a certificate that an authority signed: the one of
// caPEM, and the registry's own where that is "". On AWS IoT an authority must be
// registered first; here its certificate is enough, and is not kept. "" is the status
// Inactive. Errors: ErrCertificateValidation, ErrAlreadyExists, ErrInvalid.
func (r *Registry) RegisterCertificate(ctx context.Context, certificatePEM, caPEM string, status Status) (Certificate, error) {
	leaf, err := parseCertificate(certificatePEM)
	if err != nil {
		return Certificate{}, err
	}
	ca := r.ca.Certificate
	if caPEM != "" {
		if ca, err = parseCertificate(caPEM); err != nil {
			return Certificate{}, err
		}
	}
	if err := leaf.CheckSignatureFrom(ca); err != nil {
		return Certificate{}, because(ErrCertificateValidation, "the certificate is not signed by the authority: %v; "+
			"a certificate of any authority can be registered by RegisterCertificateWithoutCA", err)
	}
	return r.register(ctx, leaf, status, ca)
}

// RegisterCertificateWithoutCA registers a certificate, whoever signed it. "" is the
// status Inactive. Errors: ErrCertificateValidation, ErrAlreadyExists, ErrInvalid.
func (r *Registry) RegisterCertificateWithoutCA(ctx context.Context, certificatePEM string, status Status) (Certificate, error) {
	leaf, err := parseCertificate(certificatePEM)
	if err != nil {
		return Certificate{}, err
	}
	return r.register(ctx, leaf, status, nil)
}

func parseCertificate(text string) (*x509.Certificate, error) {
	block, _ := pem.Decode([]byte(text))
	if len(text) > MaxCertificate || block == nil || block.Type != "CERTIFICATE" {
		return nil, because(ErrCertificateValidation, "the text is no certificate in PEM of at most %d characters", MaxCertificate)
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, because(ErrCertificateValidation, "the certificate cannot be read: %v", err)
	}
	return certificate, nil
}

// register puts a certificate in.
func (r *Registry) register(ctx context.Context, leaf *x509.Certificate, status Status, ca *x509.Certificate) (Certificate, error) {
	if status == "" {
		status = Inactive
	}
	if err := checkStatus(status); err != nil {
		return Certificate{}, err
	}
	created := &Certificate{
		ID: localca.CertificateID(leaf), PEM: string(localca.EncodeCertificate(leaf)), Status: status,
		Created: now(), NotBefore: leaf.NotBefore, NotAfter: leaf.NotAfter, Version: 1, GenerationID: generation(),
	}
	created.Modified = created.Created
	if ca != nil {
		created.CACertificateID = localca.CertificateID(ca)
	}
	err := r.update(ctx, func(t *tx) error {
		if t.certificates.get(created.ID) != nil {
			return taken(created.ID, t.arn("cert", created.ID), "The certificate is already provisioned or registered")
		}
		put(t, &t.certificates, created.ID, created)
		t.concerns(created.ID)
		return nil
	})
	if err != nil {
		return Certificate{}, err
	}
	return r.certificateOut(created), nil
}

func checkStatus(status Status) error {
	if status != Active && status != Inactive && status != Revoked {
		return invalid("a certificate can be made %s, %s or %s, not %q", Active, Inactive, Revoked, clip(string(status)))
	}
	return nil
}
