package credprovider

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// The conditions of [*Error], for [errors.Is].
var (
	// ErrThingNotAttached: the thing does not exist or is not attached to the certificate.
	ErrThingNotAttached = errors.New("the thing is not attached to the certificate")
	// ErrPolicyDenied: no IoT policy of the certificate allows iot:AssumeRoleWithCertificate.
	ErrPolicyDenied = errors.New("the IoT policy denies iot:AssumeRoleWithCertificate")
	// ErrCertificateRejected: the service does not know the certificate, or it is not active.
	ErrCertificateRejected = errors.New("the service rejects the device's certificate")
	// ErrAliasNotFound: there is no such role alias.
	ErrAliasNotFound = errors.New("the role alias does not exist")
	// ErrRoleNotAssumable: the role does not exist, or does not trust the credentials provider.
	ErrRoleNotAssumable = errors.New("the role cannot be assumed")
	// ErrDurationTooLong: the alias asks for longer sessions than the role allows.
	ErrDurationTooLong = errors.New("the role alias asks for longer sessions than the role allows")
	// ErrRefused: another refusal (4xx).
	ErrRefused = errors.New("the service refuses")
	// ErrThrottled: too many requests (429). RetryAfter is the time that the service asks for.
	ErrThrottled = errors.New("the service throttles")
	// ErrUnavailable: the service was not reached, the connection broke, or it failed (5xx).
	ErrUnavailable = errors.New("the service is not available")
	// ErrTimeout: no answer within Options.Timeout.
	ErrTimeout = errors.New("no answer in time")
	// ErrMalformed: an answer that is not one of the credentials provider.
	ErrMalformed = errors.New("malformed answer")
	// ErrExpired: the answer holds credentials that have expired.
	ErrExpired = errors.New("expired credentials in the answer")
	// ErrClockSkew: the clock of the device and that of the service differ so much that
	// certificates or credentials seem not to be valid.
	ErrClockSkew = errors.New("the clock is wrong")
	// ErrUntrustedServer: the server's certificate is not that of the endpoint.
	ErrUntrustedServer = errors.New("the server is not to be trusted")
	// ErrIdentity: the certificate or the key cannot be read, or do not belong together.
	ErrIdentity = errors.New("the device's identity cannot be used")
)

var (
	// ErrInvalid: an argument or an option of [New] is out of range.
	ErrInvalid = errors.New("credprovider: invalid")
	// ErrClosed: the provider was closed.
	ErrClosed = errors.New("credprovider: closed")
)

// Error says why no credentials were had, and what mends it. No secret is in it.
type Error struct {
	Kind       error         // an Err value of this package: ErrPolicyDenied
	Mend       string        // what to do: "attach a policy ..."
	Status     int           // of HTTP; 0 without an answer
	Code       string        // x-amzn-ErrorType: "AccessDeniedException"
	Message    string        // the service's own words, shortened
	RequestID  string        // x-amzn-RequestId, for AWS support
	RetryAfter time.Duration // what the service asks for; 0 for nothing

	cause error
}

// Error has everything on one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("credprovider: ")
	b.WriteString(e.Kind.Error())
	var facts []string
	if e.Status != 0 {
		facts = append(facts, fmt.Sprintf("HTTP %d", e.Status))
	}
	if e.Code != "" {
		facts = append(facts, e.Code)
	}
	if e.Message != "" {
		facts = append(facts, fmt.Sprintf("%q", e.Message))
	}
	if e.RequestID != "" {
		facts = append(facts, "request "+e.RequestID)
	}
	if e.cause != nil {
		facts = append(facts, e.cause.Error())
	}
	if len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	if e.Mend != "" {
		b.WriteString(": " + e.Mend)
	}
	return b.String()
}

// Unwrap returns Kind and the cause.
func (e *Error) Unwrap() []error {
	if e.cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.cause}
}

// RetryableError tells the retryers of AWS's clients whether asking again may help.
func (e *Error) RetryableError() bool { return e.temporary() }

// temporary reports whether the fault may pass without anybody's help.
func (e *Error) temporary() bool {
	switch e.Kind {
	case ErrThrottled, ErrUnavailable, ErrTimeout, ErrMalformed, ErrExpired:
		return true
	}
	return false
}

// again reports whether the same refresh asks once more.
func (e *Error) again() bool { return e.Kind == ErrUnavailable || e.Kind == ErrMalformed }
