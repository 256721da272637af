package apiclient

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// A Call is one call of an operation.
type Call struct {
	Key string // idempotency key
}

// NewCall returns a call with the options that the caller gave, and with a new key where it
// gave none.
func NewCall(optFns []func(*Call)) Call {
	var c Call
	for _, fn := range optFns {
		fn(&c)
	}
	if c.Key == "" {
		c.Key = rand.Text()
	}
	return c
}

// An API reads the responses of one contract.
type API struct {
	Name string // begins every error
	// Problem makes an error of a response that is none of a success: of its problem
	// document, or, where document is nil, of the status alone.
	Problem func(status int, document []byte) error
}

// Check returns r where the operation succeeded, and what went wrong otherwise. It takes
// what a generated client returns.
func (a API) Check(operation string, r *http.Response, err error) (*http.Response, error) {
	if err != nil {
		return nil, fmt.Errorf("%s: %s: %w", a.Name, operation, err)
	}
	if r.StatusCode < 300 {
		return r, nil
	}
	defer r.Body.Close()
	var document []byte
	if isProblem(r) {
		document, _ = io.ReadAll(r.Body) // from memory; without it the status must do
	}
	return nil, fmt.Errorf("%s: %s: %w", a.Name, operation, a.Problem(r.StatusCode, document))
}

// Decode checks r and reads its body, JSON, into a T.
func Decode[T any](a API, operation string, r *http.Response, err error) (*T, http.Header, error) {
	if r, err = a.Check(operation, r, err); err != nil {
		return nil, nil, err
	}
	defer r.Body.Close()
	v := new(T)
	if err := json.NewDecoder(r.Body).Decode(v); err != nil {
		return nil, nil, fmt.Errorf("%s: %s: response %d: %w", a.Name, operation, r.StatusCode, err)
	}
	return v, r.Header, nil
}

// Done checks r, whose body says nothing.
func (a API) Done(operation string, r *http.Response, err error) error {
	if r, err = a.Check(operation, r, err); err != nil {
		return err
	}
	return r.Body.Close()
}
