package registry

import (
	"context"
	"slices"
)

// changeTarget replaces the policies of a certificate or a thing group, by its ARN.
func (t *tx) changeTarget(arn string, fn func(names []string) ([]string, error)) error {
	if group := t.named("thinggroup", arn); group != "" {
		old, err := t.groups.find(group)
		if err != nil {
			return err
		}
		names, err := fn(old.Policies)
		if err != nil || slices.Equal(names, old.Policies) {
			return err
		}
		changed := *old
		changed.Policies = names
		put(t, &t.groups, group, &changed)
		t.concerns(t.certificatesOfGroup(group)...)
		return nil
	}
	old, err := t.principal(arn)
	if err != nil {
		return err
	}
	names, err := fn(old.Policies)
	if err != nil || slices.Equal(names, old.Policies) {
		return err
	}
	t.changeCertificate(old, func(c *Certificate) { c.Policies = names })
	return nil
}

// AttachPolicy attaches a policy to a target: a certificate or a thing group, by its ARN.
// One that is attached already is no error. Errors: ErrNotFound; ErrLimitExceeded where
// the target has [MaxPoliciesAttached]; ErrInvalid for another kind of target.
func (r *Registry) AttachPolicy(ctx context.Context, policy, target string) error {
	return r.update(ctx, func(t *tx) error {
		if _, err := t.policies.find(policy); err != nil {
			return err
		}
		return t.changeTarget(target, func(names []string) ([]string, error) {
			if !slices.Contains(names, policy) && len(names) >= MaxPoliciesAttached {
				return nil, because(ErrLimitExceeded, "The target has %d policies already", MaxPoliciesAttached)
			}
			return with(names, policy), nil
		})
	})
}

// DetachPolicy is the opposite of AttachPolicy. ErrNotFound also where the policy is not
// attached to the target.
func (r *Registry) DetachPolicy(ctx context.Context, policy, target string) error {
	return r.update(ctx, func(t *tx) error {
		if _, err := t.policies.find(policy); err != nil {
			return err
		}
		return t.changeTarget(target, func(names []string) ([]string, error) {
			if !slices.Contains(names, policy) {
				return nil, because(ErrNotFound, "Policy %s is not attached to %s", policy, clip(target))
			}
			return without(names, policy), nil
		})
	})
}

// ListAttachedPolicies returns the names of the policies attached to a target, recursive
// ones of the groups that a group stands in too, and the token of the next page. Errors:
// ErrNotFound, ErrInvalid.
func (r *Registry) ListAttachedPolicies(target string, recursive bool, p Page) (policies []string, next string, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	name := r.named("thinggroup", target)
	if name == "" {
		c, err := r.principal(target)
		if err != nil {
			return nil, "", err
		}
		return pageNames(slices.Clone(c.Policies), p, MaxResults)
	}
	g, err := r.groups.find(name)
	if err != nil {
		return nil, "", err
	}
	policies = slices.Clone(g.Policies)
	if recursive {
		policies = r.policiesOfGroups([]string{name})
	}
	return pageNames(policies, p, MaxResults)
}

// policiesOfGroups are the policies of groups and of those that they stand in, each once.
func (r *Registry) policiesOfGroups(groups []string) []string {
	var names []string
	for _, name := range groups {
		g := r.groups.get(name)
		names = append(names, g.Policies...)
		for _, ancestor := range r.ancestors(g) {
			names = append(names, r.groups.get(ancestor).Policies...)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ListTargetsForPolicy returns the ARNs of the certificates and thing groups that a policy
// is attached to, and the token of the next page. Errors: ErrNotFound.
func (r *Registry) ListTargetsForPolicy(policy string, p Page) (targets []string, next string, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if _, err := r.policies.find(policy); err != nil {
		return nil, "", err
	}
	for id := range r.certificatesOfPolicy[policy] {
		targets = append(targets, r.arn("cert", id))
	}
	for name := range r.groupsOfPolicy[policy] {
		targets = append(targets, r.arn("thinggroup", name))
	}
	return pageNames(targets, p, MaxResults)
}

// EffectivePolicy is a policy that decides about a client, in the version in effect.
type EffectivePolicy struct{ Name, ARN, Document string }

// GetEffectivePolicies returns the policies of a certificate, by its ARN, "" for none, and
// of the groups of a thing, "" for none. Errors: ErrNotFound, ErrInvalid.
func (r *Registry) GetEffectivePolicies(principal, thing string) ([]EffectivePolicy, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var names []string
	if principal != "" {
		c, err := r.principal(principal)
		if err != nil {
			return nil, err
		}
		names = slices.Clone(c.Policies)
	}
	if thing != "" {
		t, err := r.things.find(thing)
		if err != nil {
			return nil, err
		}
		names = append(names, r.policiesOfGroups(t.Groups)...)
	}
	slices.Sort(names)
	var effective []EffectivePolicy
	for _, name := range slices.Compact(names) {
		p := r.policies.get(name)
		effective = append(effective, EffectivePolicy{name, r.arn("policy", name), p.version(p.DefaultVersionID).Document})
	}
	return effective, nil
}
