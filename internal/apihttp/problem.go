package apihttp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/askaround/askaround-go/internal/openapi"
)

// errPanicked is what a contained panic is told as.
var errPanicked = errors.New("apihttp: a handler panicked")

// RetryAfter is what clients are told to wait where nothing better is known.
const RetryAfter = time.Second

// A Refusal is an error as the client is told it.
type Refusal struct {
	Kind   Kind
	Detail string // a sentence, or ""
	Parts  []Part
	Header http.Header // nil: none of its own
}

// A Part is what is wrong with one part of the request: the one of the three that is there.
// A Pointer to "" is the whole body.
type Part struct {
	Pointer   *string `json:"pointer,omitempty"`
	Parameter string  `json:"parameter,omitempty"`
	Header    string  `json:"header,omitempty"`
	Detail    string  `json:"detail"`
}

func (r *Refusal) Error() string { return "apihttp: refused: " + string(r.Kind) }

// With sets a header of the response.
func (r *Refusal) With(name, value string) *Refusal {
	if r.Header == nil {
		r.Header = make(http.Header)
	}
	r.Header.Set(name, value)
	return r
}

// problem is the document, as in RFC 9457.
type problem struct {
	Type     string `json:"type"`
	Title    string `json:"title"`
	Status   int    `json:"status"`
	Detail   string `json:"detail,omitempty"`
	Instance string `json:"instance"`
	Errors   []Part `json:"errors,omitempty"`
}

// Fail answers with the problem that err is. Every error response of the APIs is
// written here.
func Fail(w http.ResponseWriter, r *http.Request, err error) {
	v := VisitOf(r.Context())
	if v.recorder != nil && v.recorder.status != 0 {
		return // the client went away in the middle of a response
	}
	v.abandonBody(w)
	refusal := v.refusalOf(err)
	if refusal.Kind == Unavailable && r.Context().Err() != context.Canceled {
		v.options.Logger.Error("request failed", "request_id", v.RequestID, "error", err)
	}
	kind := kinds[refusal.Kind]
	body, err := json.Marshal(problem{
		Type: typePrefix + string(refusal.Kind), Title: kind.title, Status: kind.status, Detail: refusal.Detail,
		Instance: "urn:askaround:request:" + v.RequestID, Errors: refusal.Parts,
	})
	if err != nil { // strings and numbers cannot fail to marshal
		panic(err)
	}
	for name, values := range refusal.Header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(kind.status)
	_, _ = w.Write(body) // a client that went away cannot be told
}

// lingering is how long a refused request may still take to send its body.
const lingering = time.Second

// abandonBody bounds the wait for a body that nobody reads: a server reads the rest before
// it sends an answer, so that a client which sends nothing would hold it back.
func (v *Visit) abandonBody(w http.ResponseWriter) {
	if v.body != nil && !v.body.ended {
		// A writer without deadlines is a test's recorder, whose bodies are there already.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(lingering))
	}
}

// refusalOf classifies err. What nobody knows is the server's fault and is told as
// unavailable; the log has the rest.
func (v *Visit) refusalOf(err error) *Refusal {
	var request *openapi.Error
	var refusal *Refusal
	var fault TokenFault
	switch {
	case errors.As(err, &refusal):
		return refusal
	case errors.As(err, &request):
		return v.requestRefusal(request)
	case errors.As(err, &fault):
		return tokenRefusal(fault, v.options.Realm)
	}
	if v.options.Explain != nil {
		if refusal := v.options.Explain(err, v.Operation); refusal != nil {
			return refusal
		}
	}
	return (&Refusal{Kind: Unavailable, Detail: "Try again."}).With("Retry-After", Seconds(RetryAfter))
}

var reasons = map[openapi.Reason]Kind{
	openapi.NotFound:         NotFound,
	openapi.MethodNotAllowed: MethodNotAllowed,
	openapi.NotAcceptable:    NotAcceptable,
	openapi.UnsupportedMedia: UnsupportedMediaType,
	openapi.TooLarge:         BodyTooLarge,
	openapi.TooSlow:          RequestTimeout,
	openapi.Parameter:        InvalidParameter,
	openapi.Malformed:        MalformedBody,
	openapi.Invalid:          InvalidBody,
}

func (v *Visit) requestRefusal(err *openapi.Error) *Refusal {
	r := &Refusal{Kind: reasons[err.Reason], Detail: err.Detail}
	if err.Reason == openapi.NotFound && v.Operation != nil && v.options.MissingResource != nil {
		r.Kind = v.options.MissingResource(v.Operation)
	}
	for _, fault := range err.Faults {
		r.Parts, r.Detail = append(r.Parts, partOf(fault)), "" // each part tells more than the whole
	}
	switch err.Reason {
	case openapi.MethodNotAllowed:
		return r.With("Allow", err.Allow)
	case openapi.UnsupportedMedia:
		return r.With("Accept", "application/json") // RFC 9110, section 15.5.16
	case openapi.Parameter:
		if missing := (openapi.Fault{In: openapi.InHeader, Name: "Idempotency-Key", Detail: "is required"}); len(err.Faults) == 1 && err.Faults[0] == missing {
			r.Kind = IdempotencyKeyMissing
		}
	}
	return r
}

func partOf(f openapi.Fault) Part {
	switch f.In {
	case openapi.InBody:
		return Part{Pointer: &f.Name, Detail: f.Detail}
	case openapi.InHeader:
		return Part{Header: f.Name, Detail: f.Detail}
	}
	return Part{Parameter: f.Name, Detail: f.Detail}
}
