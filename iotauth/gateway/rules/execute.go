package rules

import (
	"context"
	"errors"
	"log/slog"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// execute evaluates a rule for the message of a job and does its actions.
func (e *Engine) execute(r *rule, j *job, m *iotsql.Message) {
	if r.statement.Misreads(m) {
		if n := r.counters.parseErrors.Add(1); sparse(n) {
			e.logger(r, j).WarnContext(e.ctx, "the payload is no JSON, and its attributes are undefined", "messages", n)
		}
	}
	result, err := r.statement.Evaluate(m)
	switch {
	case errors.Is(err, iotsql.ErrPayload):
		if n := r.counters.parseErrors.Add(1); sparse(n) {
			e.logger(r, j).WarnContext(e.ctx, "the statement does not fit the payload", "error", err, "messages", n)
		}
		return
	case err != nil:
		if n := r.counters.tooExpensive.Add(1); sparse(n) {
			e.logger(r, j).WarnContext(e.ctx, "the statement was not evaluated", "error", err, "messages", n)
		}
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
		e.logger(r, j).WarnContext(e.ctx, "an action failed", "action", a.kind(), "resource", resource, "error", err)
		failures = append(failures, failure{Action: a.kind(), Resource: resource, Message: err.Error()})
	}
	if failures != nil && r.errorAction != nil {
		e.reportFailures(r, j, out, failures)
	}
}

// logger tells which rule and which message.
func (e *Engine) logger(r *rule, j *job) *slog.Logger {
	return e.options.Logger.With("rule", r.name, "topic", j.message.Topic, "client_id", j.message.ClientID, "trace_id", j.message.TraceID)
}

// do does one action, within its time, and returns what it was to act on.
func (e *Engine) do(a action, out *outgoing) (resource string, err error) {
	ctx, cancel := context.WithTimeout(out.chain.within(e.ctx), e.options.ActionTimeout)
	defer cancel()
	return a.do(ctx, e, out)
}
