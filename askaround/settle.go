package askaround

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/askaround/topic"
)

// An operation is settled once: from pending to succeeded, in one transaction with its
// effect, or to failed, without any. Whoever processes the message again, after
// a crash or beside a slow worker, finds it settled and only repeats the news.

// effect settles m's operation as succeeded and does put, both or neither, then tells
// the account. Where put's condition does not hold, nothing is done and the item that is
// in the way is returned.
func (w *Worker) effect(ctx context.Context, m message, put types.Put) (inTheWay item, err error) {
	e, condition := settlement(m, StatusSucceeded, nil, w.options.Clock())
	put.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Update: &types.Update{
			TableName:                           &w.resources.Operations,
			Key:                                 operationKey(m.Operation),
			UpdateExpression:                    e.update(),
			ConditionExpression:                 &condition,
			ExpressionAttributeNames:            e.names,
			ExpressionAttributeValues:           e.values,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}},
		{Put: &put},
	}}
	_, err = w.db.TransactWriteItems(ctx, in)
	var canceled *types.TransactionCanceledException
	switch {
	case err == nil:
		return nil, w.tell(ctx, m.Account, m.settled(StatusSucceeded, nil, w.options.Clock()))
	case !errors.As(err, &canceled) || len(canceled.CancellationReasons) != len(in.TransactItems):
		return nil, unavailable("store", err)
	}
	operation, effect := canceled.CancellationReasons[0], canceled.CancellationReasons[1]
	switch {
	case code(operation) == conditionFailed:
		return nil, w.retell(ctx, m, operation.Item)
	case code(effect) == conditionFailed && effect.Item != nil:
		return effect.Item, nil
	case code(effect) == "ValidationError" || code(operation) == "ValidationError":
		return nil, poisonf("DynamoDB refuses the item: %v", err)
	}
	return nil, unavailable("store", err) // a conflict, or throttling
}

// conditionFailed is the code of a part of a transaction whose condition does not hold.
const conditionFailed = "ConditionalCheckFailed"

func code(r types.CancellationReason) string {
	if r.Code == nil {
		return ""
	}
	return *r.Code
}

// maxDetail bounds what a moderation hook may tell an author, in bytes.
const maxDetail = 1000

// truncate returns the first most bytes of s, less what would cut a character.
func truncate(s string, most int) string {
	if len(s) > most {
		s = s[:most]
	}
	return strings.ToValidUTF8(s, "")
}

// succeed settles m's operation without any further effect.
func (w *Worker) succeed(ctx context.Context, m message) error {
	return w.settle(ctx, m, StatusSucceeded, nil)
}

// fail settles m's operation as failed.
func (w *Worker) fail(ctx context.Context, m message, code FailureCode, detail string) error {
	return w.settle(ctx, m, StatusFailed, &Failure{code, truncate(detail, maxDetail)})
}

func (w *Worker) settle(ctx context.Context, m message, status OperationStatus, failure *Failure) error {
	now := w.options.Clock()
	e, condition := settlement(m, status, failure, now)
	_, err := w.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &w.resources.Operations,
		Key:                                 operationKey(m.Operation),
		UpdateExpression:                    e.update(),
		ConditionExpression:                 &condition,
		ExpressionAttributeNames:            e.names,
		ExpressionAttributeValues:           e.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err == nil {
		return w.tell(ctx, m.Account, m.settled(status, failure, now))
	}
	if it, refused := refusedItem(err); refused {
		return w.retell(ctx, m, it)
	}
	return unavailable("settle operation", err)
}

// postpone leaves m's operation pending for another attempt, by returning reason, until
// patience attempts were made; then the operation fails. It counts attempts of its own, since
// messages are also received again for other reasons: after an outage, the answer to a
// question that is next in its queue must not fail at once.
func (w *Worker) postpone(ctx context.Context, m message, patience int64, reason error, failure Failure) error {
	e, condition := pendingCondition(m)
	e.add(attrAttempts, 1)
	out, err := w.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &w.resources.Operations,
		Key:                                 operationKey(m.Operation),
		UpdateExpression:                    e.update(),
		ConditionExpression:                 &condition,
		ExpressionAttributeNames:            e.names,
		ExpressionAttributeValues:           e.values,
		ReturnValues:                        types.ReturnValueUpdatedNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if it, refused := refusedItem(err); refused {
		return w.retell(ctx, m, it)
	}
	if err != nil {
		return unavailable("count attempt", err)
	}
	if attempts, _ := integerOf(out.Attributes[attrAttempts]); attempts < patience {
		return reason
	}
	return w.fail(ctx, m, failure.Code, failure.Detail)
}

// pendingCondition returns the condition that the operation of m is pending, and really of
// m's account and question.
func pendingCondition(m message) (e *expr, condition string) {
	e = newExpr()
	return e, e.name(attrStatus) + " = " + e.value(str(string(StatusPending))) +
		" AND " + e.name(attrAccount) + " = " + e.value(str(string(m.Account))) +
		" AND " + e.name(attrQuestion) + " = " + e.value(str(string(m.Question)))
}

// settlement returns the update that settles the operation of m, and its condition.
func settlement(m message, status OperationStatus, failure *Failure, now time.Time) (e *expr, condition string) {
	e, condition = pendingCondition(m)
	e.assign(e.path(attrStatus), str(string(status)))
	e.assign(e.path(attrUpdatedAt), num(now.UnixMilli()))
	if failure != nil {
		e.assign(e.path(attrCode), str(string(failure.Code)))
		e.assign(e.path(attrDetail), str(failure.Detail))
	}
	return e, condition
}

// settled returns m's operation as settlement leaves it.
func (m message) settled(status OperationStatus, failure *Failure, now time.Time) Operation {
	op := newOperation(m).Operation
	op.Status, op.Failure = status, failure
	op.UpdatedAt = time.UnixMilli(now.UnixMilli()).UTC()
	return op
}

// retell tells the account of an operation that was settled before; it is nil when
// there is no such operation.
func (w *Worker) retell(ctx context.Context, m message, it item) error {
	if it == nil {
		return poisonf("operation %s is unknown", m.Operation)
	}
	r, err := parseOperation(it)
	switch {
	case err != nil:
		return poisonf("operation %s: %v", m.Operation, err)
	case r.account != m.Account || r.Question != m.Question:
		return poisonf("operation %s is of another account or question", m.Operation)
	case r.Status == StatusPending:
		return fmt.Errorf("%w: operation %s is pending again", ErrUnavailable, m.Operation)
	}
	return w.tell(ctx, m.Account, r.Operation)
}

// tell publishes an operation's outcome to its account.
func (w *Worker) tell(ctx context.Context, account AccountID, op Operation) error {
	t, err := topic.NewAccount(string(account))
	if err != nil {
		return poisonf("%v", err)
	}
	return w.publish(ctx, t, OperationMessage{TypeOperation, op})
}
