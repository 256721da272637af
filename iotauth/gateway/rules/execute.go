package rules

import (
	"context"
	"errors"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// execute evaluates a rule for a message and does its actions.
func (e *Engine) execute(r *rule, j *job) {
	log := e.options.Logger.With("rule", r.name, "topic", j.message.Topic, "client_id", j.message.ClientID, "trace_id", j.message.TraceID)
	if r.statement.Misreads(j.message) {
		r.counters.parseErrors.Add(1)
		log.InfoContext(e.ctx, "the payload is no JSON, and its attributes are undefined")
	}
	result, err := r.statement.Evaluate(j.message)
	switch {
	case errors.Is(err, iotsql.ErrPayload):
		r.counters.parseErrors.Add(1)
		log.WarnContext(e.ctx, "the statement does not fit the payload", "error", err)
		return
	case err != nil:
		r.counters.tooExpensive.Add(1)
		log.WarnContext(e.ctx, "the statement was not evaluated", "error", err)
		return
	case result == nil:
		return
	}
	r.counters.executed.Add(1)
	out := &outgoing{rule: r, chain: j.chain, result: result, payload: result.Payload, value: result.Value}
	var failures []failure
	for _, a := range r.actions {
		resource, err := e.do(a, out)
		r.counters.action(a.kind(), err == nil)
		if err == nil {
			continue
		}
		log.WarnContext(e.ctx, "an action failed", "action", a.kind(), "resource", resource, "error", err)
		failures = append(failures, failure{Action: a.kind(), Resource: resource, Message: err.Error()})
	}
	if failures != nil && r.errorAction != nil {
		e.reportFailures(log, r, j, out, failures)
	}
}

// do does one action, within its time, and returns what it was to act on.
func (e *Engine) do(a action, out *outgoing) (resource string, err error) {
	ctx, cancel := context.WithTimeout(out.chain.within(e.ctx), e.options.ActionTimeout)
	defer cancel()
	return a.do(ctx, e, out)
}
