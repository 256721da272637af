package direct

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"
)

// TestContextEndsDuringCall: the error is the context's, not what the service says of a
// request that was given up.
func TestContextEndsDuringCall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := &service{
		name: "service", protocol: awsjson.New10(schemas.DynamoDB_20120810), errors: dynamodb.TypeRegistry,
		serve: func(_ context.Context, _ string, _ []byte, read func(int, http.Header, []byte) error) error {
			cancel()
			return read(http.StatusBadRequest, nil, []byte(`{"__type":"RequestAbortedException"}`))
		},
	}
	if _, err := call[dynamodb.PutItemOutput](ctx, s, putItem, &dynamodb.PutItemInput{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
