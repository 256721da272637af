package geoindex

import (
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// PutMember returns [Table.Put] as a member of a caller's own transaction, so that points
// and what belongs to them in other tables are written together or not at all.
//
// DynamoDB answers a transaction that fails with a *types.TransactionCanceledException,
// whose reasons come in the order of the members.
func (t *Table) PutMember(p Point, optFns ...func(*WriteOptions)) (types.TransactWriteItem, error) {
	item, err := t.Item(p)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	e, err := t.putCondition(writeOptions(optFns))
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	return types.TransactWriteItem{Put: &types.Put{
		TableName:                           &t.name,
		Item:                                item,
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValuesOnConditionCheckFailure: allOld,
	}}, nil
}

// DeleteMember returns [Table.Delete] as a member of a caller's own transaction.
func (t *Table) DeleteMember(k Key, optFns ...func(*WriteOptions)) (types.TransactWriteItem, error) {
	e, err := t.deleteCondition(k, writeOptions(optFns))
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName:                           &t.name,
		Key:                                 t.PrimaryKey(k),
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValuesOnConditionCheckFailure: allOld,
	}}, nil
}

// UpdateMember returns [Table.Update] as a member of a caller's own transaction: the
// transaction fails where the item does not exist or has expired.
func (t *Table) UpdateMember(k Key, update expression.UpdateBuilder, optFns ...func(*WriteOptions)) (types.TransactWriteItem, error) {
	e, err := t.updateExpression(k, update, writeOptions(optFns))
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                           &t.name,
		Key:                                 t.PrimaryKey(k),
		UpdateExpression:                    e.Update(),
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValuesOnConditionCheckFailure: allOld,
	}}, nil
}

// CheckMember returns a member of a caller's own transaction that writes nothing: the
// transaction fails unless the item exists, has not expired, and WriteOptions.Condition
// holds on it; with [IfAbsent], unless there is no such item.
func (t *Table) CheckMember(k Key, optFns ...func(*WriteOptions)) (types.TransactWriteItem, error) {
	if err := t.layout.check(k); err != nil {
		return types.TransactWriteItem{}, err
	}
	o := writeOptions(optFns)
	condition := t.exists()
	if o.absent {
		condition = t.absent()
	}
	e, err := build(expression.NewBuilder().WithCondition(o.with(condition)))
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName:                           &t.name,
		Key:                                 t.PrimaryKey(k),
		ConditionExpression:                 e.Condition(),
		ExpressionAttributeNames:            e.Names(),
		ExpressionAttributeValues:           e.Values(),
		ReturnValuesOnConditionCheckFailure: allOld,
	}}, nil
}
