package asyncapi

import "fmt"

// An Error is one fault of a document.
type Error struct {
	Place
	Reason string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: #%s: %s", e.File, e.Line, e.Pointer, e.Reason)
}
