package askaround

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// Bearer returns an editor for [WithRequestEditorFn] that sends token with
// every request. The token of one client never changes: for tokens that expire
// write an editor that asks its source each time.
func Bearer(token string) RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// ParseProblem returns the problem document of a response, or nil when the
// response is a success or its body is no problem document (an intermediary's
// error page, for instance).
func ParseProblem(response *http.Response, body []byte) *Problem {
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode < 400 || mediaType != "application/problem+json" {
		return nil
	}
	var p Problem
	if err := json.Unmarshal(body, &p); err != nil {
		return nil
	}
	return &p
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
