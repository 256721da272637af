package apihttp

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/askaround/askaround-go/internal/openapi"
)

// handler leads a request through the steps that every operation shares.
type handler struct {
	options  Options
	document *openapi.Document
	limiter  *limiter
	once     *once
	next     http.Handler // the generated server
}

// New returns the handler in front of next, the generated server of the contract. It
// does no I/O and starts no goroutine. The error says which option cannot work.
func New(next http.Handler, o Options) (http.Handler, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	document, err := openapi.Parse(o.Document)
	if err != nil {
		return nil, err
	}
	for id := range o.MaxBodies {
		if document.Operation(id) == nil {
			return nil, fmt.Errorf("MaxBodies: no operation %q", id)
		}
	}
	h := &handler{options: o, document: document, next: next, limiter: newLimiter(o), once: newOnce(o)}
	return h.observe(h), nil
}

// Malformed and Misread classify what the generated decoder refuses although the
// document allows it. They are the net below the checks, not the checks.
func Malformed(err error) error {
	return &openapi.Error{Reason: openapi.Malformed, Detail: "The body cannot be read.", Err: err}
}

// Misread is for parameters, see [Malformed].
func Misread(err error) error {
	return &openapi.Error{Reason: openapi.Parameter, Detail: "A parameter cannot be read.", Err: err}
}

// ServeHTTP holds the request to the contract, finds out who asks, and hands over
// to the generated server, which finds only requests that it can decode.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = h.inside(r)
	if r.Method == http.MethodOptions {
		h.describe(w, r)
		return
	}
	call, err := h.document.Find(r)
	if err != nil {
		Fail(w, r, err)
		return
	}
	visit := VisitOf(r.Context())
	visit.Operation = call.Operation
	if call.ContentType() != eventStream {
		ctx, cancel := context.WithTimeout(r.Context(), h.options.Deadline)
		defer cancel()
		r = r.WithContext(ctx)
	}
	if err := h.admit(w, r, visit); err != nil {
		Fail(w, r, err)
		return
	}
	if err := call.Check(w, r, h.maxBody(call.ID)); err != nil {
		Fail(w, r, err)
		return
	}
	h.once.serve(w, r, visit, h.next)
}

const eventStream = "text/event-stream"

func (h *handler) maxBody(operation string) int64 {
	if n, ok := h.options.MaxBodies[operation]; ok {
		return n
	}
	return h.options.MaxBody
}

// admit finds out who makes the request, unless they ask too often.
func (h *handler) admit(w http.ResponseWriter, r *http.Request, v *Visit) (err error) {
	if v.Caller, err = h.options.Authenticate(w, r, v.Operation); err != nil {
		return err
	}
	return h.limiter.take(v.Caller.Account, w.Header())
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
	r = r.WithContext(r.Context()) // a copy: the caller's stays as it is
	r.URL = &u
	return r
}

// describe answers OPTIONS. No token is wanted: it tells what the contract tells.
func (h *handler) describe(w http.ResponseWriter, r *http.Request) {
	allow := h.document.Allow(r)
	if allow == "" {
		Fail(w, r, &openapi.Error{Reason: openapi.NotFound, Detail: "There is nothing at this path."})
		return
	}
	w.Header().Set("Allow", allow)
	w.WriteHeader(http.StatusNoContent)
}
