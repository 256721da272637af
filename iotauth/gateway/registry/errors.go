package registry

import (
	"errors"
	"fmt"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// Error is a refusal in the words of AWS IoT's API.
type Error struct {
	Code    string // "ResourceNotFoundException"
	Message string
	// ResourceID and ResourceARN name what already exists, where that is the reason.
	ResourceID, ResourceARN string
}

// The refusals of a Registry, for errors.Is. Nothing was changed.
var (
	// ErrNotFound: what was named is not registered.
	ErrNotFound = &Error{Code: "ResourceNotFoundException"}
	// ErrAlreadyExists: the name is taken.
	ErrAlreadyExists = &Error{Code: "ResourceAlreadyExistsException"}
	// ErrInvalid: a name, a value or a combination that AWS IoT refuses.
	ErrInvalid = &Error{Code: "InvalidRequestException"}
	// ErrLimitExceeded: there are as many as there may be.
	ErrLimitExceeded = &Error{Code: "LimitExceededException"}
	// ErrVersionConflict: the entry does not have the version that was expected.
	ErrVersionConflict = &Error{Code: "VersionConflictException"}
	// ErrVersionsLimit: the policy has [MaxPolicyVersions].
	ErrVersionsLimit = &Error{Code: "VersionsLimitExceededException"}
	// ErrDeleteConflict: something else still refers to what was to be deleted.
	ErrDeleteConflict = &Error{Code: "DeleteConflictException"}
	// ErrMalformedPolicy: a text that is no policy document. The Message has the place.
	ErrMalformedPolicy = &Error{Code: "MalformedPolicyException"}
	// ErrCertificateState: the certificate has a status in which that cannot be done.
	ErrCertificateState = &Error{Code: "CertificateStateException"}
	// ErrCertificateValidation: a text that is no certificate, or one that its authority
	// did not sign.
	ErrCertificateValidation = &Error{Code: "CertificateValidationException"}
	// ErrInvalidResponse: an authorizer's function failed, or did not answer as it must.
	ErrInvalidResponse = &Error{Code: "InvalidResponseException"}
	// ErrSQL: a topic rule's statement cannot be read.
	ErrSQL = &Error{Code: "SqlParseException"}
)

func (e *Error) Error() string {
	if e.Message == "" {
		return "registry: " + e.Code
	}
	return "registry: " + e.Code + ": " + e.Message
}

// Is matches errors with the same code, and [gateway.ErrNotFound] where something is not
// registered.
func (e *Error) Is(target error) bool {
	if target == gateway.ErrNotFound {
		return e.Code == ErrNotFound.Code
	}
	other, ok := target.(*Error)
	return ok && other.Code == e.Code
}

// because is err with a message.
func because(err *Error, format string, args ...any) *Error {
	return &Error{Code: err.Code, Message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) *Error { return because(ErrInvalid, format, args...) }

// taken says that a name is taken by what has an id and an ARN.
func taken(id, arn, format string, args ...any) *Error {
	err := because(ErrAlreadyExists, format, args...)
	err.ResourceID, err.ResourceARN = id, arn
	return err
}

// ruleError is an engine's error as one of the registry's.
func ruleError(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[*iotsql.SyntaxError](err); ok {
		return because(ErrSQL, "%v", err)
	}
	return invalid("%v", err)
}
