package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
)

// jsonTarget begins the X-Amz-Target of every action.
const jsonTarget = "AmazonSQS."

// jsonProtocol is AWS JSON 1.0.
type jsonProtocol struct{}

func (jsonProtocol) contentType() string { return "application/x-amz-json-1.0" }

func (jsonProtocol) read(c *call, r *http.Request) error {
	action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), jsonTarget)
	if c.action = action; r.Method != http.MethodPost || !ok {
		return &Error{Name: "UnknownOperationException", Message: "Only POST with X-Amz-Target AmazonSQS.* is served.", Status: http.StatusNotFound}
	}
	if c.serve = operations[action]; c.serve == nil {
		return refuse("UnknownOperationException", "There is no such operation.")
	}
	body, err := readBody(r)
	c.decode = decodeJSON(body)
	return err
}

func decodeJSON(body []byte) func(into any) error {
	return func(into any) error {
		if err := json.Unmarshal(body, into); err != nil {
			return serialization(err)
		}
		return nil
	}
}

// Call does one action of the AWS JSON 1.0 protocol as ServeHTTP does, without HTTP:
// target is what X-Amz-Target has, body the JSON of a request. It returns what read makes
// of the answer: its status, its headers but those that every answer has, and its body.
func (e *Engine) Call(ctx context.Context, target string, body []byte, read func(status int, header http.Header, answer []byte) error) error {
	action := strings.TrimPrefix(target, jsonTarget)
	serve := operations[action]
	if serve == nil {
		serve = func(*Engine, context.Context, func(any) error) (any, error) {
			return nil, refuse("UnknownOperationException", "There is no such operation.")
		}
	}
	out, err := serve(e, ctx, decodeJSON(body))
	if err != nil {
		return read(e.Refusal(ctx, target, err))
	}
	return read(http.StatusOK, nil, jsonProtocol{}.answer(nil, out))
}

// Refusal returns the answer of the AWS JSON 1.0 protocol to an action that failed, as
// Call passes it on.
func (e *Engine) Refusal(ctx context.Context, target string, err error) (status int, header http.Header, answer []byte) {
	header = http.Header{}
	status, answer = jsonProtocol{}.refuse(nil, header, e.refusal(ctx, strings.TrimPrefix(target, jsonTarget), err))
	return status, header, answer
}

// serialization describes a body that does not fit the shape, without repeating it.
func serialization(err error) *Error {
	var t *json.UnmarshalTypeError
	if errors.As(err, &t) {
		return refuse("SerializationException", "%s can not be converted to the type of %s", t.Value, t.Field)
	}
	return refuse("SerializationException", "The request body is not a JSON object.")
}

func (jsonProtocol) answer(_ *call, out any) []byte {
	if out == nil {
		return nil
	}
	return encode(out)
}

// refuse names the error by its shape, and tells its code of the query protocol in a
// header, which SDKs read (trait awsQueryCompatible of the service model).
func (jsonProtocol) refuse(_ *call, h http.Header, e *Error) (int, []byte) {
	h.Set("X-Amzn-Query-Error", e.queryCode()+";"+e.fault())
	return e.Status, encode(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.shape(), e.Message})
}

func encode(out any) []byte {
	body, err := json.Marshal(out)
	if err != nil {
		panic(err) // strings, numbers and maps of them: cannot fail
	}
	return body
}
