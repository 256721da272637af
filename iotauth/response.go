package iotauth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/askaround/askaround-go/iotauth/policy"
)

// ErrResponse: an authorizer's answer is not one that AWS IoT takes. What is wrong is in
// [*FieldError]s.
var ErrResponse = errors.New("iotauth: invalid answer")

// A FieldError is what is wrong with one field of a [Response]. It is an [ErrResponse].
type FieldError struct {
	Field string // as in JSON: "principalId", "policyDocuments[2]"
	Err   error
}

func (e *FieldError) Error() string {
	return ErrResponse.Error() + ": " + e.Field + ": " + e.Err.Error()
}

// Unwrap returns [ErrResponse] and what is wrong.
func (e *FieldError) Unwrap() []error { return []error{ErrResponse, e.Err} }

// A Response is the answer of an authorizer's function. &Response{} refuses the client.
//
// Its JSON is that of the documentation and of aws-lambda-go's
// events.IoTCoreCustomAuthorizerResponse. Documents may also be JSON in strings, as some
// languages' libraries have them; they are written as objects.
//
// https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html
type Response struct {
	IsAuthenticated bool
	// PrincipalID identifies the token's owner: 1 to 128 letters and digits.
	PrincipalID string
	// DisconnectAfter is how long the connection may live at most, however often it is
	// refreshed; RefreshAfter how long the policies hold before the function is asked
	// again. Both are whole seconds, from 5 minutes to 24 hours.
	DisconnectAfter, RefreshAfter time.Duration
	// PolicyDocuments say what the client may do: at most 10, of at most 2,048 characters
	// each. Without one it may do nothing, unless its certificate has policies.
	PolicyDocuments []*policy.Document
}

// wire is a Response in JSON.
type wire struct {
	IsAuthenticated bool              `json:"isAuthenticated"`
	PrincipalID     string            `json:"principalId,omitempty"`
	DisconnectAfter int64             `json:"disconnectAfterInSeconds,omitempty"`
	RefreshAfter    int64             `json:"refreshAfterInSeconds,omitempty"`
	Documents       []json.RawMessage `json:"policyDocuments,omitempty"`
}

// MarshalJSON writes the answer as AWS IoT wants it.
func (r *Response) MarshalJSON() ([]byte, error) {
	w := wire{
		IsAuthenticated: r.IsAuthenticated,
		PrincipalID:     r.PrincipalID,
		DisconnectAfter: int64(r.DisconnectAfter / time.Second),
		RefreshAfter:    int64(r.RefreshAfter / time.Second),
	}
	for i, document := range r.PolicyDocuments {
		text, err := json.Marshal(document)
		if err != nil {
			return nil, &FieldError{documentField(i), err}
		}
		w.Documents = append(w.Documents, text)
	}
	return json.Marshal(w)
}

// UnmarshalJSON reads an answer. A document that is no policy, or whose text is too long,
// is a [*FieldError]; everything else is left to [Response.Validate].
func (r *Response) UnmarshalJSON(data []byte) error {
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return fmt.Errorf("%w: %w", ErrResponse, err)
	}
	*r = Response{IsAuthenticated: w.IsAuthenticated, PrincipalID: w.PrincipalID}
	var errs [3]error
	r.DisconnectAfter, errs[0] = fromSeconds("disconnectAfterInSeconds", w.DisconnectAfter)
	r.RefreshAfter, errs[1] = fromSeconds("refreshAfterInSeconds", w.RefreshAfter)
	r.PolicyDocuments, errs[2] = parseDocuments(w.Documents)
	return errors.Join(errs[:]...)
}

// fromSeconds refuses what a Duration cannot hold; the limits come later.
func fromSeconds(field string, n int64) (time.Duration, error) {
	if n < 0 || n > int64(1<<63-1)/int64(time.Second) {
		return 0, &FieldError{field, fmt.Errorf("%d is not within %d to %d", n, MinSeconds, MaxSeconds)}
	}
	return time.Duration(n) * time.Second, nil
}

func parseDocuments(texts []json.RawMessage) ([]*policy.Document, error) {
	if err := checkCount(len(texts)); err != nil {
		return nil, err
	}
	var documents []*policy.Document
	var errs []error
	for i, text := range texts {
		document, err := parseDocument(text)
		if err != nil {
			errs = append(errs, &FieldError{documentField(i), err})
		}
		documents = append(documents, document)
	}
	return documents, errors.Join(errs...)
}

// parseDocument reads an object, or a string with an object in it. White space counts
// where the text of the document is the answer's own: within a string.
func parseDocument(text json.RawMessage) (*policy.Document, error) {
	if text[0] == '"' {
		var inner string
		if err := json.Unmarshal(text, &inner); err != nil {
			return nil, err
		}
		text = json.RawMessage(inner)
	} else {
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			return nil, err
		}
		text = compact.Bytes()
	}
	if err := checkLength(utf8.RuneCount(text)); err != nil {
		return nil, err
	}
	return policy.Parse(text)
}

func documentField(i int) string { return fmt.Sprintf("policyDocuments[%d]", i) }

func checkCount(n int) error {
	if n > MaxPolicyDocuments {
		return &FieldError{"policyDocuments", fmt.Errorf("%d documents, of at most %d", n, MaxPolicyDocuments)}
	}
	return nil
}

func checkLength(characters int) error {
	if characters > MaxPolicyDocument {
		return fmt.Errorf("%d characters, of at most %d", characters, MaxPolicyDocument)
	}
	return nil
}

// Validate reports everything that AWS IoT refuses in an answer to request, joined. Where
// the client showed a certificate the principal must be the certificate's. A request of
// nil is one without. An answer that refuses the client needs no other field.
// Errors are [*FieldError]s.
func (r *Response) Validate(request *Request) error {
	if !r.IsAuthenticated {
		return nil
	}
	errs := []error{
		checkPrincipal(r.PrincipalID, request.certificatePrincipal()),
		checkDuration("disconnectAfterInSeconds", r.DisconnectAfter),
		checkDuration("refreshAfterInSeconds", r.RefreshAfter),
		checkCount(len(r.PolicyDocuments)),
	}
	for i, document := range r.PolicyDocuments {
		if err := checkDocument(document); err != nil {
			errs = append(errs, &FieldError{documentField(i), err})
		}
	}
	return errors.Join(errs...)
}

func checkDocument(document *policy.Document) error {
	if document == nil {
		return errors.New("no document")
	}
	if err := document.Validate(); err != nil {
		return err
	}
	return checkLength(document.Size())
}

func checkPrincipal(principal, certificate string) error {
	const field = "principalId"
	if principal == "" || len(principal) > MaxPrincipalID {
		return &FieldError{field, fmt.Errorf("%d characters, of 1 to %d", len(principal), MaxPrincipalID)}
	}
	for i := 0; i < len(principal); i++ {
		if !alphanumeric(principal[i]) {
			return &FieldError{field, errors.New("other characters than letters and digits")}
		}
	}
	if certificate != "" && principal != certificate {
		return &FieldError{field, errors.New("not that of the client's certificate")}
	}
	return nil
}

func checkDuration(field string, d time.Duration) error {
	if d < MinSeconds*time.Second || d > MaxSeconds*time.Second || d%time.Second != 0 {
		return &FieldError{field, fmt.Errorf("%v is not a whole number of seconds within %d to %d", d, MinSeconds, MaxSeconds)}
	}
	return nil
}
