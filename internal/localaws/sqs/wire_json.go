package sqs

import (
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
	c.decode = func(into any) error {
		if err := json.Unmarshal(body, into); err != nil {
			return serialization(err)
		}
		return nil
	}
	return err
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
