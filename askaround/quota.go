package askaround

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Quotas bound what one account may ask for, over all servers: the count is in the
// Operations table, and goes up in one transaction with the operation that it counts. A
// repeated idempotency key counts once.

// A Quota is the most requests of one account within each whole hour of UTC; 0 is no
// bound, and saves the transaction.
type Quota struct {
	Asks    int // Ask
	Answers int // Answer and Withdraw together
}

// QuotaError says that the account has used up its quota. It is an [ErrQuota].
type QuotaError struct {
	Quota int           // requests per hour
	Retry time.Duration // when there will be a new one
}

func (e *QuotaError) Error() string {
	return fmt.Sprintf("%v of %d an hour: try again in %v", ErrQuota, e.Quota, e.Retry)
}

// Is reports that e is an [ErrQuota].
func (e *QuotaError) Is(target error) bool { return target == ErrQuota }

const (
	quotaWindow = time.Hour
	attrCount   = "count"
)

// of returns the bound for one kind of operation, and the name that it is counted under.
func (q Quota) of(kind OperationKind) (most int, name string) {
	if kind == OperationAsk {
		return q.Asks, "asks"
	}
	return q.Answers, "answers"
}

// quotaUpdate counts one operation, on condition that there is room for it.
func (s *Service) quotaUpdate(r operationRecord, most int, name string, now time.Time) *types.Update {
	window := now.UTC().Truncate(quotaWindow)
	e := newExpr()
	e.add(attrCount, 1)
	e.assign(e.path(attrExpiresAt), num(window.Add(2*quotaWindow).Unix()))
	count := e.name(attrCount)
	condition := "attribute_not_exists(" + count + ") OR " + count + " < " + e.value(num(int64(most)))
	// No operation can have this id: it is no base 32.
	id := "quota/" + name + "/" + string(r.account) + "/" + strconv.FormatInt(window.Unix(), 10)
	return &types.Update{
		TableName: &s.resources.Operations, Key: operationKey(OperationID(id)),
		UpdateExpression: e.update(), ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}
}

// overQuota returns the error when the quota's condition canceled the transaction, whose
// items are the operation and the quota; nil when it was something else.
func overQuota(err error, most int, now time.Time) error {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || len(canceled.CancellationReasons) != 2 || code(canceled.CancellationReasons[1]) != conditionFailed {
		return nil
	}
	now = now.UTC()
	return &QuotaError{Quota: most, Retry: now.Truncate(quotaWindow).Add(quotaWindow).Sub(now)}
}
