package geoindex

import (
	"errors"
	"fmt"
)

// Conditions that callers test for with errors.Is.
var (
	// ErrInvalid reports an argument or option out of range, or a request that DynamoDB
	// refused as wrong. Nothing was changed.
	ErrInvalid = errors.New("geoindex: invalid")
	// ErrNotFound reports that there is no such item, or that it has expired.
	ErrNotFound = errors.New("geoindex: not found")
	// ErrNoTable reports that DynamoDB does not know the table.
	ErrNoTable = errors.New("geoindex: no such table")
	// ErrExists reports that what should be new exists: a table for Create, an item for
	// Put with [IfAbsent]. It stays as it is.
	ErrExists = errors.New("geoindex: exists")
	// ErrConditionFailed reports that the condition of a write did not hold. Nothing
	// was changed. errors.As finds DynamoDB's *types.ConditionalCheckFailedException,
	// whose Item is the item as it was, nil if there was none.
	ErrConditionFailed = errors.New("geoindex: condition failed")
	// ErrConflict reports an item that another writer changed, or another transaction
	// had, at the same time. Nothing was changed: read and try again.
	ErrConflict = errors.New("geoindex: changed by another writer meanwhile")
	// ErrThrottled reports that DynamoDB refused for lack of capacity after all the
	// client's own retries. A write was not done.
	ErrThrottled = errors.New("geoindex: throttled")
	// ErrLayout reports a table whose keys or indexes are not those of the Options.
	// errors.As finds the [*LayoutError] that tells what differs.
	ErrLayout = errors.New("geoindex: table has another layout")
	// ErrCursor reports text that is no cursor of the search, or that was changed. It is
	// an [ErrInvalid] too. Nothing was read.
	ErrCursor = fmt.Errorf("%w cursor", ErrInvalid)
	// ErrBudget is what a [*BudgetError] is.
	ErrBudget = errors.New("geoindex: read-unit budget spent")
	// ErrCorrupt reports an item that this package did not write.
	ErrCorrupt = errors.New("geoindex: item is not of this layout")
)

// BudgetError ends a search that would cost more than its budget: what it yielded is good,
// but not all.
type BudgetError struct {
	Budget, Spent float64 // read units
	Cursor        string  // continues the search
}

func (e *BudgetError) Error() string {
	return fmt.Sprintf("%v: %.1f of %.1f", ErrBudget, e.Spent, e.Budget)
}

// Unwrap returns [ErrBudget].
func (e *BudgetError) Unwrap() error { return ErrBudget }

// conditions are what DynamoDB's error codes mean here ("Error handling with DynamoDB",
// "DynamoDB API error codes"). Others, among them those of the context, pass through.
var conditions = map[string]error{
	"ConditionalCheckFailedException":        ErrConditionFailed,
	"ProvisionedThroughputExceededException": ErrThrottled,
	"ThrottlingException":                    ErrThrottled,
	"RequestLimitExceeded":                   ErrThrottled,
	"TransactionConflictException":           ErrConflict,
	"TransactionInProgressException":         ErrConflict,
	"IdempotentParameterMismatchException":   ErrConflict,
	"ResourceNotFoundException":              ErrNoTable,
	"ValidationException":                    ErrInvalid,
}

// Classify adds the condition of this package, such as [ErrThrottled], to an error that a
// DynamoDB client returned for a caller's own request. Other errors it returns as they are.
func Classify(err error) error { return classify(err) }

// classify adds this package's condition to an error of the client.
func classify(err error) error {
	if condition := conditions[errorCode(err)]; condition != nil {
		return fmt.Errorf("%w: %w", condition, err)
	}
	return err
}

// errorCode returns the code of an error that DynamoDB answered, "" for others.
func errorCode(err error) string {
	var api interface{ ErrorCode() string }
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
