package geoindex

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// WriteOptions configure Put, Update and Delete.
type WriteOptions struct {
	// Condition must hold on the item as it is for the write to be done; otherwise
	// the error is an [ErrConditionFailed].
	Condition expression.ConditionBuilder

	absent bool
}

// IfAbsent makes a Put fail with [ErrExists], which is an [ErrConditionFailed] too, where
// the item exists and has not expired.
func IfAbsent(o *WriteOptions) { o.absent = true }

func writeOptions(optFns []func(*WriteOptions)) WriteOptions {
	var o WriteOptions
	for _, fn := range optFns {
		fn(&o)
	}
	return o
}

// with joins a condition of the table's and the caller's, if there is one.
func (o *WriteOptions) with(condition expression.ConditionBuilder) expression.ConditionBuilder {
	if o.Condition.IsSet() {
		return condition.And(o.Condition)
	}
	return condition
}

var errAbsentIsForPut = fmt.Errorf("%w: IfAbsent is for Put", ErrInvalid)

// allOld asks for the item that a condition did not hold on.
const allOld = types.ReturnValuesOnConditionCheckFailureAllOld

// Put stores p and replaces the item that has its key.
func (t *Table) Put(ctx context.Context, p Point, optFns ...func(*WriteOptions)) error {
	item, err := t.Item(p)
	if err != nil {
		return err
	}
	o := writeOptions(optFns)
	e, err := t.putCondition(o)
	if err != nil {
		return err
	}
	_, err = t.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           &t.name,
		Item:                                item,
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValuesOnConditionCheckFailure: allOld,
	})
	if err != nil {
		return fmt.Errorf("geoindex: put %s: %w", p.Key, t.putError(o, err))
	}
	return nil
}

// putCondition returns an expression that may be empty.
func (t *Table) putCondition(o WriteOptions) (expression.Expression, error) {
	switch {
	case o.absent:
		return build(expression.NewBuilder().WithCondition(o.with(t.absent())))
	case o.Condition.IsSet():
		return build(expression.NewBuilder().WithCondition(o.Condition))
	}
	return expression.Expression{}, nil
}

// putError tells the item that should not have been there from the caller's condition.
func (t *Table) putError(o WriteOptions, err error) error {
	var failed *types.ConditionalCheckFailedException
	if o.absent && errors.As(err, &failed) && len(failed.Item) > 0 && !t.expired(failed.Item) {
		return fmt.Errorf("%w: %w", ErrExists, classify(err))
	}
	return classify(err)
}

// Delete removes an item. Deleting what does not exist succeeds, unless a condition
// says otherwise.
func (t *Table) Delete(ctx context.Context, k Key, optFns ...func(*WriteOptions)) error {
	e, err := t.deleteCondition(k, writeOptions(optFns))
	if err != nil {
		return err
	}
	_, err = t.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                           &t.name,
		Key:                                 t.PrimaryKey(k),
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValuesOnConditionCheckFailure: allOld,
	})
	if err != nil {
		return fmt.Errorf("geoindex: delete %s: %w", k, classify(err))
	}
	return nil
}

// deleteCondition returns an expression that may be empty.
func (t *Table) deleteCondition(k Key, o WriteOptions) (expression.Expression, error) {
	if err := t.layout.check(k); err != nil {
		return expression.Expression{}, err
	}
	if o.absent {
		return expression.Expression{}, errAbsentIsForPut
	}
	return t.putCondition(o)
}

// build reports what the caller put together wrongly as ErrInvalid.
func build(b expression.Builder) (expression.Expression, error) {
	e, err := b.Build()
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return e, nil
}
