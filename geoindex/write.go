package geoindex

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// WriteOptions configure Put, Update and Delete.
type WriteOptions struct {
	// Condition must hold on the item as it is for the write to be done; otherwise
	// the error is an [ErrConditionFailed].
	Condition expression.ConditionBuilder
}

// IfAbsent makes a Put fail with [ErrConditionFailed] where the item exists.
func IfAbsent(o *WriteOptions) { o.Condition = expression.Name(partitionKey).AttributeNotExists() }

func writeOptions(optFns []func(*WriteOptions)) WriteOptions {
	var o WriteOptions
	for _, fn := range optFns {
		fn(&o)
	}
	return o
}

// Put stores p and replaces the item that has its key.
func (t *Table) Put(ctx context.Context, p Point, optFns ...func(*WriteOptions)) error {
	item, err := t.Item(p)
	if err != nil {
		return err
	}
	in := &dynamodb.PutItemInput{TableName: &t.name, Item: item}
	if o := writeOptions(optFns); o.Condition.IsSet() {
		e, err := build(expression.NewBuilder().WithCondition(o.Condition))
		if err != nil {
			return err
		}
		in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues = e.Condition(), e.Names(), e.Values()
	}
	if _, err := t.client.PutItem(ctx, in); err != nil {
		return fmt.Errorf("geoindex: put %s: %w", p.Key, classify(err))
	}
	return nil
}

// Update changes attributes of an item that exists and returns it as it is then. The
// layout's own attributes cannot be changed: to move a point, delete and put it. An
// item that does not exist is an [ErrNotFound]; none is made.
func (t *Table) Update(ctx context.Context, k Key, update expression.UpdateBuilder, optFns ...func(*WriteOptions)) (Point, error) {
	if err := k.Validate(); err != nil {
		return Point{}, err
	}
	condition := expression.Name(partitionKey).AttributeExists()
	if o := writeOptions(optFns); o.Condition.IsSet() {
		condition = condition.And(o.Condition)
	}
	e, err := build(expression.NewBuilder().WithUpdate(update).WithCondition(condition))
	if err != nil {
		return Point{}, err
	}
	out, err := t.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &t.name,
		Key:                                 t.PrimaryKey(k),
		UpdateExpression:                    e.Update(),
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err != nil {
		return Point{}, fmt.Errorf("geoindex: update %s: %w", k, updateError(err))
	}
	return t.ParseItem(out.Attributes)
}

// updateError tells the item that is missing from the caller's condition that failed:
// the failure carries the old item only where there was one.
func updateError(err error) error {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) && len(failed.Item) == 0 {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return classify(err)
}

// Delete removes an item. Deleting what does not exist succeeds, unless a condition
// says otherwise.
func (t *Table) Delete(ctx context.Context, k Key, optFns ...func(*WriteOptions)) error {
	if err := k.Validate(); err != nil {
		return err
	}
	in := &dynamodb.DeleteItemInput{TableName: &t.name, Key: t.PrimaryKey(k)}
	if o := writeOptions(optFns); o.Condition.IsSet() {
		e, err := build(expression.NewBuilder().WithCondition(o.Condition))
		if err != nil {
			return err
		}
		in.ConditionExpression, in.ExpressionAttributeNames, in.ExpressionAttributeValues = e.Condition(), e.Names(), e.Values()
	}
	if _, err := t.client.DeleteItem(ctx, in); err != nil {
		return fmt.Errorf("geoindex: delete %s: %w", k, classify(err))
	}
	return nil
}

// build reports what the caller put together wrongly as ErrInvalid.
func build(b expression.Builder) (expression.Expression, error) {
	e, err := b.Build()
	if err != nil {
		return e, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return e, nil
}

// GetOptions configure Get.
type GetOptions struct {
	// ConsistentRead sees every write acknowledged before; it costs twice the read units.
	ConsistentRead bool
}

// Get returns an item. One that does not exist or has expired is an [ErrNotFound].
func (t *Table) Get(ctx context.Context, k Key, optFns ...func(*GetOptions)) (Point, error) {
	if err := k.Validate(); err != nil {
		return Point{}, err
	}
	var o GetOptions
	for _, fn := range optFns {
		fn(&o)
	}
	out, err := t.client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &t.name, Key: t.PrimaryKey(k), ConsistentRead: aws.Bool(o.ConsistentRead)})
	if err != nil {
		return Point{}, fmt.Errorf("geoindex: get %s: %w", k, classify(err))
	}
	if out.Item == nil || t.expired(out.Item) {
		return Point{}, fmt.Errorf("%w: %s", ErrNotFound, k)
	}
	return t.ParseItem(out.Item)
}
