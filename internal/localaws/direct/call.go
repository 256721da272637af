package direct

import (
	"bytes"
	"context"
	"io"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// service is one service in the process.
type service struct {
	name     string
	serve    serve
	protocol smithyhttp.ClientProtocol // for answers
	errors   *smithy.TypeRegistry
}

// serve does what target and body ask for, and returns what read makes of the answer.
// It keeps nothing of body, and read nothing of the answer.
type serve func(ctx context.Context, target string, body []byte, read func(status int, header http.Header, answer []byte) error) error

// operation is one of a service's, by its schema and its X-Amz-Target.
type operation struct {
	*smithy.OperationSchema
	target string
}

// operations returns how a service's operations are made of their schemas.
func operations(service *smithy.ServiceSchema) func(op, in, out *smithy.Schema) operation {
	return func(op, in, out *smithy.Schema) operation {
		return operation{smithy.NewOperationSchema(op, in, out), service.Schema.ID().Name + "." + op.ID().Name}
	}
}

// call does one operation.
func call[Out any, P interface {
	*Out
	smithy.Deserializable
}](ctx context.Context, s *service, op operation, in smithy.Serializable) (*Out, error) {
	out := new(Out)
	if err := s.call(ctx, op, in, P(out)); err != nil {
		return nil, s.fail(op, err)
	}
	return out, nil
}

// fail tells which operation failed.
func (s *service) fail(op operation, err error) error {
	return &smithy.OperationError{ServiceID: s.name, OperationName: op.ID().Name, Err: err}
}

func (s *service) call(ctx context.Context, op operation, in smithy.Serializable, out smithy.Deserializable) error {
	if err := ctx.Err(); err != nil {
		return &smithy.CanceledError{Err: err}
	}
	body := takeWriter()
	defer body.giveBack()
	in.Serialize(body)
	return s.serve(ctx, op.target, body.Bytes(), func(status int, header http.Header, answer []byte) error {
		return s.read(ctx, op, out, status, header, answer)
	})
}

// read reads an answer: into out, or as the error that it is.
func (s *service) read(ctx context.Context, op operation, out smithy.Deserializable, status int, header http.Header, answer []byte) error {
	response := &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(bytes.NewReader(answer))}
	err := s.protocol.DeserializeResponse(ctx, op.OperationSchema, s.errors, &smithyhttp.Response{Response: response}, out)
	if err != nil && ctx.Err() != nil { // whatever the service says of it
		return &smithy.CanceledError{Err: ctx.Err()}
	}
	return err
}
