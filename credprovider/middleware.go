package credprovider

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Configure makes AWS clients use the provider: it sets cfg.Credentials and adds
// [Provider.APIOption] to cfg.APIOptions. No cache is needed around a Provider, and one
// would keep what [Provider.Invalidate] throws away.
func (p *Provider) Configure(cfg *aws.Config) {
	cfg.Credentials = p
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), p.APIOption)
}

// APIOption makes an AWS client tell the provider when a service refuses its credentials
// as expired or not valid, and try again with others. It fits aws.Config.APIOptions and
// the APIOptions of a client.
func (p *Provider) APIOption(stack *middleware.Stack) error {
	if _, there := stack.Finalize.Get(p.middlewareID); there {
		return nil // it was configured twice
	}
	m := middleware.FinalizeMiddlewareFunc(p.middlewareID, func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
		middleware.FinalizeOutput, middleware.Metadata, error,
	) {
		out, metadata, err := next.HandleFinalize(ctx, in)
		if err != nil && rejects(err) && p.Invalidate(signedWith(in.Request)) {
			err = &rejectedError{err}
		}
		return out, metadata, err
	})
	return stack.Finalize.Add(m, middleware.After) // within the retries, where the request is signed
}

// rejects reports whether a service refuses credentials themselves, not what they may do.
func rejects(err error) bool {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return false
	}
	switch e.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "InvalidToken":
		return true
	}
	return false
}

// signedWith is the access key id that a request was signed with.
func signedWith(request any) string {
	r, ok := request.(*smithyhttp.Request)
	if !ok {
		return ""
	}
	credential := r.URL.Query().Get("X-Amz-Credential")
	if _, after, found := strings.Cut(r.Header.Get("Authorization"), "Credential="); found {
		credential = after
	}
	id, _, _ := strings.Cut(credential, "/")
	return id
}

// rejectedError makes the retryer of the client try again: others may be had now.
type rejectedError struct{ error }

func (e *rejectedError) Unwrap() error        { return e.error }
func (e *rejectedError) RetryableError() bool { return true }
