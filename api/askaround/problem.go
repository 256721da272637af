package askaround

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// Errors of a client. Where a server answered, the error is a [*Problem] as well, which
// errors.As finds. What is none of these is an error of the network: nothing is known of a
// write then, except that it takes effect once if it is repeated with its [Key].
var (
	// ErrInvalid: the request is wrong; Problem.Errors names the parts. Do not repeat it.
	ErrInvalid = apiclient.ErrInvalid
	// ErrUnauthorized: there is no token, or it is expired or not accepted.
	ErrUnauthorized = apiclient.ErrUnauthorized
	// ErrForbidden: the token is good, but does not allow this.
	ErrForbidden = apiclient.ErrForbidden
	// ErrNotFound: there is no such thing, or it is not the caller's.
	ErrNotFound = apiclient.ErrNotFound
	// ErrConflict: the idempotency key is another request's or in use at the moment, or a
	// list is full.
	ErrConflict = apiclient.ErrConflict
	// ErrRateLimited: the account sends too much, and still did after the last attempt.
	ErrRateLimited = apiclient.ErrRateLimited
	// ErrUnavailable: the server or something before it does not answer. A write is in limbo.
	ErrUnavailable = apiclient.ErrUnavailable
	// ErrOptions: an option of New is out of range, or the base URL is none.
	ErrOptions = apiclient.ErrOptions
)

// api reads the responses of this contract.
var api = apiclient.API{Name: "askaround", Problem: func(status int, document []byte) error {
	p := new(Problem)
	if json.Unmarshal(document, p) != nil || p.Type == "" {
		*p = Problem{Type: "about:blank", Title: http.StatusText(status)} // RFC 9457, section 4.2.1
	}
	p.Status = int32(status)
	return p
}}

// Is says whether p is of a kind: target is [ErrNotFound], [ErrRateLimited] and so on.
func (p *Problem) Is(target error) bool {
	return target == apiclient.KindOf(int(p.Status), string(p.Type))
}

// Error names the status, what went wrong and which parts of the request are
// at fault.
func (p *Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", p.Status, p.Title)
	if p.Detail != nil {
		fmt.Fprintf(&b, ": %s", *p.Detail)
	}
	if p.Errors != nil {
		for _, part := range *p.Errors {
			fmt.Fprintf(&b, "; %s", part)
		}
	}
	return b.String()
}

// String names the part and what is wrong with it.
func (p ProblemPart) String() string {
	switch {
	case p.Pointer != nil:
		return fmt.Sprintf("%q: %s", *p.Pointer, p.Detail)
	case p.Parameter != nil:
		return *p.Parameter + ": " + p.Detail
	case p.Header != nil:
		return *p.Header + ": " + p.Detail
	}
	return p.Detail
}

// Error says why the operation failed. [Pending.Wait] returns it.
func (f *Failure) Error() string { return "the operation failed: " + string(f.Code) + ": " + f.Detail }
