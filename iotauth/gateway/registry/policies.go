package registry

import (
	"context"
	"slices"
	"strconv"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// Policy is a named policy. Its default version is in effect.
type Policy struct {
	Name              string
	ARN               string `json:"-"`
	DefaultVersionID  string
	Versions          []PolicyVersion // in the order of their creation
	Created, Modified time.Time
	GenerationID      string
	LastVersion       int // the last id given away; ids are not given twice
}

// PolicyVersion is a version of a policy.
type PolicyVersion struct {
	ID       string // "1", "2", …
	Document string // as it was given
	Created  time.Time

	parsed *policy.Document // the same pointer for as long as the version is there
}

func (r *Registry) policyOut(p *Policy) Policy {
	out := *p
	out.ARN = r.arn("policy", p.Name)
	out.Versions = slices.Clone(p.Versions)
	return out
}

// version returns a version, nil where there is none.
func (p *Policy) version(id string) *PolicyVersion {
	for i := range p.Versions {
		if p.Versions[i].ID == id {
			return &p.Versions[i]
		}
	}
	return nil
}

// document is what is in effect.
func (p *Policy) document() *policy.Document { return p.version(p.DefaultVersionID).parsed }

// parse reads the documents again that were accepted once.
func (p *Policy) parse() error {
	for i := range p.Versions {
		parsed, err := parsePolicy(p.Versions[i].Document)
		if err != nil {
			return err
		}
		p.Versions[i].parsed = parsed
	}
	return nil
}

// parsePolicy reads a document as AWS IoT takes it.
func parsePolicy(text string) (*policy.Document, error) {
	if utf8.RuneCountInString(text) > MaxPolicyText {
		return nil, because(ErrMalformedPolicy, "Policy document has more than %d characters", MaxPolicyText)
	}
	visible := 0
	for _, c := range text {
		if !unicode.IsSpace(c) {
			visible++
		}
	}
	if visible > policy.MaxSize {
		return nil, because(ErrMalformedPolicy, "Policy document has %d characters without white space; AWS IoT takes %d", visible, policy.MaxSize)
	}
	document, err := policy.Parse([]byte(text))
	if err == nil {
		err = document.Validate()
	}
	if err != nil {
		return nil, because(ErrMalformedPolicy, "Policy document is Malformed: %v", err)
	}
	return document, nil
}

// newVersion adds a version to a policy.
func (p *Policy) newVersion(text string) error {
	document, err := parsePolicy(text)
	if err != nil {
		return err
	}
	p.LastVersion++
	p.Modified = now()
	p.Versions = append(slices.Clone(p.Versions), PolicyVersion{ID: strconv.Itoa(p.LastVersion), Document: text, Created: p.Modified, parsed: document})
	return nil
}

// CreatePolicy registers a policy with its first version. Errors: ErrAlreadyExists,
// ErrMalformedPolicy, ErrInvalid.
func (r *Registry) CreatePolicy(ctx context.Context, name, document string) (Policy, error) {
	var out Policy
	err := r.update(ctx, func(t *tx) error {
		if err := t.policies.check(name); err != nil {
			return err
		}
		if t.policies.get(name) != nil {
			return taken(name, t.arn("policy", name), "Policy cannot be created - name already exists (name=%s)", name)
		}
		p := &Policy{Name: name, GenerationID: generation()}
		if err := p.newVersion(document); err != nil {
			return err
		}
		p.Created, p.DefaultVersionID = p.Modified, p.Versions[0].ID
		put(t, &t.policies, name, p)
		out = t.policyOut(p)
		return nil
	})
	return out, err
}

// changePolicy replaces a policy by what fn makes of a copy.
func (r *Registry) changePolicy(ctx context.Context, name string, fn func(*Policy) error) error {
	return r.update(ctx, func(t *tx) error {
		old, err := t.policies.find(name)
		if err != nil {
			return err
		}
		changed := *old
		if err := fn(&changed); err != nil {
			return err
		}
		put(t, &t.policies, name, &changed)
		if changed.DefaultVersionID != old.DefaultVersionID {
			t.concerns(t.certificatesOfPolicy.names(name)...)
			for group := range t.groupsOfPolicy[name] {
				t.concerns(t.certificatesOfGroup(group)...)
			}
		}
		return nil
	})
}

// CreatePolicyVersion adds a version, in effect at once where setAsDefault is set. Errors:
// ErrNotFound, ErrVersionsLimit, ErrMalformedPolicy.
func (r *Registry) CreatePolicyVersion(ctx context.Context, name, document string, setAsDefault bool) (PolicyVersion, error) {
	var out PolicyVersion
	err := r.changePolicy(ctx, name, func(p *Policy) error {
		if len(p.Versions) >= MaxPolicyVersions {
			return because(ErrVersionsLimit, "The policy %s already has the maximum number of versions (%d)", name, MaxPolicyVersions)
		}
		if err := p.newVersion(document); err != nil {
			return err
		}
		out = p.Versions[len(p.Versions)-1]
		if setAsDefault {
			p.DefaultVersionID = out.ID
		}
		return nil
	})
	return out, err
}

// SetDefaultPolicyVersion puts a version into effect. Errors: ErrNotFound.
func (r *Registry) SetDefaultPolicyVersion(ctx context.Context, name, version string) error {
	return r.changePolicy(ctx, name, func(p *Policy) error {
		if _, err := p.known(version); err != nil {
			return err
		}
		if p.DefaultVersionID != version {
			p.DefaultVersionID, p.Modified = version, now()
		}
		return nil
	})
}

// known returns a version or says that there is none.
func (p *Policy) known(id string) (*PolicyVersion, error) {
	if err := checkName("Policy version", versionID, id); err != nil {
		return nil, err
	}
	if v := p.version(id); v != nil {
		return v, nil
	}
	return nil, because(ErrNotFound, "Policy %s has no version %s", p.Name, id)
}

// DeletePolicyVersion removes a version that is not in effect. Errors: ErrNotFound,
// ErrInvalid.
func (r *Registry) DeletePolicyVersion(ctx context.Context, name, version string) error {
	return r.changePolicy(ctx, name, func(p *Policy) error {
		if _, err := p.known(version); err != nil {
			return err
		}
		if p.DefaultVersionID == version {
			return invalid("Cannot delete the default version of a policy")
		}
		p.Versions = slices.DeleteFunc(slices.Clone(p.Versions), func(v PolicyVersion) bool { return v.ID == version })
		p.Modified = now()
		return nil
	})
}

// DeletePolicy removes a policy. Errors: ErrNotFound, and ErrDeleteConflict while it is
// attached to something or has versions that are not in effect.
func (r *Registry) DeletePolicy(ctx context.Context, name string) error {
	return r.update(ctx, func(t *tx) error {
		p, err := t.policies.find(name)
		switch {
		case err != nil:
			return err
		case len(t.certificatesOfPolicy[name])+len(t.groupsOfPolicy[name]) > 0:
			return because(ErrDeleteConflict, "The policy cannot be deleted as the policy is attached to one or more principals (name=%s)", name)
		case len(p.Versions) > 1:
			return because(ErrDeleteConflict, "Cannot delete the policy because it has one or more policy versions attached to it (name=%s)", name)
		}
		put(t, &t.policies, name, nil)
		return nil
	})
}

// GetPolicy returns a policy with its versions. ErrNotFound where there is none.
func (r *Registry) GetPolicy(name string) (Policy, error) {
	return read(r, &r.policies, name, r.policyOut)
}

// ListPolicies returns policies in the order of their creation, and the token of the next
// page.
func (r *Registry) ListPolicies(p Page) (policies []Policy, next string, err error) {
	return list(r, &r.policies, p, all, r.policyOut)
}
