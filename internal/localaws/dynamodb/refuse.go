package dynamodb

import (
	"errors"
	"net/http"

	"github.com/askaround/askaround-go/internal/sigv4"
)

// Refuse answers a request that is not to be served because of err: in DynamoDB's shape
// where err is from [sigv4.Verifier.Verify], as a failure of the server otherwise.
func (e *Engine) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*sigv4.Error](err)
	switch {
	case ok:
		err = &apiError{Type: nsService + refusal.Code, Message: refusal.Message, Status: http.StatusBadRequest}
	case errors.Is(err, sigv4.ErrBodyTooLarge):
		err = errBodyTooLarge
	case errors.Is(err, sigv4.ErrBody):
		err = errBodyEnded
	}
	e.answer(w, r, nil, err)
}
