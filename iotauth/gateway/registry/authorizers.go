package registry

import (
	"context"
	"crypto/rsa"
	"maps"
	"slices"
	"time"

	"github.com/askaround/askaround-go/iotauth"
)

// Authorizer is a custom authorizer.
type Authorizer struct {
	Name        string
	FunctionARN string // or a URL; see [Functions]
	// TokenKeyName is under which name clients send the token. TokenSigningPublicKeys are
	// one or two RSA keys in PEM by their names. Both are needed unless SigningDisabled.
	TokenKeyName           string
	TokenSigningPublicKeys map[string]string `json:",omitempty"`
	Status                 Status            // Active or Inactive, which "" means
	SigningDisabled        bool
	EnableCachingForHTTP   bool

	// What the registry adds.
	ARN               string `json:"-"`
	Created, Modified time.Time

	function *iotauth.Authorizer
}

func (r *Registry) authorizerOut(a *Authorizer) Authorizer {
	out := *a
	out.ARN = r.arn("authorizer", a.Name)
	out.TokenSigningPublicKeys = maps.Clone(a.TokenSigningPublicKeys)
	return out
}

// check checks what one can see without the registry, and returns what verifies tokens,
// nil where nothing does.
func (a *Authorizer) check() (*iotauth.Verifier, error) {
	if err := checkName("Authorizer", authorizerName, a.Name); err != nil {
		return nil, err
	}
	if a.FunctionARN == "" || len(a.FunctionARN) > MaxFunctionARN {
		return nil, invalid("authorizerFunctionArn has 1 to %d characters", MaxFunctionARN)
	}
	if err := a.Status.checkAuthorizer(); err != nil {
		return nil, err
	}
	if a.TokenKeyName != "" && !iotauth.ValidTokenKey(a.TokenKeyName) {
		return nil, invalid("tokenKeyName %q has 1 to %d letters, digits, _ and -", clip(a.TokenKeyName), MaxName)
	}
	if a.SigningDisabled {
		if len(a.TokenSigningPublicKeys) > 0 {
			return nil, invalid("tokenSigningPublicKeys have no use where signing is disabled")
		}
		return nil, nil
	}
	if a.TokenKeyName == "" || len(a.TokenSigningPublicKeys) == 0 {
		return nil, invalid("tokenKeyName and tokenSigningPublicKeys are needed unless signing is disabled")
	}
	return a.verifier()
}

func (s Status) checkAuthorizer() error {
	if s != Active && s != Inactive {
		return invalid("the status of an authorizer is %s or %s, not %q", Active, Inactive, clip(string(s)))
	}
	return nil
}

// verifier reads the public keys.
func (a *Authorizer) verifier() (*iotauth.Verifier, error) {
	if n := len(a.TokenSigningPublicKeys); n > iotauth.MaxKeys {
		return nil, invalid("there are %d tokenSigningPublicKeys; at most %d are allowed", n, iotauth.MaxKeys)
	}
	var keys []*rsa.PublicKey
	for _, name := range slices.Sorted(maps.Keys(a.TokenSigningPublicKeys)) {
		if err := checkName("Key name", signingKeyName, name); err != nil {
			return nil, err
		}
		text := a.TokenSigningPublicKeys[name]
		if len(text) > MaxPublicKey {
			return nil, invalid("public key %q has more than %d characters", name, MaxPublicKey)
		}
		key, err := iotauth.ParsePublicKey([]byte(text))
		if err != nil {
			return nil, invalid("public key %q: %v", name, err)
		}
		keys = append(keys, key)
	}
	v, err := iotauth.NewVerifier(keys)
	if err != nil {
		return nil, invalid("tokenSigningPublicKeys: %v", err)
	}
	return v, nil
}

// build finds the authorizer's function. It may do I/O, and is called without locks.
func (r *Registry) build(a *Authorizer) error {
	verifier, err := a.check()
	if err != nil {
		return err
	}
	handler, err := r.options.Functions(a.FunctionARN)
	if err != nil {
		return invalid("authorizerFunctionArn: %v", err)
	}
	return a.invoke(handler, verifier)
}

func (a *Authorizer) invoke(handler iotauth.Handler, verifier *iotauth.Verifier) error {
	function, err := iotauth.NewAuthorizer(a.Name, a.TokenKeyName, handler, func(o *iotauth.AuthorizerOptions) { o.Verifier = verifier })
	if err != nil {
		return invalid("%v", err)
	}
	a.function = function
	return nil
}

// restore completes an authorizer of the journal. One whose function is not known any
// more stays registered, and refuses every client.
func (r *Registry) restore(a *Authorizer) error {
	err := r.build(a)
	if err == nil {
		return nil
	}
	r.options.Logger.Warn("authorizer cannot be invoked", "authorizer", a.Name, "function", a.FunctionARN, "error", err)
	return a.invoke(iotauth.HandlerFunc(func(context.Context, *iotauth.Request) (*iotauth.Response, error) {
		return nil, err
	}), nil)
}

