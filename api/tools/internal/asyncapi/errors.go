package asyncapi

import "fmt"

// An Error is one fault of a document.
type Error struct {
	File    string
	Line    int    // from 1
	Pointer string // where in the document, as a JSON pointer
	Reason  string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d: #%s: %s", e.File, e.Line, e.Pointer, e.Reason)
}
