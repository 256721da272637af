package credprovidertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// Account knows an account's things, certificates and role aliases in place of the
// endpoint, so that one registry serves all of AWS IoT on a machine: that of package
// iotauth/gateway/registry is one. It is called concurrently.
type Account interface {
	// Device returns what is registered about a certificate, by its id: whether it is
	// active, the policies attached to it, and the thing of that name where the
	// certificate is attached to it, nil otherwise. An error where the certificate is not
	// registered.
	Device(certificateID, thing string) (active bool, attached *policy.Thing, policies []*policy.Document, err error)
	// AssumedRole returns the role that a role alias points to, and how long its
	// credentials last. An error where there is no such alias.
	AssumedRole(alias string) (roleARN string, duration time.Duration, err error)
}

// device is a certificate with what decides about it.
type device struct {
	active   bool
	thing    *Thing // the one that was named, where it is attached
	policies *policy.Set
}

// device looks a certificate up, in the account or in the endpoint's own registry.
func (e *Endpoint) device(certificateID, named string) (device, error) {
	if e.options.Account != nil {
		return accountDevice(e.options.Account, certificateID, named)
	}
	e.registry.mu.RLock()
	defer e.registry.mu.RUnlock()
	c, ok := e.certificates[certificateID]
	if !ok {
		return device{}, fmt.Errorf("%w: certificate %s is not registered", ErrInvalid, certificateID)
	}
	d := device{active: c.status == Active, policies: c.policies}
	if known, ok := e.things[named]; ok && slices.Contains(c.things, named) {
		d.thing = &known
	}
	return d, nil
}

func accountDevice(a Account, certificateID, named string) (device, error) {
	active, thing, documents, err := a.Device(certificateID, named)
	if err != nil {
		return device{}, err
	}
	d := device{active: active}
	if thing != nil {
		d.thing = &Thing{Name: thing.Name, TypeName: thing.TypeName, Attributes: thing.Attributes}
	}
	d.policies, err = policy.Compile(documents...)
	return d, err
}

// alias looks a role alias up.
func (e *Endpoint) alias(name string) (RoleAlias, bool) {
	if e.options.Account != nil {
		role, duration, err := e.options.Account.AssumedRole(name)
		return RoleAlias{Name: name, RoleARN: role, Duration: duration}, err == nil
	}
	e.registry.mu.RLock()
	defer e.registry.mu.RUnlock()
	a, ok := e.aliases[name]
	return a, ok
}
