package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/askaround/askaround-go/internal/sigv4"
)

// signatures verify requests that were signed with an access key.
type signatures struct{ https, webSocket *sigv4.Verifier }

// newSignatures takes the names of services that clients sign for: AWS's SDKs and its CLI
// say "iotdata" for the data plane, as their model does (signingName), documents and device
// SDKs "iotdevicegateway", which alone WebSockets take
// (https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html).
func newSignatures(o *Options, limits *Limits) (*signatures, error) {
	provider := keyProvider(o.Keys)
	settings := func(s *sigv4.Options) {
		s.Regions, s.Clock, s.MaxBody = []string{o.Region}, o.Now, int64(limits.Payload)
	}
	https, err1 := sigv4.New(provider, []string{"iotdata", "iotdevicegateway"}, settings)
	webSocket, err2 := sigv4.New(provider, []string{"iotdevicegateway"}, settings, func(s *sigv4.Options) { s.TokenAfterSigning = true })
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return &signatures{https, webSocket}, nil
}

// foundKey finds, in the context of a verification, where the key goes.
type foundKey struct{}

func keyProvider(keys Keys) sigv4.Provider {
	return func(ctx context.Context, accessKeyID string) (sigv4.Credentials, error) {
		key, err := keys.Retrieve(ctx, accessKeyID)
		switch {
		case errors.Is(err, ErrNotFound):
			return sigv4.Credentials{}, sigv4.ErrUnknownKey
		case err != nil:
			return sigv4.Credentials{}, fmt.Errorf("access key %.32q: %w", accessKeyID, err)
		}
		*ctx.Value(foundKey{}).(*Key) = key
		return sigv4.Credentials{SecretAccessKey: key.Secret, SessionToken: key.SessionToken, Expires: key.Expires}, nil
	}
}

// verify returns the key that signed r. sigv4.ErrMissingToken says that r is not signed.
func verify(v *sigv4.Verifier, r *http.Request) (*Key, error) {
	var key Key
	if _, err := v.Verify(r.WithContext(context.WithValue(r.Context(), foundKey{}, &key))); err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	return &key, nil
}
