package topic

import "errors"

// Reasons why a topic or filter is refused; errors of this package wrap one.
var (
	// ErrSyntax: empty, not UTF-8, a NUL, or a wildcard where none may stand.
	ErrSyntax = errors.New("topic: syntax")
	// ErrTooLong: more than MaxBytes bytes or more than MaxSlashes slashes.
	ErrTooLong = errors.New("topic: too long")
	// ErrUnknown: a well-formed topic that is none of this application's.
	ErrUnknown = errors.New("topic: unknown")
	// ErrParameter: a cell, question or account that is not spelled as one.
	ErrParameter = errors.New("topic: parameter")
)
