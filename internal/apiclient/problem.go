package apiclient

import (
	"errors"
	"mime"
	"net/http"
	"strings"
)

// The kinds of problems.
var (
	ErrInvalid      = errors.New("the request is wrong")
	ErrUnauthorized = errors.New("no good token")
	ErrForbidden    = errors.New("not allowed")
	ErrNotFound     = errors.New("not found")
	ErrConflict     = errors.New("conflict")
	ErrRateLimited  = errors.New("rate limited")
	ErrUnavailable  = errors.New("unavailable")
)

// KindOf returns the kind of a problem, by the status and the type.
func KindOf(status int, problemType string) error {
	switch {
	case strings.HasSuffix(problemType, ":idempotency-key-reused"):
		return ErrConflict // 422, but nothing about the request itself is wrong
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound, status == http.StatusGone:
		return ErrNotFound
	case status == http.StatusConflict, status == http.StatusPreconditionFailed:
		return ErrConflict
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return ErrUnavailable
	}
	return ErrInvalid
}

// isProblem says whether a response brings a problem document; an intermediary's error page
// is none.
func isProblem(r *http.Response) bool {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return mediaType == "application/problem+json"
}
