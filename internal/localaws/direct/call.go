package direct

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// service is one service in the process.
type service struct {
	name     string
	engine   engine
	protocol smithyhttp.ClientProtocol
	errors   *smithy.TypeRegistry
}

// engine does what target and body ask for, and returns what read makes of the answer.
// It keeps nothing of body, and read nothing of the answer.
type engine func(ctx context.Context, target string, body []byte, read func(status int, header http.Header, answer []byte) error) error

// call does one operation.
func call[Out any, P interface {
	*Out
	smithy.Deserializable
}](ctx context.Context, s *service, operation *smithy.OperationSchema, in smithy.Serializable) (*Out, error) {
	out := new(Out)
	if err := s.call(ctx, operation, in, P(out)); err != nil {
		return nil, &smithy.OperationError{ServiceID: s.name, OperationName: operation.ID().Name, Err: err}
	}
	return out, nil
}

func (s *service) call(ctx context.Context, operation *smithy.OperationSchema, in smithy.Serializable, out smithy.Deserializable) error {
	if err := ctx.Err(); err != nil {
		return &smithy.CanceledError{Err: err}
	}
	request := &smithyhttp.Request{Request: &http.Request{URL: &url.URL{}, Header: make(http.Header, 4)}}
	if err := s.protocol.SerializeRequest(ctx, operation, in, request); err != nil {
		return &smithy.SerializationError{Err: err}
	}
	var body written
	if _, err := io.Copy(&body, request.GetStream()); err != nil {
		return &smithy.SerializationError{Err: err}
	}
	return s.engine(ctx, request.Header.Get("X-Amz-Target"), body, func(status int, header http.Header, answer []byte) error {
		response := &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(answer))}
		return s.protocol.DeserializeResponse(ctx, operation, s.errors, &smithyhttp.Response{Response: response}, out)
	})
}

// written is what was written to it, without a copy where that came in one piece.
type written []byte

func (w *written) Write(p []byte) (int, error) {
	if *w == nil {
		*w = p[:len(p):len(p)]
	} else {
		*w = append(*w, p...)
	}
	return len(p), nil
}
