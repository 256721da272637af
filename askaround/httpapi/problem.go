package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

// errPanicked is what a contained panic is told as.
var errPanicked = errors.New("httpapi: a handler panicked")

// retryAfter is what clients are told to wait where nothing better is known.
const retryAfter = time.Second

// kinds holds the status and title of every problem type.
var kinds = map[api.ProblemType]struct {
	status int
	title  string
}{
	api.ProblemTypeInvalidParameter:     {400, "A parameter is wrong"},
	api.ProblemTypeInvalidCursor:        {400, "The cursor does not continue this search"},
	api.ProblemTypeMalformedBody:        {400, "The body cannot be read"},
	api.ProblemTypeMissingToken:         {401, "A bearer token is wanted"},
	api.ProblemTypeInvalidToken:         {401, "The token is not valid here"},
	api.ProblemTypeExpiredToken:         {401, "The token has expired"},
	api.ProblemTypeInsufficientScope:    {403, "The token lacks a scope"},
	api.ProblemTypeForbidden:            {403, "This is another user's to do"},
	api.ProblemTypeNotFound:             {404, "There is nothing here"},
	api.ProblemTypeQuestionNotFound:     {404, "There is no such question"},
	api.ProblemTypeAnswerNotFound:       {404, "You have not answered this question"},
	api.ProblemTypeOperationNotFound:    {404, "You have no such operation"},
	api.ProblemTypeMethodNotAllowed:     {405, "The method is not supported here"},
	api.ProblemTypeNotAcceptable:        {406, "Only JSON can be sent"},
	api.ProblemTypeRequestTimeout:       {408, "The body did not arrive in time"},
	api.ProblemTypeBodyTooLarge:         {413, "The body is too long"},
	api.ProblemTypeUnsupportedMediaType: {415, "The body must be JSON"},
	api.ProblemTypeInvalidBody:          {422, "The body is not what is wanted"},
	api.ProblemTypeIdempotencyKeyReused: {422, "The idempotency key belongs to another request"},
	api.ProblemTypeTooManyRequests:      {429, "Too many requests"},
	api.ProblemTypeUnavailable:          {503, "Temporarily unavailable"},
}

// A refusal is an error as the client is told it.
type refusal struct {
	kind   api.ProblemType
	detail string
	parts  []api.ProblemPart
	header http.Header // nil: none of its own
}

func (r refusal) with(name, value string) refusal {
	if r.header == nil {
		r.header = make(http.Header)
	}
	r.header.Set(name, value)
	return r
}

// fail answers with the problem that err is. Every error response of the API is
// written here.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	if written, ok := w.(*recorder); ok && written.status != 0 {
		return // the client went away in the middle of a response
	}
	v := visitOf(r.Context())
	refusal := refusalOf(err, v.operation)
	if refusal.kind == api.ProblemTypeUnavailable && r.Context().Err() != context.Canceled {
		v.logger.Error("request failed", "request_id", v.requestID, "error", err)
	}
	kind := kinds[refusal.kind]
	problem := api.Problem{Type: refusal.kind, Title: kind.title, Status: int32(kind.status)}
	instance := "urn:askaround:request:" + v.requestID
	problem.Instance = &instance
	if refusal.detail != "" {
		problem.Detail = &refusal.detail
	}
	if len(refusal.parts) > 0 {
		problem.Errors = &refusal.parts
	}
	body, err := json.Marshal(problem)
	if err != nil { // strings and numbers cannot fail to marshal
		panic(err)
	}
	for name, values := range refusal.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(kind.status)
	_, _ = w.Write(body) // a client that went away cannot be told
}

// refusalOf classifies err. What it does not know is the server's fault and is told
// as unavailable; the log has the rest. o is nil before an operation is found.
func refusalOf(err error, o *openapi.Operation) refusal {
	var (
		request    *openapi.Error
		token      TokenError
		validation *askaround.ValidationError
		tooMany    *tooManyError
	)
	switch {
	case errors.As(err, &request):
		return requestRefusal(request, o)
	case errors.As(err, &token):
		return tokenRefusal(token)
	case errors.As(err, &tooMany):
		return refusal{kind: api.ProblemTypeTooManyRequests}.with("Retry-After", seconds(tooMany.wait))
	case errors.As(err, &validation):
		return validationRefusal(validation, o)
	case errors.Is(err, askaround.ErrNotFound):
		return refusal{kind: notFound(o)}
	case errors.Is(err, askaround.ErrForbidden):
		return refusal{kind: api.ProblemTypeForbidden}
	case errors.Is(err, askaround.ErrIdempotencyConflict):
		return refusal{kind: api.ProblemTypeIdempotencyKeyReused, detail: "Use a new key for a new request.",
			parts: []api.ProblemPart{{Header: ptr("Idempotency-Key"), Detail: "was used before, for another request"}}}
	}
	return refusal{kind: api.ProblemTypeUnavailable, detail: "Try again."}.with("Retry-After", seconds(retryAfter))
}

