package sqs

import (
	"errors"
	"net/http"

	"github.com/askaround/askaround-go/internal/sigv4"
)

// frontDoor are the refusals of AWS's front door, which are not shapes of SQS: the codes
// of the query protocol, and the statuses of both. Those of an unknown key and a wrong
// signature were recorded from AWS.
var frontDoor = map[string]struct {
	queryCode string
	status    int
}{
	"AccessDeniedException":        {"AccessDenied", http.StatusForbidden},
	"ExpiredTokenException":        {"ExpiredToken", http.StatusForbidden},
	"IncompleteSignatureException": {"IncompleteSignature", http.StatusBadRequest},
	"InvalidSignatureException":    {"SignatureDoesNotMatch", http.StatusForbidden},
	"UnrecognizedClientException":  {"InvalidClientTokenId", http.StatusForbidden},
}

// Refuse answers a request that is not to be served because of err: in the shape of the
// protocol that r speaks where err is from [sigv4.Verifier.Verify], as a failure of the
// server otherwise.
//
// A request without a signature is anonymous to SQS. A queue's policy could admit it; here
// none does.
func (e *Engine) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*sigv4.Error](err)
	switch {
	case errors.Is(err, sigv4.ErrMissingToken):
		err = &Error{"AccessDeniedException", "Access to the resource " + e.resource(r) + " is denied.", http.StatusForbidden}
	case ok && frontDoor[refusal.Code].status != 0:
		err = &Error{refusal.Code, refusal.Message, frontDoor[refusal.Code].status}
	case ok:
		err = refuse(refusal.Code, "%s", refusal.Message)
	case errors.Is(err, sigv4.ErrBodyTooLarge):
		err = errBodyTooLarge
	case errors.Is(err, sigv4.ErrBody):
		err = errBodyEnded
	}
	protocol, c := protocolOf(r), newCall()
	e.answer(w, r, protocol, c, nil, err)
}

// resource is the URL of what r is about.
func (e *Engine) resource(r *http.Request) string {
	return e.base(withEndpoint(r)) + r.URL.EscapedPath()
}
