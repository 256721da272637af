package credprovidertest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// ErrInvalid: something that AWS would not register.
var ErrInvalid = errors.New("credprovidertest: invalid")

// Thing is a thing in the registry.
type Thing struct {
	Name       string
	TypeName   string
	Attributes map[string]string
}

// CertificateStatus is the status of a certificate.
type CertificateStatus string

// The statuses that let a device in, or not.
const (
	Active   CertificateStatus = "ACTIVE"
	Inactive CertificateStatus = "INACTIVE"
	Revoked  CertificateStatus = "REVOKED"
)

// CertificateSpec describes a certificate to register.
type CertificateSpec struct {
	// Thing is what the certificate is attached to. Default: none.
	Thing string
	// Policies are the documents of the IoT policies that are attached to the certificate.
	Policies []string
	// Key is the device's key. Default: a new one on P-256.
	Key crypto.Signer
	// NotAfter ends the certificate. Default: a year from now.
	NotAfter time.Time
}

// RoleAlias points to a role.
type RoleAlias struct {
	Name    string
	RoleARN string
	// Duration of the credentials: 900 seconds to 12 hours. Default 1 hour.
	Duration time.Duration
}

// Role is an IAM role.
type Role struct {
	ARN string
	// Untrusting is set where the role does not trust the credentials provider.
	Untrusting bool
	// MaxSession is the longest session. Default 1 hour.
	MaxSession time.Duration
	// AccessPolicies are IAM policy documents: what a session may do.
	AccessPolicies []string
}

type certificate struct {
	status   CertificateStatus
	things   []string
	policies *policy.Set
}

// registry is what AWS knows of an account.
type registry struct {
	mu           sync.RWMutex
	things       map[string]Thing
	certificates map[string]*certificate // by id
	aliases      map[string]RoleAlias
	roles        map[string]role // by ARN
}

type role struct {
	Role
	access *policy.Set
}

// Rules of names, from the model of AWS IoT's API.
var (
	thingName = regexp.MustCompile(`^[a-zA-Z0-9:_-]{1,128}$`)
	aliasName = regexp.MustCompile(`^[\w=,@-]{1,128}$`)
	roleARN   = regexp.MustCompile(`^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+$`)
)

// PutThing creates a thing or replaces it.
func (r *registry) PutThing(t Thing) error {
	if !thingName.MatchString(t.Name) || t.TypeName != "" && !thingName.MatchString(t.TypeName) {
		return fmt.Errorf("%w: thing %q of type %q: names have 1 to 128 characters of a-z, A-Z, 0-9, : _ -", ErrInvalid, t.Name, t.TypeName)
	}
	t.Attributes = maps.Clone(t.Attributes)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.things[t.Name] = t
	return nil
}

// PutRoleAlias creates a role alias or points it elsewhere.
func (r *registry) PutRoleAlias(a RoleAlias) error {
	if a.Duration == 0 {
		a.Duration = time.Hour
	}
	if !aliasName.MatchString(a.Name) || !roleARN.MatchString(a.RoleARN) || a.Duration < 15*time.Minute || a.Duration > 12*time.Hour {
		return fmt.Errorf("%w: role alias %q for %q with duration %v", ErrInvalid, a.Name, a.RoleARN, a.Duration)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aliases[a.Name] = a
	return nil
}

// PutRole creates a role or replaces it.
func (r *registry) PutRole(spec Role) error {
	if spec.MaxSession == 0 {
		spec.MaxSession = time.Hour
	}
	if !roleARN.MatchString(spec.ARN) || spec.MaxSession < time.Hour || spec.MaxSession > 12*time.Hour {
		return fmt.Errorf("%w: role %q with sessions of %v", ErrInvalid, spec.ARN, spec.MaxSession)
	}
	access, err := compile(spec.AccessPolicies)
	if err != nil {
		return fmt.Errorf("%w, of role %s", err, spec.ARN)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.roles[spec.ARN] = role{spec, access}
	return nil
}

// DeleteRole deletes a role. What points to it stays, as on AWS.
func (r *registry) DeleteRole(arn string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.roles, arn)
}

// DeleteRoleAlias deletes a role alias.
func (r *registry) DeleteRoleAlias(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.aliases, name)
}

// SetStatus activates, deactivates or revokes a certificate.
func (r *registry) SetStatus(certificateID string, status CertificateStatus) error {
	return r.change(certificateID, func(c *certificate) error {
		if status != Active && status != Inactive && status != Revoked {
			return fmt.Errorf("%w: status %q", ErrInvalid, status)
		}
		c.status = status
		return nil
	})
}

// AttachThing attaches a thing to a certificate.
func (r *registry) AttachThing(certificateID, thing string) error {
	return r.change(certificateID, func(c *certificate) error {
		if _, ok := r.things[thing]; !ok {
			return fmt.Errorf("%w: thing %q does not exist", ErrInvalid, thing)
		}
		if !slices.Contains(c.things, thing) {
			c.things = append(c.things, thing)
		}
		return nil
	})
}

// DetachThing is the opposite of AttachThing.
func (r *registry) DetachThing(certificateID, thing string) error {
	return r.change(certificateID, func(c *certificate) error {
		c.things = slices.DeleteFunc(c.things, func(name string) bool { return name == thing })
		return nil
	})
}

// SetPolicies replaces the IoT policies of a certificate by documents.
func (r *registry) SetPolicies(certificateID string, documents ...string) error {
	policies, err := compile(documents)
	if err != nil {
		return err
	}
	return r.change(certificateID, func(c *certificate) error {
		c.policies = policies
		return nil
	})
}

func (r *registry) change(certificateID string, fn func(*certificate) error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	c, ok := r.certificates[certificateID]
	if !ok {
		return fmt.Errorf("%w: certificate %s is not registered", ErrInvalid, certificateID)
	}
	return fn(c)
}

// Register makes a device's certificate, signed by the endpoint's CA, and registers it as
// active.
func (e *Endpoint) Register(spec CertificateSpec) (Device, error) {
	if spec.Key == nil {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return Device{}, fmt.Errorf("credprovidertest: %w", err)
		}
		spec.Key = key
	}
	now := e.now()
	if spec.NotAfter.IsZero() {
		spec.NotAfter = now.AddDate(1, 0, 0)
	}
	leaf, err := e.CA.Device("device "+spec.Thing, spec.Key.Public(), now.Add(-time.Hour), spec.NotAfter)
	if err != nil {
		return Device{}, fmt.Errorf("credprovidertest: %w", err)
	}
	d := Device{CertificateID: CertificateID(leaf), TLS: tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: spec.Key, Leaf: leaf}}
	return d, e.RegisterCertificate(leaf, spec.Thing, spec.Policies...)
}

// RegisterCertificate registers a certificate that somebody else made, whoever signed it,
// as active, attached to a thing where its name is not empty, with IoT policies. It
// replaces what was registered of it.
func (e *Endpoint) RegisterCertificate(leaf *x509.Certificate, thing string, policies ...string) error {
	set, err := compile(policies)
	if err != nil {
		return err
	}
	id := CertificateID(leaf)
	e.mu.Lock()
	e.certificates[id] = &certificate{status: Active, policies: set}
	e.mu.Unlock()
	if thing == "" {
		return nil
	}
	return e.AttachThing(id, thing)
}
