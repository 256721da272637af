package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

// handler leads a request through the steps that every operation shares.
type handler struct {
	options  Options
	document *openapi.Document
	verifier TokenVerifier
	limiter  *limiter
	next     http.Handler // the generated server
}

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
	document, err := openapi.Parse(api.Document())
	if err != nil {
		return nil, fmt.Errorf("httpapi: %w", err)
	}
	h := &handler{options: o, document: document, verifier: verifier, limiter: newLimiter(o)}
	h.next = generated(&server{service: svc, options: o})
	return h.observe(h), nil
}

// generated returns the generated routes over s. Every error leaves it by fail.
func generated(s *server) http.Handler {
	strict := api.NewStrictHandlerWithOptions(s, nil, api.StrictHTTPServerOptions{
		RequestErrorHandlerFunc:  func(w http.ResponseWriter, r *http.Request, err error) { fail(w, r, malformed(err)) },
		ResponseErrorHandlerFunc: fail,
	})
	return api.HandlerWithOptions(strict, api.StdHTTPServerOptions{
		ErrorHandlerFunc: func(w http.ResponseWriter, r *http.Request, err error) { fail(w, r, misread(err)) },
	})
}

// malformed and misread classify what the generated decoder refuses although the
// document allows it. They are the net below the checks, not the checks.
func malformed(err error) error {
	return &openapi.Error{Reason: openapi.Malformed, Detail: "The body cannot be read.", Err: err}
}

func misread(err error) error {
	return &openapi.Error{Reason: openapi.Parameter, Detail: "A parameter cannot be read.", Err: err}
}

// ServeHTTP holds the request to the contract, finds out who asks, and hands over
// to the generated server, which finds only requests that it can decode.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), h.options.Deadline)
	defer cancel()
	r = h.inside(r.WithContext(ctx))
	if r.Method == http.MethodOptions {
		h.describe(w, r)
		return
	}
	call, err := h.document.Find(r)
	if err != nil {
		fail(w, r, err)
		return
	}
	visit := visitOf(ctx)
	visit.operation = call.Operation
	if visit.account, err = h.admit(r); err != nil {
		fail(w, r, err)
		return
	}
	if err := call.Check(w, r, h.options.MaxBody); err != nil {
		fail(w, r, err)
		return
	}
	h.next.ServeHTTP(w, r)
}

// inside returns r with the base path taken off its path. A request from outside
// the base path gets a path that the contract does not have.
func (h *handler) inside(r *http.Request) *http.Request {
	if h.options.BasePath == "" {
		return r
	}
	u := *r.URL
	u.RawPath = "" // the base path has no escapes; neither have the ids
	rest, ok := strings.CutPrefix(u.Path, h.options.BasePath)
	if !ok || !strings.HasPrefix(rest, "/") {
		rest = "/"
	}
	u.Path = rest
	r.URL = &u
	return r
}

// describe answers OPTIONS. No token is wanted: it tells what the contract tells.
func (h *handler) describe(w http.ResponseWriter, r *http.Request) {
	allow := h.document.Allow(r)
	if allow == "" {
		fail(w, r, &openapi.Error{Reason: openapi.NotFound, Detail: "There is nothing at this path."})
		return
	}
	w.Header().Set("Allow", allow)
	w.WriteHeader(http.StatusNoContent)
}

// admit returns the account whose token the request carries, unless it asks too
// often.
func (h *handler) admit(r *http.Request) (askaround.AccountID, error) {
	token, err := bearer(r.Header)
	if err != nil {
		return "", err
	}
	identity, err := h.verifier.Verify(r.Context(), token)
	if err != nil {
		return "", err
	}
	return identity.Account, h.limiter.take(identity.Account)
}