// notFound says what is missing, which is what the operation is about.
func notFound(o *openapi.Operation) api.ProblemType {
	switch {
	case o == nil:
		return api.ProblemTypeNotFound
	case o.ID == "getOperation":
		return api.ProblemTypeOperationNotFound
	case o.ID == "getAnswer":
		return api.ProblemTypeAnswerNotFound
	}
	return api.ProblemTypeQuestionNotFound
}

func requestRefusal(err *openapi.Error, o *openapi.Operation) refusal {
	kind := map[openapi.Reason]api.ProblemType{
		openapi.MethodNotAllowed: api.ProblemTypeMethodNotAllowed,
		openapi.NotAcceptable:    api.ProblemTypeNotAcceptable,
		openapi.UnsupportedMedia: api.ProblemTypeUnsupportedMediaType,
		openapi.TooLarge:         api.ProblemTypeBodyTooLarge,
		openapi.TooSlow:          api.ProblemTypeRequestTimeout,
		openapi.Parameter:        api.ProblemTypeInvalidParameter,
		openapi.Malformed:        api.ProblemTypeMalformedBody,
		openapi.Invalid:          api.ProblemTypeInvalidBody,
	}[err.Reason]
	if err.Reason == openapi.NotFound {
		kind = notFound(o)
	}
	r := refusal{kind: kind, detail: err.Detail}
	for _, fault := range err.Faults {
		r.parts, r.detail = append(r.parts, partOf(fault)), "" // each part tells more than the whole
	}
	switch err.Reason {
	case openapi.MethodNotAllowed:
		return r.with("Allow", err.Allow)
	case openapi.UnsupportedMedia:
		return r.with("Accept", "application/json") // RFC 9110, section 15.5.16
	}
	return r
}

func partOf(f openapi.Fault) api.ProblemPart {
	part := api.ProblemPart{Detail: f.Detail}
	switch f.In {
	case openapi.InBody:
		part.Pointer = &f.Name
	case openapi.InHeader:
		part.Header = &f.Name
	default:
		part.Parameter = &f.Name
	}
	return part
}

// tokenRefusal tells no more than a client can act on: get a token, get a new one,
// get one with the scope. Which check failed is the log's business.
func tokenRefusal(err TokenError) refusal {
	const realm = `Bearer realm="askaround"`
	switch err {
	case ErrTokenMissing:
		return refusal{kind: api.ProblemTypeMissingToken}.with("WWW-Authenticate", realm)
	case ErrTokenExpired:
		return refusal{kind: api.ProblemTypeExpiredToken}.
			with("WWW-Authenticate", realm+`, error="invalid_token", error_description="The token has expired"`)
	case ErrTokenScope:
		return refusal{kind: api.ProblemTypeInsufficientScope}.
			with("WWW-Authenticate", realm+`, error="insufficient_scope"`)
	}
	return refusal{kind: api.ProblemTypeInvalidToken}.with("WWW-Authenticate", realm+`, error="invalid_token"`)
}

// validationRefusal tells what the domain refused. Its pointers are into the body
// where the operation has one, else they name parameters.
func validationRefusal(err *askaround.ValidationError, o *openapi.Operation) refusal {
	r := refusal{kind: api.ProblemTypeInvalidParameter}
	if o != nil && o.HasBody() {
		r.kind = api.ProblemTypeInvalidBody
	}
	if len(err.Fields) == 1 && err.Fields[0].Pointer == "/cursor" {
		r.kind = api.ProblemTypeInvalidCursor
	}
	for _, field := range err.Fields {
		part := api.ProblemPart{Detail: field.Detail}
		name := strings.TrimPrefix(field.Pointer, "/")
		switch {
		case name == "Idempotency-Key":
			part.Header = &name
		case r.kind == api.ProblemTypeInvalidBody:
			part.Pointer = ptr(field.Pointer)
		default:
			part.Parameter = &name
		}
		r.parts = append(r.parts, part)
	}
	return r
}

// seconds rounds up, to at least one.
func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(d.Seconds()))))
}

func ptr[T any](v T) *T { return &v }
