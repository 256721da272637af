package registry

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"
)

// generation is a new generationId.
func generation() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return hex.EncodeToString(b)
}

// certificate returns a certificate under the registry's lock.
func (r *Registry) certificate(id string) (*Certificate, error) {
	return r.certificates.find(strings.ToLower(id))
}

// principal returns the certificate of an ARN.
func (r *Registry) principal(arn string) (*Certificate, error) {
	id := r.named("cert", arn)
	if id == "" {
		return nil, invalid("the principal %q is no certificate of this account: its ARN begins with %q", clip(arn), r.arn("cert", ""))
	}
	return r.certificate(id)
}

// DescribeCertificate returns a certificate. ErrNotFound where there is none.
func (r *Registry) DescribeCertificate(id string) (Certificate, error) {
	return read(r, &r.certificates, strings.ToLower(id), r.certificateOut)
}

// ListCertificates returns certificates in the order of their creation, and the token of
// the next page.
func (r *Registry) ListCertificates(p Page) (certificates []Certificate, next string, err error) {
	return list(r, &r.certificates, p, all, r.certificateOut)
}

// changeCertificate replaces a certificate by what fn makes of a copy.
func (t *tx) changeCertificate(old *Certificate, fn func(*Certificate)) {
	changed := *old
	fn(&changed)
	put(t, &t.certificates, old.ID, &changed)
	t.concerns(old.ID)
}

// UpdateCertificate gives a certificate another status. Connections of one that is not
// active any more end. Errors: ErrNotFound, ErrInvalid.
func (r *Registry) UpdateCertificate(ctx context.Context, id string, status Status) error {
	return r.update(ctx, func(t *tx) error {
		c, err := t.certificate(id)
		if err != nil {
			return err
		}
		if err := checkStatus(status); err != nil || c.Status == status {
			return err
		}
		t.changeCertificate(c, func(c *Certificate) {
			c.Status, c.Modified = status, now()
			c.Version++
		})
		return nil
	})
}

// DeleteCertificate removes a certificate. Errors: ErrNotFound; ErrCertificateState while
// it is active; ErrDeleteConflict while it is attached to a thing, or has policies and
// force is not set.
func (r *Registry) DeleteCertificate(ctx context.Context, id string, force bool) error {
	return r.update(ctx, func(t *tx) error {
		c, err := t.certificate(id)
		switch {
		case err != nil:
			return err
		case c.Status == Active:
			return because(ErrCertificateState, "Certificate must be deactivated (not ACTIVE) before deletion. Id: %s", c.ID)
		case len(c.Things) > 0:
			return because(ErrDeleteConflict, "Things must be detached before deletion (arn: %s)", t.arn("cert", c.ID))
		case len(c.Policies) > 0 && !force:
			return because(ErrDeleteConflict, "Certificate policies must be detached before deletion (arn: %s)", t.arn("cert", c.ID))
		}
		put(t, &t.certificates, c.ID, nil)
		t.concerns(c.ID)
		return nil
	})
}

// AttachThingPrincipal attaches a certificate, by its ARN, to a thing. "" is the type
// NonExclusiveThing. Errors: ErrNotFound; ErrInvalid where an exclusive attachment would
// not be the only one.
func (r *Registry) AttachThingPrincipal(ctx context.Context, thing, principal string, kind ThingPrincipalType) error {
	if kind == "" {
		kind = NonExclusiveThing
	}
	return r.update(ctx, func(t *tx) error {
		if err := checkAttachment(kind); err != nil {
			return err
		}
		c, err := t.principal(principal)
		if err != nil {
			return err
		}
		if _, err := t.things.find(thing); err != nil {
			return err
		}
		if c.Things[thing] == kind {
			return nil
		}
		for other, otherKind := range c.Things {
			if other != thing && (kind == ExclusiveThing || otherKind == ExclusiveThing) {
				return invalid("the principal is attached to thing %s as %s: an exclusive attachment is the only one", other, otherKind)
			}
		}
		t.changeCertificate(c, func(c *Certificate) {
			things := map[string]ThingPrincipalType{thing: kind}
			for name, kind := range c.Things {
				if name != thing {
					things[name] = kind
				}
			}
			c.Things = things
		})
		return nil
	})
}

func checkAttachment(kind ThingPrincipalType) error {
	if kind != ExclusiveThing && kind != NonExclusiveThing {
		return invalid("thingPrincipalType is %s or %s, not %q", ExclusiveThing, NonExclusiveThing, clip(string(kind)))
	}
	return nil
}

// checkKind is checkAttachment for a list, where "" is either kind.
func checkKind(kind ThingPrincipalType) error {
	if kind == "" {
		return nil
	}
	return checkAttachment(kind)
}

// DetachThingPrincipal is the opposite of AttachThingPrincipal. ErrNotFound also where the
// two are not attached.
func (r *Registry) DetachThingPrincipal(ctx context.Context, thing, principal string) error {
	return r.update(ctx, func(t *tx) error {
		c, err := t.principal(principal)
		if err != nil {
			return err
		}
		if _, err := t.things.find(thing); err != nil {
			return err
		}
		if _, ok := c.Things[thing]; !ok {
			return because(ErrNotFound, "Thing %s is not attached to the principal", thing)
		}
		t.changeCertificate(c, func(c *Certificate) {
			c.Things = maps.Clone(c.Things)
			delete(c.Things, thing)
		})
		return nil
	})
}

// ListThingPrincipals returns the ARNs of the certificates attached to a thing as kind, ""
// for either, and the token of the next page. Errors: ErrNotFound.
func (r *Registry) ListThingPrincipals(thing string, kind ThingPrincipalType, p Page) (principals []Attachment, next string, err error) {
	if err := checkKind(kind); err != nil {
		return nil, "", err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, err := r.things.find(thing); err != nil {
		return nil, "", err
	}
	var ids []string
	for id := range r.certificatesOfThing[thing] {
		if kind == "" || r.certificates.get(id).Things[thing] == kind {
			ids = append(ids, id)
		}
	}
	ids, next, err = pageNames(ids, p, MaxResults)
	for _, id := range ids {
		principals = append(principals, Attachment{Thing: thing, Principal: r.arn("cert", id), Type: r.certificates.get(id).Things[thing]})
	}
	return principals, next, err
}

// ListPrincipalThings returns the things that a certificate, by its ARN, is attached to as
// kind, "" for either, and the token of the next page. Errors: ErrNotFound, ErrInvalid.
func (r *Registry) ListPrincipalThings(principal string, kind ThingPrincipalType, p Page) (things []Attachment, next string, err error) {
	if err := checkKind(kind); err != nil {
		return nil, "", err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	c, err := r.principal(principal)
	if err != nil {
		return nil, "", err
	}
	var names []string
	for name, k := range c.Things {
		if kind == "" || k == kind {
			names = append(names, name)
		}
	}
	names, next, err = pageNames(names, p, MaxResults)
	for _, name := range names {
		things = append(things, Attachment{Thing: name, Principal: principal, Type: c.Things[name]})
	}
	return things, next, err
}

// Attachment is a certificate attached to a thing.
type Attachment struct {
	Thing     string
	Principal string // an ARN
	Type      ThingPrincipalType
}
