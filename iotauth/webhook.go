package iotauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
)

// maxBody bounds an event in JSON: user name and password of [MaxUsername] bytes, which
// JSON can make six times as long, a token, headers. Answers are shorter.
const maxBody = 1 << 20

// WebhookOptions configure a webhook.
type WebhookOptions struct {
	// Secret, if not empty, is what callers must present: "Authorization: Bearer SECRET".
	// Without one, let only the gateway reach the webhook: who else calls it can say that
	// a signature was verified.
	Secret string
	HandlerOptions
}

// NewWebhook returns h behind HTTP: POST of a [Request] in JSON, answered by a [Response]
// in JSON with status 200, also when that refuses the client. [NewRemote] is its client.
//
// A fault has a status of 400 or more and a body as Lambda has it,
// {"errorMessage": "…", "errorType": "…"}; it does not tell why a handler failed, which
// goes to the log. Errors: [ErrOptions].
func NewWebhook(h Handler, optFns ...func(*WebhookOptions)) (http.Handler, error) {
	o := WebhookOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	g, err := newGuard(h, o.HandlerOptions)
	if err != nil {
		return nil, err
	}
	w := &webhook{guard: g, logger: g.options.Logger}
	if o.Secret != "" {
		digest := sha256.Sum256([]byte("Bearer " + o.Secret))
		w.authorization = &digest
	}
	return w, nil
}

type webhook struct {
	guard         *guard
	logger        *slog.Logger
	authorization *[sha256.Size]byte // digest of the header that is wanted; nil: none is
}

func (h *webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if status, message := h.admit(r); status != 0 {
		writeFault(w, status, "BadRequest", message)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		status := http.StatusBadRequest
		if tooLarge := new(http.MaxBytesError); errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
		writeFault(w, status, "BadRequest", "the body cannot be read")
		return
	}
	var request Request
	if err := json.Unmarshal(body, &request); err != nil {
		writeFault(w, http.StatusBadRequest, "BadRequest", "the body is no authorizer event in JSON")
		return
	}
	response, err := h.guard.call(r.Context(), &request)
	if err != nil {
		h.logger.WarnContext(r.Context(), "authorizer failed", "error", err)
		status, kind, message := explain(err)
		writeFault(w, status, kind, message)
		return
	}
	writeJSON(w, http.StatusOK, response)
}

// admit returns the status to refuse the request with before its body is read, or 0.
func (h *webhook) admit(r *http.Request) (status int, message string) {
	if h.authorization != nil {
		digest := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if subtle.ConstantTimeCompare(digest[:], h.authorization[:]) != 1 {
			return http.StatusUnauthorized, "no such caller"
		}
	}
	if r.Method != http.MethodPost {
		return http.StatusMethodNotAllowed, "POST an authorizer event"
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, "the body must be application/json"
	}
	return 0, ""
}

// explain says what a caller may know of a failed call.
func explain(err error) (status int, kind, message string) {
	switch {
	case errors.Is(err, ErrTimeout):
		return http.StatusGatewayTimeout, "Timeout", "the authorizer did not answer in time"
	case errors.Is(err, ErrResponse):
		return http.StatusBadGateway, "InvalidResponse", "the authorizer's answer is invalid"
	}
	return http.StatusInternalServerError, "Failure", "the authorizer failed"
}

// fault is an error as Lambda's runtime reports it.
type fault struct {
	Message string `json:"errorMessage"`
	Type    string `json:"errorType"`
}

func writeFault(w http.ResponseWriter, status int, kind, message string) {
	switch status {
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	writeJSON(w, status, fault{message, kind})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil { // of a valid answer never; a fault always has a JSON
		status, data = http.StatusInternalServerError, []byte(`{"errorMessage":"the answer has no JSON","errorType":"Failure"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(data) // the caller went away: nobody is left to tell
}
