package registry

import (
	"context"
	"time"
)

// RoleAlias points to an IAM role.
type RoleAlias struct {
	Name    string
	RoleARN string
	// CredentialDuration is how long credentials of the role last, in seconds; 0 is
	// [DefaultCredentialDuration].
	CredentialDuration int

	// What the registry adds.
	ARN               string `json:"-"`
	Created, Modified time.Time
}

func (r *Registry) aliasOut(a *RoleAlias) RoleAlias {
	out := *a
	out.ARN = r.arn("rolealias", a.Name)
	return out
}

func (a *RoleAlias) check() error {
	if err := checkName("Role alias", aliasName, a.Name); err != nil {
		return err
	}
	if len(a.RoleARN) > 2048 || !roleARNForm.MatchString(a.RoleARN) {
		return invalid("roleArn %q is no ARN of a role: arn:aws:iam::123456789012:role/name", clip(a.RoleARN))
	}
	if a.CredentialDuration < MinCredentialDuration || a.CredentialDuration > MaxCredentialDuration {
		return invalid("credentialDurationSeconds is %d to %d, not %d", MinCredentialDuration, MaxCredentialDuration, a.CredentialDuration)
	}
	return nil
}

// CreateRoleAlias registers a role alias. Errors: ErrAlreadyExists, ErrLimitExceeded,
// ErrInvalid.
func (r *Registry) CreateRoleAlias(ctx context.Context, a RoleAlias) (RoleAlias, error) {
	created := a
	if created.CredentialDuration == 0 {
		created.CredentialDuration = DefaultCredentialDuration
	}
	created.Created = now()
	created.Modified = created.Created
	if err := created.check(); err != nil {
		return RoleAlias{}, err
	}
	err := r.update(ctx, func(t *tx) error {
		if t.aliases.get(a.Name) != nil {
			return taken(a.Name, t.arn("rolealias", a.Name), "RoleAlias cannot be created - already exists (name=%s)", a.Name)
		}
		if t.aliases.len() >= MaxRoleAliases {
			return because(ErrLimitExceeded, "There are %d role aliases already", MaxRoleAliases)
		}
		put(t, &t.aliases, a.Name, &created)
		return nil
	})
	if err != nil {
		return RoleAlias{}, err
	}
	return r.aliasOut(&created), nil
}

// UpdateRoleAlias points an alias to another role, "" for the same, and changes the
// duration, 0 for the same. Errors: ErrNotFound, ErrInvalid.
func (r *Registry) UpdateRoleAlias(ctx context.Context, name, roleARN string, duration int) (RoleAlias, error) {
	var out RoleAlias
	err := r.update(ctx, func(t *tx) error {
		old, err := t.aliases.find(name)
		if err != nil {
			return err
		}
		changed := *old
		if roleARN != "" {
			changed.RoleARN = roleARN
		}
		if duration != 0 {
			changed.CredentialDuration = duration
		}
		changed.Modified = now()
		if err := changed.check(); err != nil {
			return err
		}
		put(t, &t.aliases, name, &changed)
		out = t.aliasOut(&changed)
		return nil
	})
	return out, err
}

// DeleteRoleAlias removes a role alias. Errors: ErrNotFound.
func (r *Registry) DeleteRoleAlias(ctx context.Context, name string) error {
	return r.update(ctx, func(t *tx) error {
		if _, err := t.aliases.find(name); err != nil {
			return err
		}
		put(t, &t.aliases, name, nil)
		return nil
	})
}

// DescribeRoleAlias returns a role alias. ErrNotFound where there is none.
func (r *Registry) DescribeRoleAlias(name string) (RoleAlias, error) {
	return read(r, &r.aliases, name, r.aliasOut)
}

// ListRoleAliases returns role aliases in the order of their creation, and the token of
// the next page.
func (r *Registry) ListRoleAliases(p Page) (aliases []RoleAlias, next string, err error) {
	return list(r, &r.aliases, p, all, r.aliasOut)
}
