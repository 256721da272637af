package registry

import (
	"time"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// Device returns what the credentials provider of AWS IoT asks about a certificate, by its
// id: whether it is active, the policies attached to it, and the thing of that name where
// the certificate is attached to it, nil otherwise. With [Registry.AssumedRole] it makes
// the registry the Account of a credprovidertest.Endpoint. Errors: ErrNotFound.
func (r *Registry) Device(certificateID, thing string) (active bool, attached *policy.Thing, policies []*policy.Document, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c, err := r.certificate(certificateID)
	if err != nil {
		return false, nil, nil, err
	}
	if _, ok := c.Things[thing]; ok {
		attached = &r.things.get(thing).views.attached
	}
	return c.Status == Active, attached, r.documents(c.Policies), nil
}

// AssumedRole returns the role that a role alias points to, and how long its credentials
// last. Errors: ErrNotFound.
func (r *Registry) AssumedRole(alias string) (roleARN string, duration time.Duration, err error) {
	a, err := r.DescribeRoleAlias(alias)
	return a.RoleARN, time.Duration(a.CredentialDuration) * time.Second, err
}
