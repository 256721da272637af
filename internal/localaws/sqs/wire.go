package sqs

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// maxBody bounds a request, in bytes: a batch of 1 MiB whose every byte is escaped in
// six, and the rest of it.
const maxBody = 8 << 20

// operation serves one action: decode fills in its input, and an answer to encode comes
// out.
type operation func(e *Engine, ctx context.Context, decode func(into any) error) (any, error)

func op[In any](f func(*Engine, context.Context, In) (any, error)) operation {
	return func(e *Engine, ctx context.Context, decode func(any) error) (any, error) {
		var in In
		if err := decode(&in); err != nil {
			return nil, err
		}
		return f(e, ctx, in)
	}
}

var operations = map[string]operation{
	"AddPermission":                op((*Engine).addPermission),
	"CancelMessageMoveTask":        op((*Engine).cancelMessageMoveTask),
	"ChangeMessageVisibility":      op((*Engine).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": op((*Engine).changeMessageVisibilityBatch),
	"CreateQueue":                  op((*Engine).createQueue),
	"DeleteMessage":                op((*Engine).deleteMessage),
	"DeleteMessageBatch":           op((*Engine).deleteMessageBatch),
	"DeleteQueue":                  op((*Engine).deleteQueue),
	"GetQueueAttributes":           op((*Engine).getQueueAttributes),
	"GetQueueUrl":                  op((*Engine).getQueueURL),
	"ListDeadLetterSourceQueues":   op((*Engine).listDeadLetterSourceQueues),
	"ListMessageMoveTasks":         op((*Engine).listMessageMoveTasks),
	"ListQueueTags":                op((*Engine).listQueueTags),
	"ListQueues":                   op((*Engine).listQueues),
	"PurgeQueue":                   op((*Engine).purgeQueue),
	"ReceiveMessage":               op((*Engine).receiveMessage),
	"RemovePermission":             op((*Engine).removePermission),
	"SendMessage":                  op((*Engine).sendMessage),
	"SendMessageBatch":             op((*Engine).sendMessageBatch),
	"SetQueueAttributes":           op((*Engine).setQueueAttributes),
	"StartMessageMoveTask":         op((*Engine).startMessageMoveTask),
	"TagQueue":                     op((*Engine).tagQueue),
	"UntagQueue":                   op((*Engine).untagQueue),
}

// call is a request as its protocol gives it.
type call struct {
	id     string // of the request
	action string
	serve  operation
	decode func(into any) error
}

// codec is a protocol: how a request is read, and how answers and refusals are written.
type codec interface {
	contentType() string
	// read fills in the call, as far as it can.
	read(c *call, r *http.Request) error
	answer(c *call, out any) []byte
	refuse(c *call, h http.Header, e *Error) (status int, body []byte)
}

// Speaks reports whether r is a request to SQS, in either protocol.
func Speaks(r *http.Request) bool {
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		return strings.HasPrefix(target, jsonTarget)
	}
	return strings.HasPrefix(r.Header.Get("Content-Type"), formType) || r.URL.Query().Has("Action")
}

// ServeHTTP answers the AWS JSON 1.0 protocol, which is POST with X-Amz-Target
// AmazonSQS.<action>, and the AWS query protocol, which is GET or POST with the
// parameters Action and Version=2012-11-05.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protocol, c := protocolOf(r), newCall()
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	var out any
	err := protocol.read(c, r)
	if err == nil {
		out, err = c.serve(e, withEndpoint(r), c.decode)
	}
	e.answer(w, r, protocol, c, out, err)
}

func newCall() *call { return &call{id: uuid.NewString()} }

// protocolOf returns the protocol that r speaks.
func protocolOf(r *http.Request) codec {
	if r.Header.Get("X-Amz-Target") != "" {
		return jsonProtocol{}
	}
	return queryProtocol{}
}

// answer writes out, or err in its place.
func (e *Engine) answer(w http.ResponseWriter, r *http.Request, protocol codec, c *call, out any, err error) {
	status, body := http.StatusOK, []byte(nil)
	if err == nil {
		body = protocol.answer(c, out)
	} else {
		status, body = protocol.refuse(c, w.Header(), e.refusal(r.Context(), c.action, err))
	}
	h := w.Header()
	h.Set("Content-Type", protocol.contentType())
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Requestid", c.id)
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}

// endpointKey is the context key of where a client sent its request: a URL.
type endpointKey struct{}

// withEndpoint tells the context of a request over a socket where it was sent.
func withEndpoint(r *http.Request) context.Context {
	if r.Context().Value(http.ServerContextKey) == nil || r.Host == "" {
		return r.Context()
	}
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	return context.WithValue(r.Context(), endpointKey{}, scheme+r.Host)
}

// refusal returns what a client is told of an error.
func (e *Engine) refusal(ctx context.Context, action string, err error) *Error {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal
	}
	e.options.Logger.ErrorContext(ctx, "sqs request failed", "action", action, "error", err)
	return &Error{Name: "InternalFailure", Message: "The request failed; see the log.", Status: http.StatusInternalServerError}
}

// readBody reads a request's body, which is bounded.
func readBody(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errBodyTooLarge
	case err != nil:
		return nil, errBodyEnded
	}
	return body, nil
}

// Refusals of a body.
var (
	errBodyTooLarge = &Error{Name: "RequestEntityTooLarge", Message: "The request body is too large.", Status: http.StatusRequestEntityTooLarge}
	errBodyEnded    = refuse("SerializationException", "The request body ended early.")
)
