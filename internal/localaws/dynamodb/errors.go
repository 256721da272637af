package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Errors of the Engine's direct face.
var (
	// ErrNoTable is the error for a table that does not exist.
	ErrNoTable = errors.New("dynamodb: no such table")
	// ErrNoStream is the error for a table whose stream is off.
	ErrNoStream = errors.New("dynamodb: table has no stream")
	// ErrNoShard is the error for a shard that does not exist, or no longer.
	ErrNoShard = errors.New("dynamodb: no such shard")
	// ErrCorrupt is the error of [Engine.Replay] for a record that no Engine wrote.
	ErrCorrupt = errors.New("dynamodb: damaged journal record")
)

// Namespaces of error types on the wire.
const (
	nsDynamoDB = "com.amazonaws.dynamodb.v20120810#"
	nsValidate = "com.amazon.coral.validate#"
	nsService  = "com.amazon.coral.service#"
)

// apiError is an answer that reports a failure, in AWS's shape.
type apiError struct {
	Type    string // with its namespace
	Message string
	Status  int
	Item    Image          // of ConditionalCheckFailedException
	Reasons []Cancellation // of TransactionCanceledException

	whole bool // the answer to a whole transaction, not the reason of one item
}

func (e *apiError) Error() string { return e.Type + ": " + e.Message }

func failure(kind, format string, args ...any) *apiError {
	return &apiError{Type: nsDynamoDB + kind, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

func invalid(format string, args ...any) *apiError {
	return &apiError{Type: nsValidate + "ValidationException", Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

// badParameter has the words with which most checks of values begin.
func badParameter(format string, args ...any) *apiError {
	return invalid("One or more parameter values were invalid: "+format, args...)
}

func serialization(message string) *apiError {
	return &apiError{Type: nsService + "SerializationException", Message: message, Status: http.StatusBadRequest}
}

// emptyKey answers a key of the table, or of the index, that is empty.
func emptyKey(kind attr.Type, name, index string) *apiError {
	word := "string"
	if kind == attr.TypeB {
		word = "binary"
	}
	err := invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty %s value. Key: %s", word, name)
	if index != "" {
		err = invalid("One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %s", word, index, name)
	}
	err.whole = true
	return err
}

// AWS's words for an item that is too large.
var (
	errItemSize   = invalid("Item size has exceeded the maximum allowed size")
	errUpdateSize = invalid("Item size to update has exceeded the maximum allowed size")
)

// tableNotFound answers a data operation on a table that does not exist.
func tableNotFound() *apiError {
	return failure("ResourceNotFoundException", "Requested resource not found")
}

func conditionFailed(old Image) *apiError {
	err := failure("ConditionalCheckFailedException", "The conditional request failed")
	err.Item = old
	return err
}

// asAPIError gives every error of an operation its answer. A status of 500 is only
// for what is the engine's own fault, such as a journal that cannot be written.
func asAPIError(err error) *apiError {
	var (
		api        *apiError
		validation *attr.ValidationError
		shape      *attr.SerializationError
	)
	switch {
	case errors.As(err, &api):
		return api
	case errors.As(err, &validation):
		return invalid("%s", validation.Message)
	case errors.As(err, &shape):
		return serialization(shape.Message)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return &apiError{Type: nsService + "RequestAbortedException", Message: "The request was aborted", Status: http.StatusBadRequest}
	}
	return &apiError{Type: nsDynamoDB + "InternalServerError", Message: "Internal server error", Status: http.StatusInternalServerError}
}

// appendJSON appends the body of the answer.
func (e *apiError) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"__type":`...)
	dst = attr.AppendString(dst, e.Type)
	if e.Message != "" {
		// Services of the coral framework spell it Message where they fail before the
		// operation; SDKs read both.
		dst = append(dst, `,"message":`...)
		dst = attr.AppendString(dst, e.Message)
	}
	if !e.Item.IsZero() {
		dst = e.Item.appendJSON(append(dst, `,"Item":`...))
	}
	if e.Reasons != nil {
		dst = append(dst, `,"CancellationReasons":[`...)
		for i, r := range e.Reasons {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = r.appendJSON(dst)
		}
		dst = append(dst, ']')
	}
	return append(dst, '}')
}