// CreateAuthorizer registers an authorizer. Errors: ErrAlreadyExists; ErrLimitExceeded;
// ErrInvalid, also for a function that Options.Functions does not find.
func (r *Registry) CreateAuthorizer(ctx context.Context, a Authorizer) (Authorizer, error) {
	created := a
	created.TokenSigningPublicKeys = maps.Clone(a.TokenSigningPublicKeys)
	if created.Status == "" {
		created.Status = Inactive
	}
	created.Created = now()
	created.Modified = created.Created
	if err := r.build(&created); err != nil {
		return Authorizer{}, err
	}
	err := r.update(ctx, func(t *tx) error {
		if t.authorizers.get(a.Name) != nil {
			return taken(a.Name, t.arn("authorizer", a.Name), "Authorizer %s already exists", a.Name)
		}
		if t.authorizers.len() >= MaxAuthorizers {
			return because(ErrLimitExceeded, "There are %d authorizers already", MaxAuthorizers)
		}
		put(t, &t.authorizers, a.Name, &created)
		t.concernsEverybody()
		return nil
	})
	if err != nil {
		return Authorizer{}, err
	}
	return r.authorizerOut(&created), nil
}

// AuthorizerUpdate says what to change of an authorizer; a zero field keeps what is there.
type AuthorizerUpdate struct {
	FunctionARN, TokenKeyName string
	// TokenSigningPublicKeys replace all keys there are.
	TokenSigningPublicKeys map[string]string
	Status                 Status
	EnableCachingForHTTP   *bool
}

func (u AuthorizerUpdate) apply(a *Authorizer) {
	if u.FunctionARN != "" {
		a.FunctionARN = u.FunctionARN
	}
	if u.TokenKeyName != "" {
		a.TokenKeyName = u.TokenKeyName
	}
	if len(u.TokenSigningPublicKeys) > 0 {
		a.TokenSigningPublicKeys = maps.Clone(u.TokenSigningPublicKeys)
	}
	if u.Status != "" {
		a.Status = u.Status
	}
	if u.EnableCachingForHTTP != nil {
		a.EnableCachingForHTTP = *u.EnableCachingForHTTP
	}
}

// UpdateAuthorizer changes an authorizer; whether signing is disabled cannot be changed.
// Errors: ErrNotFound, ErrInvalid.
func (r *Registry) UpdateAuthorizer(ctx context.Context, name string, u AuthorizerUpdate) (Authorizer, error) {
	for {
		r.mu.RLock()
		old, err := r.authorizers.find(name)
		r.mu.RUnlock()
		if err != nil {
			return Authorizer{}, err
		}
		changed := *old
		u.apply(&changed)
		changed.Modified = now()
		if err := r.build(&changed); err != nil {
			return Authorizer{}, err
		}
		outdated := false // somebody else was faster
		err = r.update(ctx, func(t *tx) error {
			if outdated = t.authorizers.get(name) != old; outdated {
				return nil
			}
			put(t, &t.authorizers, name, &changed)
			t.concernsEverybody()
			return nil
		})
		if err != nil {
			return Authorizer{}, err
		}
		if !outdated {
			return r.authorizerOut(&changed), nil
		}
	}
}

// DeleteAuthorizer removes an authorizer. Errors: ErrNotFound, and ErrDeleteConflict while
// it is active or the default one.
func (r *Registry) DeleteAuthorizer(ctx context.Context, name string) error {
	return r.update(ctx, func(t *tx) error {
		a, err := t.authorizers.find(name)
		switch {
		case err != nil:
			return err
		case t.defaultAuthorizer() == name:
			return because(ErrDeleteConflict, "Authorizer %s is the default authorizer: clear the default first", name)
		case a.Status == Active:
			return because(ErrDeleteConflict, "Authorizer %s is %s: make it %s first", name, Active, Inactive)
		}
		put(t, &t.authorizers, name, nil)
		t.concernsEverybody()
		return nil
	})
}

// DescribeAuthorizer returns an authorizer. ErrNotFound where there is none.
func (r *Registry) DescribeAuthorizer(name string) (Authorizer, error) {
	return read(r, &r.authorizers, name, r.authorizerOut)
}

// ListAuthorizers returns authorizers with a status, "" for any, in the order of their
// creation, and the token of the next page.
func (r *Registry) ListAuthorizers(status Status, p Page) (authorizers []Authorizer, next string, err error) {
	if status != "" {
		if err := status.checkAuthorizer(); err != nil {
			return nil, "", err
		}
	}
	return list(r, &r.authorizers, p, func(a *Authorizer) bool { return status == "" || a.Status == status }, r.authorizerOut)
}
