package dynamodb

import (
	"context"
	"errors"
	"reflect"
)

// ErrMalformed is the error of the operations below for an input that breaks a constraint
// of its members. The answer to that repeats the request in its own words: [Engine.Call]
// gives it.
var ErrMalformed = errors.New("dynamodb: the input breaks a constraint")

// typed makes of a method what [Engine.Call] does between JSON and JSON.
func typed[In, Out any](fn func(*Engine, context.Context, *In) (*Out, error)) func(*Engine, context.Context, *In) (*Out, error) {
	shape := shapeOf(reflect.TypeFor[In](), "")
	return func(e *Engine, ctx context.Context, in *In) (*Out, error) {
		if shape.check(in) != nil {
			return nil, ErrMalformed
		}
		return fn(e, ctx, in)
	}
}

var (
	typedPut      = typed((*Engine).putItem)
	typedUpdate   = typed((*Engine).updateItem)
	typedDelete   = typed((*Engine).deleteItem)
	typedGet      = typed((*Engine).getItem)
	typedBatchGet = typed((*Engine).batchGet)
	typedQuery    = typed((*Engine).query)
	typedTransact = typed((*Engine).transactWrite)
)

// PutItem does the operation of this name, for callers in the process that have values
// instead of JSON. What errors are told as is for [Engine.Refusal] to say, except
// [ErrMalformed].
func (e *Engine) PutItem(ctx context.Context, in *PutItemInput) (*WriteOutput, error) {
	return typedPut(e, ctx, in)
}

// UpdateItem is like PutItem.
func (e *Engine) UpdateItem(ctx context.Context, in *KeyedInput) (*WriteOutput, error) {
	return typedUpdate(e, ctx, in)
}

// DeleteItem is like PutItem.
func (e *Engine) DeleteItem(ctx context.Context, in *KeyedInput) (*WriteOutput, error) {
	return typedDelete(e, ctx, in)
}

// GetItem is like PutItem.
func (e *Engine) GetItem(ctx context.Context, in *GetItemInput) (*GetItemOutput, error) {
	return typedGet(e, ctx, in)
}

// BatchGetItem is like PutItem.
func (e *Engine) BatchGetItem(ctx context.Context, in *BatchGetInput) (*BatchGetOutput, error) {
	return typedBatchGet(e, ctx, in)
}

// Query is like PutItem, but the page's items are still those of the input's values.
func (e *Engine) Query(ctx context.Context, in *QueryInput) (*PageOutput, error) {
	return typedQuery(e, ctx, in)
}

// TransactWriteItems is like PutItem.
func (e *Engine) TransactWriteItems(ctx context.Context, in *TransactWriteInput) (*TransactWriteOutput, error) {
	return typedTransact(e, ctx, in)
}

// ConditionFailed returns the members of a ConditionalCheckFailedException; ok is false
// where err is told as something else.
func ConditionFailed(err error) (message string, item Image, ok bool) {
	api := asAPIError(err)
	return api.Message, api.Item, api.Type == nsDynamoDB+"ConditionalCheckFailedException"
}

// TransactionCanceled returns the members of a TransactionCanceledException; ok is false
// where err is told as something else.
func TransactionCanceled(err error) (message string, reasons []Cancellation, ok bool) {
	api := asAPIError(err)
	return api.Message, api.Reasons, api.Type == nsDynamoDB+"TransactionCanceledException"
}

// Refusal returns the answer to an operation that failed: its HTTP status and body.
// target is what X-Amz-Target would have.
func (e *Engine) Refusal(ctx context.Context, target string, err error) (status int, body []byte) {
	return e.status(ctx, target, nil, err)
}
