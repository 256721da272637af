package openapi

import (
	"fmt"
	"net/http"
	"strings"
)

// Reason says why a request is refused.
type Reason uint8

// The reasons, in the order in which they are looked for.
const (
	NotFound         Reason = iota + 1 // no such path, or a path parameter that names nothing
	MethodNotAllowed                   // the path has other methods
	NotAcceptable                      // Accept excludes JSON
	UnsupportedMedia                   // the body is not plain JSON
	TooLarge                           // the body is longer than allowed
	Parameter                          // a query parameter or header is wrong
	TooSlow                            // the body did not arrive in time
	Malformed                          // the body is not JSON
	Invalid                            // the body does not fit its schema
)

// Status returns the HTTP status that means r.
func (r Reason) Status() int {
	switch r {
	case NotFound:
		return http.StatusNotFound
	case MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case NotAcceptable:
		return http.StatusNotAcceptable
	case UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case TooLarge:
		return http.StatusRequestEntityTooLarge
	case TooSlow:
		return http.StatusRequestTimeout
	case Invalid:
		return http.StatusUnprocessableEntity
	}
	return http.StatusBadRequest
}

// In says what part of a request a fault is in.
type In string

// The parts of a request.
const (
	InBody   In = "body"
	InQuery  In = "query"
	InPath   In = "path"
	InHeader In = "header"
)

// A Fault is one thing that is wrong with a request.
type Fault struct {
	In     In
	Name   string // of the parameter or header; of a body: a JSON pointer, "" for the whole
	Detail string // reads on after the name: "must be at most 90"
}

func (f Fault) String() string { return fmt.Sprintf("%s %q %s", f.In, f.Name, f.Detail) }

// Error is a refused request.
type Error struct {
	Reason Reason
	Detail string  // a sentence for people
	Faults []Fault // for Parameter and Invalid, at most ten
	Allow  string  // for MethodNotAllowed: the header's value
	Err    error   // what caused it, or nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "openapi: %d: %s", e.Reason.Status(), e.Detail)
	for _, f := range e.Faults {
		fmt.Fprintf(&b, "; %s", f)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }
