package iotauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// A Handler decides about clients: an authorizer's function. The same one runs in process
// ([NewAuthorizer]), as a Lambda function ([Lambda]) and behind HTTP ([NewWebhook]).
//
// To refuse a client it returns &Response{}. An error says that it could not decide, or
// will not tell why it refuses; the client is refused all the same. It is called
// concurrently, must not keep or change request, and should return when ctx ends.
type Handler interface {
	Authorize(ctx context.Context, request *Request) (*Response, error)
}

// HandlerFunc is a function as a [Handler].
type HandlerFunc func(ctx context.Context, request *Request) (*Response, error)

// Authorize calls f.
func (f HandlerFunc) Authorize(ctx context.Context, request *Request) (*Response, error) {
	return f(ctx, request)
}

var (
	// ErrHandler: the handler failed, or panicked; nothing is known about the client.
	ErrHandler = errors.New("iotauth: the authorizer's function failed")
	// ErrTimeout: the handler did not answer in time, or too many calls of it have not
	// returned.
	ErrTimeout = errors.New("iotauth: the authorizer's function did not answer in time")
)

// HandlerOptions bound the calls of a [Handler].
type HandlerOptions struct {
	// Timeout is how long an answer may take; 0 is [InvokeTimeout].
	Timeout time.Duration
	// MaxConcurrent is how many calls may be under way; 0 is 1,000. A call that does not
	// return after its timeout counts until it does, so that a stuck handler cannot take
	// all memory.
	MaxConcurrent int
	// Logger takes panics, with their stacks; nil discards.
	Logger *slog.Logger
}

// guard calls a handler within bounds, and lets no panic and no invalid answer out.
type guard struct {
	handler Handler
	options HandlerOptions
	slots   chan struct{}
}

func newGuard(h Handler, o HandlerOptions) (*guard, error) {
	switch {
	case h == nil:
		return nil, fmt.Errorf("%w: no handler", ErrOptions)
	case o.Timeout < 0 || o.MaxConcurrent < 0:
		return nil, fmt.Errorf("%w: a negative Timeout or MaxConcurrent", ErrOptions)
	}
	if o.Timeout == 0 {
		o.Timeout = InvokeTimeout
	}
	if o.MaxConcurrent == 0 {
		o.MaxConcurrent = 1000
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &guard{handler: h, options: o, slots: make(chan struct{}, o.MaxConcurrent)}, nil
}

// outcome is what a call came to.
type outcome struct {
	response *Response
	err      error
}

// call asks the handler and validates its answer. It returns when the time is up even if
// the handler does not; that call's goroutine then ends when the handler returns.
// Errors: [ErrHandler], [ErrTimeout], [ErrResponse].
func (g *guard) call(ctx context.Context, request *Request) (*Response, error) {
	ctx, cancel := context.WithTimeout(ctx, g.options.Timeout)
	defer cancel()
	select {
	case g.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %d calls are under way", ErrTimeout, cap(g.slots))
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-g.slots }()
		g.contained(ctx, request, done)
	}()
	var o outcome
	select {
	case o = <-done:
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrTimeout, context.Cause(ctx))
	}
	switch {
	case o.err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %w", ErrTimeout, o.err)
	case o.err != nil:
		return nil, fmt.Errorf("%w: %w", ErrHandler, o.err)
	case o.response == nil:
		return nil, fmt.Errorf("%w: neither an answer nor an error", ErrHandler)
	}
	if err := o.response.Validate(request); err != nil {
		return nil, err
	}
	return o.response, nil
}

// contained calls the handler and tells done what came of it: also when it panics, or ends
// its goroutine. What it panicked with may hold a secret: that goes to the log, not to
// the caller.
func (g *guard) contained(ctx context.Context, request *Request, done chan<- outcome) {
	o := outcome{err: errors.New("it panicked")}
	defer func() {
		if v := recover(); v != nil {
			g.options.Logger.ErrorContext(ctx, "authorizer panicked", "panic", v, "stack", string(debug.Stack()))
		}
		done <- o
	}()
	o.response, o.err = g.handler.Authorize(ctx, request)
}

// Lambda returns h as a function for aws-lambda-go: lambda.Start(fn). Each answer is
// validated first, so that the function's log names the field at fault, where AWS IoT
// would refuse the client without a reason. Errors: [ErrOptions].
func Lambda(h Handler, optFns ...func(*HandlerOptions)) (func(context.Context, *Request) (*Response, error), error) {
	o := HandlerOptions{}
	for _, fn := range optFns {
		fn(&o)
	}
	g, err := newGuard(h, o)
	if err != nil {
		return nil, err
	}
	return g.call, nil
}
