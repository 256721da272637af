package registry

import (
	"context"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// Principal is [gateway.Registry]'s.
func (r *Registry) Principal(_ context.Context, certificateID, clientID string) (gateway.Principal, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	c := r.certificates.get(certificateID)
	if c == nil {
		return gateway.Principal{}, because(ErrNotFound, "Certificate %s not found", clip(certificateID))
	}
	p := gateway.Principal{Active: c.Status == Active, Policies: r.documents(c.Policies)}
	if p.Thing = r.thingOf(c, clientID); p.Thing != nil && p.Thing.Attached {
		p.GroupPolicies = r.documents(r.policiesOfGroups(r.things.get(p.Thing.Name).Groups))
	}
	return p, nil
}

// thingOf is the thing of a client: the one that its certificate is attached to
// exclusively, or else the one named as its client id, attached or not.
func (r *Registry) thingOf(c *Certificate, clientID string) *policy.Thing {
	for thing, kind := range c.Things {
		if kind == ExclusiveThing {
			return &r.things.get(thing).views.exclusive
		}
	}
	t := r.things.get(clientID)
	if t == nil {
		return nil
	}
	if _, attached := c.Things[clientID]; attached {
		return &t.views.attached
	}
	return &t.views.loose
}

// documents are those in effect of policies.
func (r *Registry) documents(names []string) []*policy.Document {
	documents := make([]*policy.Document, len(names))
	for i, name := range names {
		documents[i] = r.policies.get(name).document()
	}
	return documents
}
