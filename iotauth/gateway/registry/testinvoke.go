package registry

import (
	"context"
	"errors"

	"github.com/askaround/askaround-go/iotauth"
)

// TestInvokeAuthorizer calls an authorizer, active or not, as the gateway does for a
// client that sent token and its signature, with what else is in request. An answer
// without error may still refuse the client. Errors: ErrNotFound; ErrInvalid for a token
// or a signature that is refused, and then the function was not called;
// ErrInvalidResponse for a function that failed, was silent, or answered what AWS IoT does
// not take.
func (r *Registry) TestInvokeAuthorizer(ctx context.Context, name, token, signature string, request iotauth.Request) (*iotauth.Response, error) {
	r.mu.RLock()
	a, err := r.authorizers.find(name)
	r.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	response, err := a.function.Invoke(ctx, token, signature, request)
	switch {
	case err == nil:
		return response, nil
	case errors.Is(err, iotauth.ErrToken), errors.Is(err, iotauth.ErrSignature):
		return nil, invalid("%v", err)
	}
	return nil, because(ErrInvalidResponse, "%v", err)
}
