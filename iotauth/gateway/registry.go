package gateway

import (
	"context"
	"errors"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// ErrNotFound is how a [Registry] says that it has no such entry.
var ErrNotFound = errors.New("gateway: not found")

// A Registry is what the gateway asks about clients: things, certificates, policies and
// authorizers. Package registry has one in memory and in a file. It is called concurrently.
//
// What its answers point to (documents, things, authorizers) does not change any more:
// something that changes is replaced, and what has not changed is the same pointer as
// before, because by it compiled policies and cached answers are found again.
type Registry interface {
	// Authorizer returns a custom authorizer; "" asks for the default one. ErrNotFound where
	// there is none.
	Authorizer(ctx context.Context, name string) (Authorizer, error)
	// Principal returns what is registered about a certificate by its id (the SHA-256 of its
	// DER form in lower-case hexadecimal), for a client that connects as clientID, which is
	// "" over HTTPS. ErrNotFound where the certificate is not registered.
	Principal(ctx context.Context, certificateID, clientID string) (Principal, error)
	// Watch calls changed after each change of what Principal or Authorizer would answer,
	// until stop is called; a change that concerns one certificate names it, any other has
	// "". It is called without locks and must not block for long.
	Watch(changed func(certificateID string)) (stop func())
}

// An Authorizer is a registered custom authorizer.
type Authorizer struct {
	*iotauth.Authorizer
	// Active: status ACTIVE. Others are never invoked.
	Active bool
	// CacheHTTP: enableCachingForHttp. Answers hold for their RefreshAfter on a persistent
	// HTTP connection.
	CacheHTTP bool
}

// A Principal is a registered certificate with what is attached to it.
type Principal struct {
	// Active: status ACTIVE. Others may not connect, and live connections end.
	Active bool
	// Thing is the registry's entry named as the client id, or the thing to which the
	// certificate is attached exclusively; nil where there is none.
	Thing *policy.Thing
	// Policies are those attached to the certificate. GroupPolicies are those of the groups
	// that the attached thing belongs to, which hold only where the client id is its name.
	Policies, GroupPolicies []*policy.Document
}
