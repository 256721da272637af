package sqs

import (
	"errors"
	"fmt"
	"net/http"
)

// ErrClosed is what waiting receivers get from Close, and later ones at once.
var ErrClosed = errors.New("sqs: closed")

// Error is a refusal as AWS words it.
type Error struct {
	Name    string // of the shape: "QueueDoesNotExist"
	Message string
	Status  int // HTTP
}

func (e *Error) Error() string { return "sqs: " + e.Name + ": " + e.Message }

// Is matches errors with the same name, so that errors.Is(err, ErrQueueDoesNotExist)
// holds whatever the message.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Name == e.Name
}

// ErrQueueDoesNotExist is matched by the refusal of an unknown queue.
var ErrQueueDoesNotExist = refuse("QueueDoesNotExist", "The specified queue does not exist.")

// queryCodes are the codes that the older Query protocol used where they differ from
// the shape's name (trait awsQueryError of the service model). botocore shows these.
var queryCodes = map[string]string{
	"BatchEntryIdsNotDistinct":     "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
	"BatchRequestTooLong":          "AWS.SimpleQueueService.BatchRequestTooLong",
	"EmptyBatchRequest":            "AWS.SimpleQueueService.EmptyBatchRequest",
	"InvalidBatchEntryId":          "AWS.SimpleQueueService.InvalidBatchEntryId",
	"MessageNotInflight":           "AWS.SimpleQueueService.MessageNotInflight",
	"PurgeQueueInProgress":         "AWS.SimpleQueueService.PurgeQueueInProgress",
	"QueueDoesNotExist":            "AWS.SimpleQueueService.NonExistentQueue",
	"QueueNameExists":              "QueueAlreadyExists",
	"TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
	"UnsupportedOperation":         "AWS.SimpleQueueService.UnsupportedOperation",
}

// shape is the full name of the error.
func (e *Error) shape() string {
	if _, ok := frontDoor[e.Name]; ok {
		return "com.amazon.coral.service#" + e.Name
	}
	return "com.amazonaws.sqs#" + e.Name
}

func (e *Error) queryCode() string {
	if door, ok := frontDoor[e.Name]; ok {
		return door.queryCode
	}
	if code, ok := queryCodes[e.Name]; ok {
		return code
	}
	return e.Name
}

// queryStatuses are the statuses that the query protocol uses where they are not 400 (the
// same trait).
var queryStatuses = map[string]int{
	"InvalidAddress":            http.StatusNotFound,
	"OverLimit":                 http.StatusForbidden,
	"PurgeQueueInProgress":      http.StatusForbidden,
	"ReceiptHandleIsInvalid":    http.StatusNotFound,
	"ResourceNotFoundException": http.StatusNotFound,
}

func (e *Error) queryStatus() int {
	if status, ok := queryStatuses[e.Name]; ok {
		return status
	}
	return e.Status
}

// fault is whose it was.
func (e *Error) fault() string {
	if e.Status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

func refuse(name, format string, args ...any) *Error {
	return &Error{Name: name, Message: fmt.Sprintf(format, args...), Status: http.StatusBadRequest}
}

func invalidParameter(format string, args ...any) *Error {
	return refuse("InvalidParameterValue", format, args...)
}

// outOfRange is AWS's sentence for a number outside its range.
func outOfRange(value any, parameter, reason string) *Error {
	return invalidParameter("Value %v for parameter %s is invalid. Reason: %s.", value, parameter, reason)
}

func missingParameter(name string) *Error {
	return refuse("MissingParameter", "The request must contain the parameter %s.", name)
}

func invalidHandle(handle string) *Error {
	return refuse("ReceiptHandleIsInvalid", "The input receipt handle %q is not a valid receipt handle.", shorten(handle))
}

// shorten keeps client text in messages to a size that fits a log line.
func shorten(s string) string {
	const limit = 200
	if len(s) <= limit {
		return s
	}
	return s[:limit] + "..."
}
