package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"

	"github.com/askaround/askaround-go/internal/sigv4"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// access decides who may call the control plane, by signatures and the policies of their
// keys.
type access struct {
	registry *Registry
	verifier *sigv4.Verifier
}

func newAccess(r *Registry, keys gateway.Keys) (*access, error) {
	verifier, err := sigv4.New(credentials(keys), []string{"iot"}, func(v *sigv4.Options) {
		v.Regions, v.MaxBody = []string{r.options.Region}, maxBody
	})
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	return &access{r, verifier}, nil
}

// signingKey finds, in the context of a request, where the key goes that signed it.
type signingKey struct{}

// credentials are the gateway's keys as sigv4 asks for them.
func credentials(keys gateway.Keys) sigv4.Provider {
	return func(ctx context.Context, accessKeyID string) (sigv4.Credentials, error) {
		key, err := keys.Retrieve(ctx, accessKeyID)
		if errors.Is(err, gateway.ErrNotFound) {
			return sigv4.Credentials{}, sigv4.ErrUnknownKey
		}
		*ctx.Value(signingKey{}).(*gateway.Key) = key
		return sigv4.Credentials{SecretAccessKey: key.Secret, SessionToken: key.SessionToken, Expires: key.Expires}, err
	}
}

// verify returns a request whose signature is good, with the key that made it in its
// context.
func (a *access) verify(r *http.Request) (*http.Request, error) {
	r = r.WithContext(context.WithValue(r.Context(), signingKey{}, new(gateway.Key)))
	_, err := a.verifier.Verify(r)
	return r, err
}

// authorize refuses an operation that the policies of the key do not allow. As in IAM its
// action is named for it: iot:CreateThing.
func (a *access) authorize(r *http.Request, op operation, labels map[string]string) error {
	key := r.Context().Value(signingKey{}).(*gateway.Key)
	set, err := policy.Compile(key.Policies...)
	if err != nil {
		return fmt.Errorf("registry: policies of %s: %w", key.Principal, err)
	}
	o := a.registry.options
	connection := policy.Connection{Partition: partition(o.Region), Region: o.Region, Account: o.Account, Protocol: policy.HTTPS}
	if peer, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		connection.SourceIP = peer.Addr()
	}
	request := policy.Request{Action: policy.Action("iot:" + op.name), Resource: a.resource(labels), Context: connection.Context()}
	if set.Evaluate(request).Allowed() {
		return nil
	}
	return &Error{Code: accessDenied, Message: fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", key.Principal, request.Action, request.Resource)}
}

// resource is what an operation works on: what its path names, an ARN, and "*" where it
// names nothing.
func (a *access) resource(labels map[string]string) string {
	for label, kind := range map[string]string{
		"thingName": "thing", "thingTypeName": "thingtype", "thingGroupName": "thinggroup", "certificateId": "cert", "policyName": "policy",
		"authorizerName": "authorizer", "roleAlias": "rolealias", "ruleName": "rule",
	} {
		if name, ok := labels[label]; ok {
			return a.registry.arn(kind, name)
		}
	}
	if target, ok := labels["target"]; ok {
		return target
	}
	return "*"
}
