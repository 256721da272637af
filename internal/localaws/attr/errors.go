package attr

import (
	"errors"
	"fmt"
)

// ValidationError is a request that DynamoDB answers with a
// ValidationException. Message holds AWS's words without the prefix that some
// operations put in front of them.
type ValidationError struct {
	Message string
}

func (e *ValidationError) Error() string { return e.Message }

// SerializationError is a request body that does not have the shape of the
// operation's input: DynamoDB answers it with a SerializationException, before
// it looks at any value.
type SerializationError struct {
	Message string
}

func (e *SerializationError) Error() string { return e.Message }

// Invalidf returns a [ValidationError] with a formatted message.
func Invalidf(format string, args ...any) *ValidationError {
	return &ValidationError{Message: fmt.Sprintf(format, args...)}
}

// ErrCorrupt is the error of [CutPacked] for bytes that [AppendBinary] did
// not write.
var ErrCorrupt = errors.New("attr: corrupt binary item")
