package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// PutRule creates or replaces a rule; payload is the API's TopicRulePayload. Messages see
// it from its return on.
// Errors: [ErrInvalid], [ErrLimitExceeded], [ErrUnsupported].
func (e *Engine) PutRule(name string, payload json.RawMessage) error {
	r, err := e.parseRule(name, payload)
	if err != nil {
		return fmt.Errorf("rule %.200q: %w", name, err)
	}
	return e.changeRules(func() error {
		before, replaces := e.rules[name]
		switch {
		case replaces:
			r.counters = before.counters
		case len(e.rules) >= MaxRules:
			return fmt.Errorf("%w: there are %d rules", ErrLimitExceeded, MaxRules)
		default:
			r.counters = newCounters()
		}
		e.rules[name] = r
		return nil
	})
}

// DeleteRule removes a rule. Errors: [ErrNotFound].
func (e *Engine) DeleteRule(name string) error {
	return e.changeRules(func() error {
		if _, err := e.rule(name); err != nil {
			return err
		}
		delete(e.rules, name)
		return nil
	})
}

// EnableRule enables or disables a rule. Errors: [ErrNotFound].
func (e *Engine) EnableRule(name string, enabled bool) error {
	return e.changeRules(func() error {
		r, err := e.rule(name)
		if err != nil {
			return err
		}
		changed := &rule{name: name, payload: r.payload, disabled: !enabled, statement: r.statement,
			actions: r.actions, errorAction: r.errorAction, counters: r.counters}
		changed.payload.Disabled = !enabled
		e.rules[name] = changed
		return nil
	})
}

// Rule returns a rule's TopicRulePayload, in JSON. Errors: [ErrNotFound].
func (e *Engine) Rule(name string) (json.RawMessage, error) {
	e.change.Lock()
	defer e.change.Unlock()
	r, err := e.rule(name)
	if err != nil {
		return nil, err
	}
	return json.Marshal(r.payload)
}

// Rules returns the names of all rules, sorted.
func (e *Engine) Rules() []string {
	e.change.Lock()
	defer e.change.Unlock()
	return slices.Sorted(maps.Keys(e.rules))
}

func (e *Engine) rule(name string) (*rule, error) {
	if r, ok := e.rules[name]; ok {
		return r, nil
	}
	return nil, fmt.Errorf("%w: %.200q", ErrNotFound, name)
}

// changeRules changes the rules and what Tap sees of them.
func (e *Engine) changeRules(change func() error) error {
	e.change.Lock()
	defer e.change.Unlock()
	if err := change(); err != nil {
		return err
	}
	e.table.Store(newTable(maps.Values(e.rules)))
	return nil
}
