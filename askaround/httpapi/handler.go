package httpapi

import (
	"context"
	"fmt"
	"net/http"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/internal/apihttp"
)

// New returns the HTTP API over svc, for callers that verifier knows. It does no
// I/O and starts no goroutine. An option out of range is an [ErrOptions].
func New(svc Service, verifier TokenVerifier, optFns ...func(*Options)) (http.Handler, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	if svc == nil || verifier == nil {
		return nil, fmt.Errorf("%w: a service and a verifier are wanted", ErrOptions)
	}
	if err := o.validate(); err != nil {
		return nil, err
	}
	h, err := apihttp.New(generated(&server{service: svc, options: o}), apihttp.Options{
		Document: api.Document(),
		Realm:    "askaround",
		Authenticate: apihttp.BearerAuth(func(ctx context.Context, token string) (apihttp.Caller, error) {
			identity, err := verifier.Verify(ctx, token)
			return apihttp.Caller{Account: string(identity.Account), Expires: identity.Expires}, err
		}),
		Explain:         explain,
		MissingResource: missing,
		BasePath:        o.BasePath,
		MaxBody:         o.MaxBody,
		Deadline:        o.Deadline,
		Rate:            o.Rate,
		Burst:           o.Burst,
		Clock:           o.Clock,
		Logger:          o.Logger,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return h, nil
}

// generated returns the generated routes over s. Every error leaves it by apihttp.Fail.
func generated(s *server) http.Handler {
	strict := api.NewStrictHandlerWithOptions(s, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			apihttp.Fail(w, r, apihttp.Malformed(err))
		},
		ResponseErrorHandlerFunc: apihttp.Fail,
	})
	return api.HandlerWithOptions(strict, api.StdHTTPServerOptions{
		ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			apihttp.Fail(w, r, apihttp.Misread(err))
		},
	})
}
