package idtoken

import (
	"errors"
	"fmt"
)

var (
	// ErrUnavailable: the issuer does not answer, so that no token can be checked.
	// Try again later; the token may be good.
	ErrUnavailable = errors.New("idtoken: the issuer's keys cannot be fetched")
	// ErrOptions: a constructor was given what cannot work.
	ErrOptions = errors.New("idtoken: invalid options")
)

// Reason says why a token is refused. It is an error, so that errors.Is finds it in an
// [Error].
type Reason string

// The reasons. What is wrong in more than one way has the first that applies.
const (
	Malformed   Reason = "malformed token"
	Signature   Reason = "signature is not the issuer's"
	Issuer      Reason = "token of another issuer"
	Audience    Reason = "token for another audience"
	Expired     Reason = "token has expired"
	NotYetValid Reason = "token is not valid yet"
)

func (r Reason) Error() string { return "idtoken: " + string(r) }

// An Error refuses a token. It shows nothing of it.
type Error struct {
	Reason Reason
	Detail string // "" where the reason says it all
}

func (e *Error) Error() string {
	if e.Detail == "" {
		return e.Reason.Error()
	}
	return e.Reason.Error() + ": " + e.Detail
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Reason }

func refuse(reason Reason, format string, args ...any) error {
	return &Error{reason, fmt.Sprintf(format, args...)}
}
