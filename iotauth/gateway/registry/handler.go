package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/google/uuid"

	"github.com/askaround/askaround-go/internal/sigv4"
	"github.com/askaround/askaround-go/iotauth/gateway"
)

// HandlerOptions configure a control plane. A zero value means the default.
type HandlerOptions struct {
	// Keys are the access keys that requests must be signed with. Default: none, and
	// signatures are not looked at; then serve loopback addresses only.
	Keys gateway.Keys
	// Endpoints are the answers of DescribeEndpoint, a host or host:port by the type of
	// the endpoint: "iot:Data-ATS", "iot:Data", "iot:CredentialProvider", "iot:Jobs".
	// Default for each of these: "localhost".
	Endpoints map[string]string
}

// endpointTypes are what DescribeEndpoint knows; the first is the default.
var endpointTypes = []string{"iot:Data", "iot:Data-ATS", "iot:CredentialProvider", "iot:Jobs"}

// maxBody is the largest request, in bytes: more than the largest text of a policy takes
// in JSON.
const maxBody = 4 << 20

// Handler is the control plane of AWS IoT over r: the REST-JSON API that the AWS CLI
// ("aws iot … --endpoint-url URL") and the AWS SDKs speak. Operations that it does not
// have are answered by status 404 and UnknownOperationException. What a browser sends for a
// page of another origin is refused, so that no web site reaches a control plane on the
// machine of who looks at it. It fails for an endpoint of an unknown type.
func Handler(r *Registry, optFns ...func(*HandlerOptions)) (http.Handler, error) {
	var o HandlerOptions
	for _, fn := range optFns {
		fn(&o)
	}
	p := &plane{registry: r, endpoints: map[string]string{}, origins: http.NewCrossOriginProtection()}
	for _, kind := range endpointTypes {
		p.endpoints[kind] = "localhost"
	}
	for kind, address := range o.Endpoints {
		if _, ok := p.endpoints[kind]; !ok {
			return nil, fmt.Errorf("registry: unknown type of endpoint %q", kind)
		}
		p.endpoints[kind] = address
	}
	if o.Keys == nil {
		return p, nil
	}
	verifier, err := sigv4.New(credentials(o.Keys), []string{"iot"}, func(v *sigv4.Options) {
		v.Regions, v.MaxBody = []string{r.options.Region}, maxBody
	})
	if err != nil {
		return nil, fmt.Errorf("registry: %w", err)
	}
	p.verifier = verifier
	return p, nil
}

// credentials are the gateway's keys as sigv4 asks for them.
func credentials(keys gateway.Keys) sigv4.Provider {
	return func(ctx context.Context, accessKeyID string) (sigv4.Credentials, error) {
		key, err := keys.Retrieve(ctx, accessKeyID)
		if errors.Is(err, gateway.ErrNotFound) {
			return sigv4.Credentials{}, sigv4.ErrUnknownKey
		}
		return sigv4.Credentials{SecretAccessKey: key.Secret, SessionToken: key.SessionToken, Expires: key.Expires}, err
	}
}

// plane is a control plane.
type plane struct {
	registry  *Registry
	endpoints map[string]string
	verifier  *sigv4.Verifier // nil: signatures are not looked at
	origins   *http.CrossOriginProtection
}

// statuses are those of refusals, by their codes, from the API's model.
var statuses = map[string]int{
	ErrNotFound.Code: 404, ErrAlreadyExists.Code: 409, ErrInvalid.Code: 400, ErrLimitExceeded.Code: 410,
	ErrVersionConflict.Code: 409, ErrVersionsLimit.Code: 409, ErrDeleteConflict.Code: 409, ErrMalformedPolicy.Code: 400,
	ErrCertificateState.Code: 406, ErrCertificateValidation.Code: 400, ErrInvalidResponse.Code: 400, ErrSQL.Code: 400,
	unknownOperation: 404, serialization: 400, accessDenied: 403, internalFailure: 500,
}

// Codes of refusals that no method of a Registry returns.
const (
	unknownOperation = "UnknownOperationException"
	serialization    = "SerializationException"
	accessDenied     = "AccessDeniedException"
	internalFailure  = "InternalFailureException"
)

func (p *plane) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	w.Header().Set("x-amzn-RequestId", uuid.NewString())
	if err := p.origins.Check(request); err != nil {
		p.refuse(w, &Error{Code: accessDenied, Message: err.Error()})
		return
	}
	if p.verifier != nil {
		if _, err := p.verifier.Verify(request); err != nil {
			p.refuse(w, err)
			return
		}
	}
	op, labels, err := route(request.Method, request.URL.EscapedPath())
	if err != nil {
		p.refuse(w, err)
		return
	}
	c := &call{plane: p, request: request, labels: labels}
	if c.body, err = io.ReadAll(http.MaxBytesReader(w, request.Body, maxBody)); err != nil {
		p.refuse(w, &Error{Code: serialization, Message: "the request's body cannot be read, or is longer than 4 MiB"})
		return
	}
	out, err := op.serve(c)
	if err = errors.Join(c.err, err); err != nil {
		p.refuse(w, err)
		return
	}
	p.answer(w, out)
}

// answer writes what an operation returned; nil is no body.
func (p *plane) answer(w http.ResponseWriter, out any) {
	w.Header().Set("Content-Type", "application/json")
	if out == nil {
		return
	}
	text, err := json.Marshal(out)
	if err != nil {
		p.refuse(w, err)
		return
	}
	_, _ = w.Write(text) // a client that went away
}

// refuse writes an error in the API's shape. What is none of its refusals is told to the
// log only.
func (p *plane) refuse(w http.ResponseWriter, err error) {
	var e *Error
	var signature *sigv4.Error
	status := 0
	switch {
	case errors.As(err, &signature):
		e, status = &Error{Code: signature.Code, Message: signature.Message}, http.StatusForbidden
	case errors.Is(err, sigv4.ErrBody), errors.Is(err, sigv4.ErrBodyTooLarge):
		e = &Error{Code: serialization, Message: "the request's body cannot be read, or is longer than 4 MiB"}
	case !errors.As(err, &e):
		p.registry.options.Logger.Error("control plane failed", "error", err)
		e = &Error{Code: internalFailure, Message: "Internal failure"}
	}
	if status == 0 {
		status = statuses[e.Code]
	}
	body := map[string]string{"message": e.Message}
	if e.ResourceARN != "" {
		body["resourceId"], body["resourceArn"] = e.ResourceID, e.ResourceARN
	}
	text, _ := json.Marshal(body) // strings
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-amzn-ErrorType", e.Code)
	w.WriteHeader(status)
	_, _ = w.Write(text) // a client that went away
}
