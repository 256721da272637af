package askaround

import (
	"errors"
	"fmt"
	"strings"
)

// Conditions that callers can test for with errors.Is.
var (
	// ErrInvalid: the request breaks a rule; nothing was stored. The error is a
	// [*ValidationError] that names each fault.
	ErrInvalid = errors.New("askaround: invalid request")
	// ErrNotFound: there is no such question, answer or operation, it has expired, or
	// it is not the caller's.
	ErrNotFound = errors.New("askaround: not found")
	// ErrIdempotencyConflict: the key was used before, for another request. Nothing
	// was stored. Use a new key.
	ErrIdempotencyConflict = errors.New("askaround: idempotency key was used for another request")
	// ErrQuota: the account has asked for more than its share. Nothing was stored. The
	// error is a [*QuotaError] that says when to try again.
	ErrQuota = errors.New("askaround: quota used up")
	// ErrForbidden: only who asked a question may change it.
	ErrForbidden = errors.New("askaround: only its author may do this")
	// ErrWatchListFull: take a question off the watch list first.
	ErrWatchListFull = errors.New("askaround: the watch list is full")
	// ErrUnavailable: a table or queue did not answer. A write is in limbo: it was
	// not acknowledged, and may be repeated safely with the same idempotency key.
	ErrUnavailable = errors.New("askaround: temporarily unavailable")
	// ErrOptions: a constructor was given what cannot work.
	ErrOptions = errors.New("askaround: invalid options")
)

// FieldError is one fault of a request.
type FieldError struct {
	Pointer string `json:"pointer"` // JSON pointer into the request ("/location/lat"), or of a query parameter ("/radius")
	Detail  string `json:"detail"`  // what is wrong and what to do
}

// ValidationError lists what is wrong with a request. It is an [ErrInvalid].
type ValidationError struct {
	Fields []FieldError // in the request's order; at least one
}

func (e *ValidationError) Error() string {
	var b strings.Builder
	b.WriteString(ErrInvalid.Error())
	for i, f := range e.Fields {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		fmt.Fprintf(&b, "%s%s: %s", sep, f.Pointer, f.Detail)
	}
	return b.String()
}

// Is reports that e is an [ErrInvalid].
func (e *ValidationError) Is(target error) bool { return target == ErrInvalid }
