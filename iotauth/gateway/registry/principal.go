package registry

import (
	"context"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// Principal is [gateway.Registry]'s. Documents of policies that did not change are the same
// pointers as before.
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
	name, exclusive := clientID, false
	for thing, kind := range c.Things {
		if kind == ExclusiveThing {
			name, exclusive = thing, true
		}
	}
	t := r.things.get(name)
	if t == nil {
		return nil
	}
	_, attached := c.Things[name]
	// The attributes are shared: neither the registry nor a policy changes them.
	return &policy.Thing{Name: name, TypeName: t.TypeName, Attributes: t.Attributes, Attached: attached, Exclusive: exclusive}
}

// documents are those in effect of policies.
func (r *Registry) documents(names []string) []*policy.Document {
	documents := make([]*policy.Document, len(names))
	for i, name := range names {
		documents[i] = r.policies.get(name).document()
	}
	return documents
}
