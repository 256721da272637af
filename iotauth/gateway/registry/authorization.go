package registry

import (
	"crypto/x509"
	"encoding/pem"
	"slices"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// AuthorizationQuery asks what a client may do.
type AuthorizationQuery struct {
	// Principal is the ARN of the client's certificate, "" for none. ClientID is "" where
	// the client uses HTTPS.
	Principal, ClientID string
	// Infos are the questions, 1 to [MaxAuthInfos].
	Infos []AuthInfo
	// Add names policies that count as if they were attached to the principal; Skip those
	// that count as if they were not.
	Add, Skip []string
}

// AuthInfo is a question: whether the client may do Action, such as [policy.Publish], with
// all of Resources, which are ARNs.
type AuthInfo struct {
	Action    policy.Action
	Resources []string
}

// AuthResult is the answer to an [AuthInfo].
type AuthResult struct {
	AuthInfo
	// Verdict is that of the resource with the worst one.
	Verdict policy.Verdict
	// Allowed, Denied are the names of the policies that allow the resources, and of those
	// that deny one of them.
	Allowed, Denied []string
	// Missing are the keys without a value that policies asked for.
	Missing []string
}

// TestAuthorization answers what a client may do, as the gateway decides it. Errors:
// ErrNotFound, ErrInvalid.
func (r *Registry) TestAuthorization(q AuthorizationQuery) ([]AuthResult, error) {
	if n := len(q.Infos); n < 1 || n > MaxAuthInfos {
		return nil, invalid("there are %d authInfos; 1 to %d are allowed", n, MaxAuthInfos)
	}
	client, err := r.trial(q)
	if err != nil {
		return nil, err
	}
	results := make([]AuthResult, len(q.Infos))
	for i, info := range q.Infos {
		if len(info.Resources) == 0 {
			return nil, invalid("authInfo %d names no resource", i+1)
		}
		results[i] = client.test(info)
	}
	return results, nil
}

// trial is a client whose rights are tested.
type trial struct {
	connection policy.Connection
	set        *policy.Set
	names      []string // of the policies, in the order of the set
}

// trial collects what the registry knows of a client.
func (r *Registry) trial(q AuthorizationQuery) (*trial, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	t := &trial{connection: policy.Connection{
		Partition: partition(r.options.Region), Region: r.options.Region, Account: r.options.Account, ClientID: q.ClientID,
	}}
	if q.ClientID == "" {
		t.connection.Protocol = policy.HTTPS
	}
	var own, group []string
	if q.Principal != "" {
		c, err := r.principal(q.Principal)
		if err != nil {
			return nil, err
		}
		own = slices.Clone(c.Policies)
		t.connection.Certificate = c.fields()
		if t.connection.Thing = r.thingOf(c, q.ClientID); t.connection.Thing != nil && t.connection.Thing.Attached {
			group = r.policiesOfGroups(r.things.get(t.connection.Thing.Name).Groups)
		}
	}
	for _, name := range slices.Concat(q.Add, q.Skip) {
		if _, err := r.policies.find(name); err != nil {
			return nil, err
		}
	}
	for _, name := range q.Add {
		own = with(own, name)
	}
	skipped := func(name string) bool { return slices.Contains(q.Skip, name) }
	own, group = slices.DeleteFunc(own, skipped), slices.DeleteFunc(group, skipped)
	t.names = slices.Concat(own, group)
	set, err := policy.Compile(r.documents(own)...)
	if err == nil {
		t.set, err = set.WithThingGroups(r.documents(group)...)
	}
	return t, err
}

// fields are what policies can ask about a certificate. Its PEM was parsed once.
func (c *Certificate) fields() *policy.Certificate {
	block, _ := pem.Decode([]byte(c.PEM))
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return &policy.Certificate{ID: c.ID}
	}
	return policy.NewCertificate(leaf)
}

// test answers a question.
func (t *trial) test(info AuthInfo) AuthResult {
	out := AuthResult{AuthInfo: info, Verdict: policy.Allowed}
	for _, resource := range info.Resources {
		request := t.connection.Request(info.Action, "")
		request.Resource = resource
		d := t.set.Evaluate(request)
		out.Missing = append(out.Missing, d.MissingContextValues...)
		switch d.Verdict {
		case policy.Allowed:
			out.Allowed = append(out.Allowed, t.policies(d)...)
		case policy.ExplicitDeny:
			out.Verdict = d.Verdict
			out.Denied = append(out.Denied, t.policies(d)...)
		default:
			if out.Verdict == policy.Allowed {
				out.Verdict = d.Verdict
			}
		}
	}
	for _, list := range []*[]string{&out.Allowed, &out.Denied, &out.Missing} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	return out
}

// policies are those whose statements decided.
func (t *trial) policies(d policy.Decision) []string {
	var names []string
	for _, ref := range d.Statements {
		names = append(names, t.names[ref.Document-1])
	}
	return names
}
