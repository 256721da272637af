package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// lambda invokes a function with the payload, asynchronously.
type lambda struct{ arn *iotsql.Template }

func (e *Engine) newLambda(body json.RawMessage, f *fields) (action, error) {
	var j struct {
		FunctionARN string `json:"functionArn"`
	}
	if err := decodeStrictly(body, &j); err != nil {
		return nil, err
	}
	a := &lambda{f.template("functionArn", j.FunctionARN, true)}
	if text, ok := literalOf(a.arn); ok && text != "" {
		if _, ok := e.function(text); !ok {
			return nil, fmt.Errorf("%w: this engine has no function %.200q", ErrUnsupported, text)
		}
	}
	return a, nil
}

// function finds a function by its ARN, by that without the version or alias, or by name:
// arn:aws:lambda:region:account:function:name:version.
func (e *Engine) function(arn string) (Function, bool) {
	names := []string{arn}
	if parts := strings.Split(arn, ":"); len(parts) >= 7 && parts[0] == "arn" {
		names = append(names, strings.Join(parts[:7], ":"), parts[6])
	}
	for _, name := range names {
		if f, ok := e.options.Functions[name]; ok {
			return f, true
		}
	}
	return Function{}, false
}

func (a *lambda) kind() string { return "LambdaAction" }

var errNoEvent = errors.New("the outgoing payload is no JSON, which a function needs: select encode(*, 'base64')")

func (a *lambda) do(ctx context.Context, e *Engine, out *outgoing) (arn string, err error) {
	if arn, err = out.expand("functionArn", a.arn); err != nil {
		return "", err
	}
	f, ok := e.function(arn)
	switch {
	case !ok:
		return arn, errors.New("there is no such function")
	case !json.Valid(out.payload):
		return arn, errNoEvent
	case f.Handle != nil:
		return arn, e.start(ctx, f, arn, out)
	}
	return arn, e.attempt(ctx, func() error { return e.post(ctx, f.URL, out.payload) })
}

// start calls a function in process, in a goroutine of its own, as soon as there is a
// place for it.
func (e *Engine) start(ctx context.Context, f Function, arn string, out *outgoing) error {
	select {
	case e.invocations <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("throttled: %d functions are running: %w", cap(e.invocations), ctx.Err())
	}
	event, r := json.RawMessage(bytes.Clone(out.payload)), out.rule // it is the function's to change
	own := out.chain.within(e.ctx)
	e.running.Go(func() {
		defer func() { <-e.invocations }()
		if err := e.attempt(own, func() error { return f.call(own, event) }); err != nil {
			r.counters.functionErrors.Add(1)
			e.options.Logger.WarnContext(own, "a function failed", "rule", r.name, "function", arn, "error", err)
		}
	})
	return nil
}

// call makes an error of a panic, as Lambda does.
func (f Function) call(ctx context.Context, event json.RawMessage) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return f.Handle(ctx, bytes.Clone(event))
}

// attempts are how often a function is tried: Lambda tries again twice.
const attempts = 3

// permanent marks an error that trying again does not mend.
type permanent struct{ error }

// attempt tries until it succeeds, three times at most, with growing pauses.
func (e *Engine) attempt(ctx context.Context, try func() error) (err error) {
	for i := range attempts {
		if i > 0 {
			delay := e.options.RetryDelay << (i - 1)
			select {
			case <-time.After(delay/2 + rand.N(delay/2+1)):
			case <-ctx.Done():
				return err
			}
		}
		if err = try(); err == nil || ctx.Err() != nil {
			return err
		}
		if p := (permanent{}); errors.As(err, &p) {
			return p.error
		}
	}
	return err
}

// post invokes a function behind an endpoint.
func (e *Engine) post(ctx context.Context, url string, event []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(event))
	if err != nil {
		return permanent{err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Amz-Invocation-Type", "Event")
	answer, err := e.options.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 4<<10)) // an error's beginning, and the connection for the next
	switch status := answer.StatusCode; {
	case status == http.StatusTooManyRequests || status >= 500:
		return fmt.Errorf("the endpoint answered status %d: %.200s", status, body)
	case status/100 != 2:
		return permanent{fmt.Errorf("the endpoint answered status %d: %.200s", status, body)}
	case answer.Header.Get("X-Amz-Function-Error") != "":
		return fmt.Errorf("the function failed: %.200s", body)
	}
	return err
}
