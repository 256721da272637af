package sqs

import (
	"context"
	"encoding/json"
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

// operation serves one action: a JSON body in, an answer to encode out.
type operation func(e *Engine, ctx context.Context, body []byte) (any, error)

func op[In any](f func(*Engine, context.Context, In) (any, error)) operation {
	return func(e *Engine, ctx context.Context, body []byte) (any, error) {
		var in In
		if err := json.Unmarshal(body, &in); err != nil {
			return nil, serialization(err)
		}
		return f(e, ctx, in)
	}
}

// serialization describes a body that does not fit the shape, without repeating it.
func serialization(err error) *Error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return refuse("SerializationException", "%s can not be converted to the type of %s", t.Value, t.Field)
	}
	return refuse("SerializationException", "The request body is not a JSON object.")
}

var operations = map[string]operation{
	"ChangeMessageVisibility":      op((*Engine).changeMessageVisibility),
	"ChangeMessageVisibilityBatch": op((*Engine).changeMessageVisibilityBatch),
	"CreateQueue":                  op((*Engine).createQueue),
	"DeleteMessage":                op((*Engine).deleteMessage),
	"DeleteMessageBatch":           op((*Engine).deleteMessageBatch),
	"DeleteQueue":                  op((*Engine).deleteQueue),
	"GetQueueAttributes":           op((*Engine).getQueueAttributes),
	"GetQueueUrl":                  op((*Engine).getQueueURL),
	"ListDeadLetterSourceQueues":   op((*Engine).listDeadLetterSourceQueues),
	"ListQueueTags":                op((*Engine).listQueueTags),
	"ListQueues":                   op((*Engine).listQueues),
	"PurgeQueue":                   op((*Engine).purgeQueue),
	"ReceiveMessage":               op((*Engine).receiveMessage),
	"SendMessage":                  op((*Engine).sendMessage),
	"SendMessageBatch":             op((*Engine).sendMessageBatch),
	"SetQueueAttributes":           op((*Engine).setQueueAttributes),
	"TagQueue":                     op((*Engine).tagQueue),
	"UntagQueue":                   op((*Engine).untagQueue),
}

// refused are actions of AWS that this engine does not have.
var refused = []string{"AddPermission", "CancelMessageMoveTask", "ListMessageMoveTasks", "RemovePermission", "StartMessageMoveTask"}

// ServeHTTP answers the AWS JSON 1.0 protocol: POST with X-Amz-Target AmazonSQS.<action>.
func (e *Engine) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, err := e.serve(w, r)
	status := http.StatusOK
	if err != nil {
		status, out = e.explain(w, r, err)
	}
	var body []byte
	if out != nil {
		body = encode(out)
	}
	h := w.Header()
	h.Set("Content-Type", "application/x-amz-json-1.0")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Amzn-Requestid", uuid.NewString())
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody to tell
}

func (e *Engine) serve(w http.ResponseWriter, r *http.Request) (any, error) {
	action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	serve := operations[action]
	switch {
	case r.Method != http.MethodPost || !ok:
		return nil, &Error{Name: "UnknownOperationException", Message: "Only POST with X-Amz-Target AmazonSQS.* is served.", Status: http.StatusNotFound}
	case serve == nil:
		for _, name := range refused {
			if name == action {
				return nil, refuse("UnsupportedOperation", "This engine does not have %s.", action)
			}
		}
		return nil, refuse("UnknownOperationException", "There is no such operation.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &Error{Name: "RequestEntityTooLarge", Message: "The request body is too large.", Status: http.StatusRequestEntityTooLarge}
	case err != nil:
		return nil, refuse("SerializationException", "The request body ended early.")
	}
	return serve(e, r.Context(), body)
}

// explain puts an error into the shape of AWS.
func (e *Engine) explain(w http.ResponseWriter, r *http.Request, err error) (status int, out any) {
	var refusal *Error
	if !errors.As(err, &refusal) {
		e.options.Logger.ErrorContext(r.Context(), "sqs request failed", "target", r.Header.Get("X-Amz-Target"), "error", err)
		refusal = &Error{Name: "InternalFailure", Message: "The request failed; see the log.", Status: http.StatusInternalServerError}
	}
	fault := ";Sender"
	if refusal.Status >= http.StatusInternalServerError {
		fault = ";Receiver"
	}
	w.Header().Set("X-Amzn-Query-Error", refusal.queryCode()+fault)
	return refusal.Status, struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{"com.amazonaws.sqs#" + refusal.Name, refusal.Message}
}

func encode(out any) []byte {
	body, err := json.Marshal(out)
	if err != nil {
		panic(err) // strings, numbers and maps of them: cannot fail
	}
	return body
}
