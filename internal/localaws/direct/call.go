package direct

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/askaround/askaround-go/internal/inprocess"
)

// service is one service in the process.
type service struct {
	name     string
	handler  *inprocess.Client
	protocol smithyhttp.ClientProtocol
	errors   *smithy.TypeRegistry
}

// endpoint stands where a request has the address of its service. Queues have it in
// their URLs.
var endpoint = url.URL{Scheme: "http", Host: "localaws.invalid", Path: "/"}

// notSigned stands where a request has its signature: the engines want to see one.
var notSigned = []string{"in process"}

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
	to := endpoint
	request := &smithyhttp.Request{Request: &http.Request{URL: &to, Host: endpoint.Host, Header: http.Header{"Authorization": notSigned}}}
	if err := s.protocol.SerializeRequest(ctx, operation, in, request); err != nil {
		return &smithy.SerializationError{Err: err}
	}
	r := request.WithContext(ctx)
	r.Body = io.NopCloser(request.GetStream())
	if n, known, err := request.StreamLength(); err == nil && known {
		r.ContentLength = n
	}
	response, err := s.handler.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return s.protocol.DeserializeResponse(ctx, operation, s.errors, &smithyhttp.Response{Response: response}, out)
}
