package geoindex

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Update changes attributes of an item that exists and has not expired, and returns it
// as it is then. No other is made: without it, the error is an [ErrNotFound].
//
// update may not name the layout's own attributes (an [ErrInvalid]); [Table.Move] changes
// the place.
func (t *Table) Update(ctx context.Context, k Key, update expression.UpdateBuilder, optFns ...func(*WriteOptions)) (Point, error) {
	e, err := t.updateExpression(k, update, writeOptions(optFns))
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
		ReturnValuesOnConditionCheckFailure: allOld,
	})
	if err != nil {
		return Point{}, fmt.Errorf("geoindex: update %s: %w", k, t.updateError(err))
	}
	return t.layout.point(out.Attributes)
}

// updateExpression is an update and its condition, that the item exists among it.
func (t *Table) updateExpression(k Key, update expression.UpdateBuilder, o WriteOptions) (expression.Expression, error) {
	if err := errors.Join(t.layout.check(k), t.checkUpdate(update)); err != nil {
		return expression.Expression{}, err
	}
	if o.absent {
		return expression.Expression{}, errAbsentIsForPut
	}
	return build(expression.NewBuilder().WithUpdate(update).WithCondition(o.with(t.exists())))
}

// checkUpdate refuses an update that names the layout's own attributes at the top level.
// It is built alone, since a condition may name them.
func (t *Table) checkUpdate(update expression.UpdateBuilder) error {
	e, err := build(expression.NewBuilder().WithUpdate(update))
	if err != nil {
		return err
	}
	for placeholder, name := range e.Names() {
		if t.layout.reserved(name) && topLevel(*e.Update(), placeholder) {
			return fmt.Errorf("%w: the update names %s, which is the layout's own", ErrInvalid, name)
		}
	}
	return nil
}

// topLevel reports whether a placeholder such as #1 stands in an expression otherwise
// than behind a dot or as the beginning of a longer one.
func topLevel(expr, placeholder string) bool {
	for i := 0; i+len(placeholder) <= len(expr); i++ {
		if expr[i:i+len(placeholder)] != placeholder || i > 0 && expr[i-1] == '.' {
			continue
		}
		if end := i + len(placeholder); end == len(expr) || expr[end] < '0' || expr[end] > '9' {
			return true
		}
	}
	return false
}

// updateError tells the item that is missing from the caller's condition that failed:
// the failure carries the old item only where there was one.
func (t *Table) updateError(err error) error {
	var failed *types.ConditionalCheckFailedException
	if errors.As(err, &failed) && (len(failed.Item) == 0 || t.expired(failed.Item)) {
		return fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return classify(err)
}
