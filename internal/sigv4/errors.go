package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

// Error is a refusal as AWS words it.
type Error struct {
	Code    string // "InvalidSignatureException"
	Message string
}

func (e *Error) Error() string { return "sigv4: " + e.Code + ": " + e.Message }

// Is matches errors with the same code, so that errors.Is(err, ErrInvalidSignature) holds
// whatever the message.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// The refusals of [Verifier.Verify], for errors.Is.
var (
	// ErrMissingToken: the request has no signature at all.
	ErrMissingToken = &Error{"MissingAuthenticationTokenException", "Request is missing Authentication Token"}
	// ErrIncomplete: the signature lacks a part, or a part is malformed.
	ErrIncomplete = &Error{"IncompleteSignatureException", "The request signature does not conform to AWS standards."}
	// ErrMalformedQuery: the query has a broken percent escape.
	ErrMalformedQuery = &Error{"MalformedQueryString", "The query string contains a syntax error."}
	// ErrInvalidSignature: another scope, another time, or a signature that does not match.
	ErrInvalidSignature = &Error{"InvalidSignatureException", "The request signature we calculated does not match the signature you provided. " +
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details."}
	// ErrUnrecognizedClient: nobody has this access key id, or not with this session token.
	ErrUnrecognizedClient = &Error{"UnrecognizedClientException", "The security token included in the request is invalid."}
	// ErrExpiredToken: the session has ended.
	ErrExpiredToken = &Error{"ExpiredTokenException", "The security token included in the request is expired"}
)

var (
	// ErrUnknownKey is how a [Provider] says that it does not know an access key id.
	ErrUnknownKey = errors.New("sigv4: unknown access key id")
	// ErrBody is the error for a body that could not be read to its end.
	ErrBody = errors.New("sigv4: read request body")
	// ErrBodyTooLarge is the error for a body beyond Options.MaxBody.
	ErrBodyTooLarge = errors.New("sigv4: request body too large")
)

// errWrongToken has no full stop, unlike the message for an unknown key: DynamoDB's words.
var errWrongToken = &Error{ErrUnrecognizedClient.Code, "The security token included in the request is invalid"}

func incomplete(format string, args ...any) *Error {
	return &Error{ErrIncomplete.Code, fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error {
	return &Error{ErrInvalidSignature.Code, fmt.Sprintf(format, args...)}
}

// fingerprint stands for a header in an error, as AWS shows it: the header may hold a
// credential of another scheme.
func fingerprint(header string) string {
	sum := sha256.Sum256([]byte(header))
	return base64.StdEncoding.EncodeToString(sum[:])
}
