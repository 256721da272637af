package registry

import (
	"context"

	"github.com/askaround/askaround-go/iotauth/gateway"
)

const account = "account" // the only row of the settings

func (r *Registry) defaultAuthorizer() string {
	if s := r.settings.get(account); s != nil {
		return s.DefaultAuthorizer
	}
	return ""
}

// SetDefaultAuthorizer makes an authorizer that of clients which name none. Errors:
// ErrNotFound, and ErrAlreadyExists where another one is the default: clear it first.
func (r *Registry) SetDefaultAuthorizer(ctx context.Context, name string) (Authorizer, error) {
	var out Authorizer
	err := r.update(ctx, func(t *tx) error {
		a, err := t.authorizers.find(name)
		if err != nil {
			return err
		}
		out = t.authorizerOut(a)
		switch old := t.defaultAuthorizer(); old {
		case name:
			return nil
		case "":
			put(t, &t.settings, account, &settings{DefaultAuthorizer: name})
			t.concernsEverybody()
			return nil
		default:
			return taken(old, t.arn("authorizer", old), "Authorizer %s is the default: clear it first", old)
		}
	})
	return out, err
}

// ClearDefaultAuthorizer leaves no default. ErrNotFound where there was none.
func (r *Registry) ClearDefaultAuthorizer(ctx context.Context) error {
	return r.update(ctx, func(t *tx) error {
		if t.defaultAuthorizer() == "" {
			return because(ErrNotFound, "There is no default authorizer")
		}
		put(t, &t.settings, account, nil)
		t.concernsEverybody()
		return nil
	})
}

// DescribeDefaultAuthorizer returns the default. ErrNotFound where there is none.
func (r *Registry) DescribeDefaultAuthorizer() (Authorizer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	name := r.defaultAuthorizer()
	if name == "" {
		return Authorizer{}, because(ErrNotFound, "There is no default authorizer")
	}
	return r.authorizerOut(r.authorizers.get(name)), nil
}

// Authorizer is [gateway.Registry]'s. The authorizer is the same for as long as it is not
// updated.
func (r *Registry) Authorizer(_ context.Context, name string) (gateway.Authorizer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if name == "" {
		if name = r.defaultAuthorizer(); name == "" {
			return gateway.Authorizer{}, because(ErrNotFound, "There is no default authorizer")
		}
	}
	a, err := r.authorizers.find(name)
	if err != nil {
		return gateway.Authorizer{}, because(ErrNotFound, "Authorizer %s not found", clip(name))
	}
	return gateway.Authorizer{Authorizer: a.function, Active: a.Status == Active, CacheHTTP: a.EnableCachingForHTTP}, nil
}
