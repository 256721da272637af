package geoindex

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// Conditions that callers test for with errors.Is.
var (
	// ErrInvalid reports an argument or option out of range. Nothing was sent.
	ErrInvalid = errors.New("geoindex: invalid")
	// ErrNotFound reports that there is no such item, or that it has expired.
	ErrNotFound = errors.New("geoindex: not found")
	// ErrExists reports that the table exists already.
	ErrExists = errors.New("geoindex: table exists")
	// ErrConditionFailed reports that the caller's condition did not hold. Nothing
	// was changed.
	ErrConditionFailed = errors.New("geoindex: condition failed")
	// ErrThrottled reports that DynamoDB refused for lack of capacity after all the
	// client's own retries. A write was not done.
	ErrThrottled = errors.New("geoindex: throttled")
	// ErrCorrupt reports an item that this package did not write.
	ErrCorrupt = errors.New("geoindex: item is not of this layout")
)

// classify adds this package's condition to an error of the client.
func classify(err error) error {
	var condition *types.ConditionalCheckFailedException
	var inUse *types.ResourceInUseException
	var api smithy.APIError
	switch {
	case errors.As(err, &condition):
		return fmt.Errorf("%w: %w", ErrConditionFailed, err)
	case errors.As(err, &inUse):
		return fmt.Errorf("%w: %w", ErrExists, err)
	case errors.As(err, &api):
		switch api.ErrorCode() {
		case "ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded":
			return fmt.Errorf("%w: %w", ErrThrottled, err)
		}
	}
	return err
}
