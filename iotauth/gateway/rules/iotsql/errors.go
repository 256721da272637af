package iotsql

import (
	"errors"
	"fmt"
)

var (
	// ErrUnsupported is in a [SyntaxError] about something that AWS IoT has and this package
	// has not, such as a function that calls another service.
	ErrUnsupported = errors.New("not supported here")
	// ErrLimit: an evaluation would have taken more time or memory than one message is
	// worth. Nothing of its result is used.
	ErrLimit = errors.New("iotsql: the evaluation is too expensive")
	// ErrPayload: a statement asks for something that the message's payload cannot be, such
	// as to add an attribute to bytes that are no JSON object.
	ErrPayload = errors.New("iotsql: the payload does not fit the statement")
)

// A SyntaxError says where a statement or a template is wrong, and why.
type SyntaxError struct {
	Source string
	Offset int // in bytes from the beginning of Source
	Reason string
	Err    error // ErrUnsupported, or nil
}

func (e *SyntaxError) Error() string {
	line, column := e.Position()
	return fmt.Sprintf("iotsql: %d:%d: %s", line, column, e.Reason)
}

// Unwrap returns Err.
func (e *SyntaxError) Unwrap() error { return e.Err }

// Position returns the line and the column, in characters, both counted from 1.
func (e *SyntaxError) Position() (line, column int) {
	line, column = 1, 1
	for i, r := range e.Source {
		if i >= e.Offset {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}
