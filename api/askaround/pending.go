package askaround

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// A Pending is a request that the server has accepted and will process.
type Pending struct {
	// Operation is what the server said when it accepted the request.
	Operation

	client *Client
	again  time.Duration // when to ask, as the server said; 0: it did not
}

// Pending returns an operation of which only the id is known, from before a restart say.
func (c *Client) Pending(id OperationID) *Pending {
	return &Pending{Operation: Operation{ID: id, Status: OperationStatusPending}, client: c}
}

func (c *Client) accepted(operation string, r *http.Response, err error) (*Pending, error) {
	o, header, err := apiclient.Decode[Operation](api, operation, r, err)
	if err != nil {
		return nil, err
	}
	again, _ := apiclient.RetryAfter(header, time.Now())
	return &Pending{Operation: *o, client: c, again: again}, nil
}

// GetOperation returns an operation as it is now.
func (c *Client) GetOperation(ctx context.Context, id OperationID) (*Operation, error) {
	o, _, err := c.operation(ctx, id)
	return o, err
}

func (c *Client) operation(ctx context.Context, id OperationID) (*Operation, time.Duration, error) {
	r, err := c.generated.GetOperation(ctx, id)
	o, header, err := apiclient.Decode[Operation](api, "get operation", r, err)
	if err != nil {
		return nil, 0, err
	}
	again, _ := apiclient.RetryAfter(header, time.Now())
	return o, again, nil
}

// How often an operation is asked for, where the server does not say.
const (
	firstPoll     = time.Second
	mostPoll      = 5 * time.Second
	mostPollQuiet = 30 * time.Second // while the outcome will be told
)

// Wait waits for the outcome and returns the operation. Where it failed the error is its
// [*Failure], which errors.As finds. Where ctx ends the error is ctx's: the outcome is open,
// and may be waited for again. Another error, such as [ErrNotFound], says that the outcome
// cannot be had.
//
// The outcome is told, by server-sent events or by [Options].Push; one connection serves all
// that wait for outcomes of one Client, and ends with the last of them. Wait asks for
// the operation as well, after the time that the server names and then less and less
// often, so that it returns where nothing can be told, too.
func (p *Pending) Wait(ctx context.Context) (*Operation, error) {
	if p.Status != OperationStatusPending {
		return finished(&p.Operation)
	}
	told := p.client.outcomes.join(ctx, p.ID)
	defer told.leave()
	wait := p.again
	if wait == 0 {
		wait = firstPoll
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for {
		select {
		case o := <-told.outcome:
			return finished(&o)
		case <-told.resumed: // told from now on: the past is asked for
		case <-timer.C:
		case <-ctx.Done():
			return nil, fmt.Errorf("askaround: wait for operation %s: %w", p.ID, ctx.Err())
		}
		o, again, err := p.client.operation(ctx, p.ID)
		switch {
		case err == nil && o.Status != OperationStatusPending:
			return finished(o)
		case err != nil && ctx.Err() == nil && final(err):
			return nil, err
		}
		wait = max(again, min(2*wait, told.mostPoll()))
		timer.Reset(wait)
	}
}

func finished(o *Operation) (*Operation, error) {
	if o.Status == OperationStatusFailed && o.Failure != nil {
		return o, fmt.Errorf("askaround: operation %s: %w", o.ID, o.Failure)
	}
	return o, nil
}

// final says whether asking again is of no use.
func final(err error) bool {
	var p *Problem
	return errors.As(err, &p) && !errors.Is(err, ErrUnavailable) && !errors.Is(err, ErrRateLimited)
}
