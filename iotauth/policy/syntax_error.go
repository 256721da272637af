package policy

import "fmt"

// A SyntaxError is a text that is no policy document.
type SyntaxError struct {
	Position Position
	Pointer  string // JSON pointer of the element, "" for the document
	Message  string
}

func (e *SyntaxError) Error() string {
	at := e.Pointer
	if at != "" {
		at = " " + at
	}
	return fmt.Sprintf("policy: %s%s: %s", e.Position, at, e.Message)
}
