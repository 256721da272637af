package httpapi

import (
	"errors"
	"strings"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/apihttp"
	"github.com/askaround/askaround-go/internal/openapi"
)

// explain says what a client is told of err; nil means that err is the server's fault.
func explain(err error, o *openapi.Operation) *apihttp.Refusal {
	var validation *askaround.ValidationError
	var quota *askaround.QuotaError
	switch {
	case errors.As(err, &validation):
		return validationRefusal(validation, o)
	case errors.Is(err, askaround.ErrNotFound):
		return &apihttp.Refusal{Kind: missing(o)}
	case errors.Is(err, askaround.ErrForbidden):
		return &apihttp.Refusal{Kind: apihttp.Forbidden}
	case errors.Is(err, askaround.ErrIdempotencyConflict):
		return apihttp.KeyReused("Idempotency-Key")
	case errors.As(err, &quota):
		r := &apihttp.Refusal{Kind: apihttp.TooManyRequests, Detail: "You have used up what you may ask for within this hour."}
		return r.With("Retry-After", apihttp.Seconds(quota.Retry))
	case errors.Is(err, askaround.ErrWatchListFull):
		return &apihttp.Refusal{Kind: apihttp.WatchListFull, Detail: "Take a question off it first."}
	}
	return nil
}

// missing says what there is none of, which is what the operation is about.
func missing(o *openapi.Operation) apihttp.Kind {
	switch {
	case o == nil:
		return apihttp.NotFound
	case o.ID == "getOperation":
		return apihttp.OperationNotFound
	case o.ID == "getAnswer":
		return apihttp.AnswerNotFound
	}
	return apihttp.QuestionNotFound
}

// validationRefusal tells what the domain refused. Its pointers are into the body
// where the operation has one, else they name parameters.
func validationRefusal(err *askaround.ValidationError, o *openapi.Operation) *apihttp.Refusal {
	r := &apihttp.Refusal{Kind: apihttp.InvalidParameter}
	if o != nil && o.HasBody() {
		r.Kind = apihttp.InvalidBody
	}
	if len(err.Fields) == 1 && err.Fields[0].Pointer == "/cursor" {
		r.Kind = apihttp.InvalidCursor
	}
	for _, field := range err.Fields {
		part := apihttp.Part{Detail: field.Detail}
		name := strings.TrimPrefix(field.Pointer, "/")
		switch {
		case name == "Idempotency-Key":
			part.Header = name
		case r.Kind == apihttp.InvalidBody:
			part.Pointer = &field.Pointer
		default:
			part.Parameter = name
		}
		r.Parts = append(r.Parts, part)
	}
	return r
}
