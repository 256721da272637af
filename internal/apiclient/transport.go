package apiclient

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"time"
)

// MaxBody bounds a response that is no stream, in bytes.
const MaxBody = 16 << 20

// ErrAttemptTimeout says that one attempt took longer than Options.AttemptTimeout.
var ErrAttemptTimeout = errors.New("no answer in time")

// A Transport sends requests. It is what a generated client wants as its HTTP client.
type Transport struct {
	options Options
	policy  policy
	cache   *cache // nil: none
}

// NewTransport returns a Transport. It does no I/O. The error is [ErrOptions].
func NewTransport(baseURL string, o Options) (*Transport, error) {
	if err := checkBaseURL(baseURL); err != nil {
		return nil, err
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Transport{options: o, policy: newPolicy(o), cache: newCache(o.Cache)}, nil
}

// Do sends r until it is answered for good, see [Options]. The body of the response is in
// memory, except where it is a stream of events. An error says that no response came.
func (t *Transport) Do(r *http.Request) (*http.Response, error) {
	repeatable := mayRepeat(r)
	for attempt := 1; ; attempt++ {
		response, err := t.authorized(r)
		if r.Context().Err() != nil {
			return response, err
		}
		wait, again := t.policy.next(attempt, response)
		if !again || !repeatable || response == nil && !broken(err) {
			return response, err
		}
		if ended := sleep(r.Context(), wait); ended != nil {
			if response != nil {
				return response, nil // what the server said tells more than the clock
			}
			return nil, errors.Join(err, ended)
		}
	}
}

// A tokenError is an error of the caller's own source of tokens: asking again is its matter.
type tokenError struct{ error }

func (e tokenError) Unwrap() error { return e.error }

func broken(err error) bool {
	return !errors.As(err, new(tokenError)) && !errors.Is(err, errTooLong)
}

// authorized sends r with a token, once more where the server refuses that one and there is
// another. It is refused before it takes any effect, so that every request may be repeated.
func (t *Transport) authorized(r *http.Request) (*http.Response, error) {
	token, err := t.token(r.Context())
	if err != nil {
		return nil, err
	}
	response, err := t.cached(r, token)
	if err != nil || response.StatusCode != http.StatusUnauthorized || token == "" {
		return response, err
	}
	if another, err := t.token(r.Context()); err == nil && another != token {
		return t.cached(r, another)
	}
	return response, nil
}

func (t *Transport) token(ctx context.Context) (string, error) {
	if t.options.Token == nil {
		return "", nil
	}
	token, err := t.options.Token(ctx)
	if err != nil {
		return "", tokenError{fmt.Errorf("token: %w", err)}
	}
	return token, nil
}

// attempt sends r once and reads the response, both within the time of an attempt.
func (t *Transport) attempt(r *http.Request, token string) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	timer := time.AfterFunc(t.options.AttemptTimeout, func() { cancel(ErrAttemptTimeout) })
	copied, err := cloneRequest(ctx, r)
	if err != nil {
		timer.Stop()
		cancel(nil)
		return nil, err
	}
	copied.Header.Set("User-Agent", t.options.UserAgent)
	if token != "" {
		copied.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := t.options.HTTPClient.Do(copied)
	if err != nil {
		timer.Stop()
		cancel(nil)
		return nil, why(ctx, err)
	}
	if isEventStream(response) {
		timer.Stop() // the stream has its own watch
		response.Body = &endingBody{response.Body, cancel}
		return response, nil
	}
	defer cancel(nil)
	defer timer.Stop()
	if err := buffer(response); err != nil {
		return nil, why(ctx, err)
	}
	return response, nil
}

// cloneRequest returns r as it is sent once: each attempt reads the body from its beginning.
func cloneRequest(ctx context.Context, r *http.Request) (*http.Request, error) {
	copied := r.Clone(ctx)
	if r.GetBody == nil {
		return copied, nil
	}
	body, err := r.GetBody()
	copied.Body = body
	return copied, err
}

var errTooLong = fmt.Errorf("a response of more than %d bytes", MaxBody)

// buffer replaces the body of r by a copy in memory.
func buffer(r *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	closeErr := r.Body.Close()
	if err == nil && len(body) > MaxBody {
		err = errTooLong
	}
	if err = errors.Join(err, closeErr); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// why puts what ended ctx in the place of "context canceled".
func why(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), ErrAttemptTimeout) {
		return fmt.Errorf("%w: %w", ErrAttemptTimeout, err)
	}
	return err
}

func isEventStream(r *http.Response) bool {
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return r.StatusCode == http.StatusOK && mediaType == "text/event-stream"
}

// endingBody ends the request with its response.
type endingBody struct {
	io.ReadCloser
	cancel context.CancelCauseFunc
}

func (b *endingBody) Close() error {
	b.cancel(nil)
	return b.ReadCloser.Close()
}
