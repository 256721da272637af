package iotauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// RemoteOptions configure a Remote.
type RemoteOptions struct {
	// Secret, if not empty, is sent as "Authorization: Bearer SECRET".
	Secret string
	// HTTPClient reaches the function; nil is a client that follows no redirects, since an
	// event holds credentials.
	HTTPClient *http.Client
}

// A Remote is a [Handler] elsewhere: a webhook of [NewWebhook], or a Lambda function
// behind an endpoint that is compatible with Lambda's, such as its runtime interface
// emulator (http://host:8080/2015-03-31/functions/function/invocations). It is safe for
// concurrent use.
type Remote struct {
	url     string
	options RemoteOptions
}

// NewRemote returns the handler at an http or https URL. It does no I/O.
// Errors: [ErrOptions].
func NewRemote(rawURL string, optFns ...func(*RemoteOptions)) (*Remote, error) {
	o := RemoteOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("%w: %q is no http or https URL", ErrOptions, rawURL)
	}
	if o.HTTPClient == nil {
		o.HTTPClient = &http.Client{
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &Remote{url: rawURL, options: o}, nil
}

// Authorize asks the function, for [InvokeTimeout] where ctx has no deadline. The answer is
// read, not validated: [NewAuthorizer] does that. Errors: a failed request's, [*RemoteError], or that of an answer which is
// none ([ErrResponse]).
func (r *Remote) Authorize(ctx context.Context, request *Request) (*Response, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, InvokeTimeout)
		defer cancel()
	}
	event, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("iotauth: event: %w", err)
	}
	post, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(event))
	if err != nil {
		return nil, fmt.Errorf("iotauth: %w", err)
	}
	post.Header.Set("Content-Type", "application/json")
	if r.options.Secret != "" {
		post.Header.Set("Authorization", "Bearer "+r.options.Secret)
	}
	answer, err := r.options.HTTPClient.Do(post)
	if err != nil {
		return nil, fmt.Errorf("iotauth: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxBody+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("iotauth: %w", err)
	case len(body) > maxBody:
		return nil, fmt.Errorf("%w: longer than %d bytes", ErrResponse, maxBody)
	}
	return readAnswer(answer, body)
}

// readAnswer tells an answer from a fault, which Lambda reports with status 200 and a
// header.
func readAnswer(answer *http.Response, body []byte) (*Response, error) {
	var f fault
	functionError := answer.Header.Get("X-Amz-Function-Error") != ""
	// The emulator sets no header; an answer has no errorType or errorMessage.
	isFault := json.Unmarshal(body, &f) == nil && (f.Type != "" || f.Message != "")
	if answer.StatusCode != http.StatusOK || functionError || isFault {
		return nil, &RemoteError{Status: answer.StatusCode, Type: f.Type, Message: f.Message}
	}
	var response Response
	if err := json.Unmarshal(body, &response); err != nil {
		if errors.Is(err, ErrResponse) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: no JSON: %w", ErrResponse, err)
	}
	return &response, nil
}

// A RemoteError is a fault that a [Remote] answered.
type RemoteError struct {
	Status        int    // of HTTP
	Type, Message string // as Lambda reports errors; "" where the answer has none
}

func (e *RemoteError) Error() string {
	if e.Type == "" && e.Message == "" {
		return fmt.Sprintf("iotauth: the authorizer's endpoint answered status %d", e.Status)
	}
	return fmt.Sprintf("iotauth: the authorizer's endpoint answered status %d, %s: %.200s", e.Status, e.Type, e.Message)
}
