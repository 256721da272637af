package registry

import (
	"context"
	"encoding/json"
	"slices"
	"time"
)

// Rules is what takes topic rules: a rules engine, as that of package
// iotauth/gateway/rules. It is called concurrently.
type Rules interface {
	// PutRule makes a rule or replaces it. payload is the API's TopicRulePayload. An error
	// that is an [*iotsql.SyntaxError] says that the statement cannot be read, any other
	// that the rule cannot be had.
	PutRule(name string, payload json.RawMessage) error
	// DeleteRule removes a rule.
	DeleteRule(name string) error
	// Rule returns a rule's payload.
	Rule(name string) (json.RawMessage, error)
	// Rules returns the names of all rules.
	Rules() []string
	// EnableRule lets a rule run, or stops it.
	EnableRule(name string, enabled bool) error
}

// rule is a topic rule as the registry keeps it.
type rule struct {
	Name    string
	Payload json.RawMessage
	Created time.Time
}

// TopicRule is a topic rule.
type TopicRule struct {
	Name    string
	ARN     string
	Payload json.RawMessage // the API's TopicRulePayload
	Created time.Time       // zero for a rule that the program gave to the engine
}

// engine is the rules engine, where there is one.
func (r *Registry) engine() (Rules, error) {
	if r.options.Rules == nil {
		return nil, invalid("topic rules are not available: the registry was opened without a rules engine (Options.Rules)")
	}
	return r.options.Rules, nil
}

// restoreRules gives the stored rules to the engine.
func (r *Registry) restoreRules() error {
	if r.options.Rules == nil {
		return nil
	}
	r.rules.order.Scan(func(_ uint64, name string) bool {
		if err := r.options.Rules.PutRule(name, r.rules.get(name).Payload); err != nil {
			r.options.Logger.Warn("topic rule does not work any more", "rule", name, "error", err)
		}
		return true
	})
	return nil
}

// CreateTopicRule makes a rule. payload is the API's TopicRulePayload. Errors:
// ErrAlreadyExists, ErrSQL, ErrInvalid.
func (r *Registry) CreateTopicRule(ctx context.Context, name string, payload json.RawMessage) error {
	return r.withRule(name, func(engine Rules, exists bool) error {
		if exists {
			return taken(name, r.arn("rule", name), "Rule with same name already exists")
		}
		if len(engine.Rules()) >= MaxRules {
			return invalid("there are %d rules already", MaxRules)
		}
		return r.putRule(ctx, engine, name, payload)
	})
}

// ReplaceTopicRule replaces a rule. Errors: ErrNotFound, ErrSQL, ErrInvalid.
func (r *Registry) ReplaceTopicRule(ctx context.Context, name string, payload json.RawMessage) error {
	return r.changeRule(name, func(engine Rules) error { return r.putRule(ctx, engine, name, payload) })
}

// DeleteTopicRule removes a rule. Errors: ErrNotFound.
func (r *Registry) DeleteTopicRule(ctx context.Context, name string) error {
	return r.changeRule(name, func(engine Rules) error {
		if err := engine.DeleteRule(name); err != nil {
			return ruleError(err)
		}
		return r.update(ctx, func(t *tx) error {
			if t.rules.get(name) != nil {
				put(t, &t.rules, name, nil)
			}
			return nil
		})
	})
}

// EnableTopicRule lets a rule run, or stops it. Errors: ErrNotFound.
func (r *Registry) EnableTopicRule(ctx context.Context, name string, enabled bool) error {
	return r.changeRule(name, func(engine Rules) error {
		if err := engine.EnableRule(name, enabled); err != nil {
			return ruleError(err)
		}
		payload, err := engine.Rule(name)
		if err != nil {
			return ruleError(err)
		}
		return r.keepRule(ctx, name, payload)
	})
}

// withRule makes a change of a rule, one at a time. The engine is called without the
// registry's lock.
func (r *Registry) withRule(name string, fn func(engine Rules, exists bool) error) error {
	engine, err := r.engine()
	if err != nil {
		return err
	}
	if err := r.rules.check(name); err != nil {
		return err
	}
	r.rulesMu.Lock()
	defer r.rulesMu.Unlock()
	return fn(engine, slices.Contains(engine.Rules(), name))
}

// changeRule is withRule for a rule that must be there.
func (r *Registry) changeRule(name string, fn func(Rules) error) error {
	return r.withRule(name, func(engine Rules, exists bool) error {
		if !exists {
			return because(ErrNotFound, "Rule %s not found", name)
		}
		return fn(engine)
	})
}

// putRule gives a rule to the engine, which judges it, and keeps it.
func (r *Registry) putRule(ctx context.Context, engine Rules, name string, payload json.RawMessage) error {
	if err := engine.PutRule(name, payload); err != nil {
		return ruleError(err)
	}
	return r.keepRule(ctx, name, payload)
}

func (r *Registry) keepRule(ctx context.Context, name string, payload json.RawMessage) error {
	return r.update(ctx, func(t *tx) error {
		kept := &rule{Name: name, Payload: slices.Clone(payload), Created: now()}
		if old := t.rules.get(name); old != nil {
			kept.Created = old.Created
		}
		put(t, &t.rules, name, kept)
		return nil
	})
}

// GetTopicRule returns a rule. Errors: ErrNotFound, ErrInvalid.
func (r *Registry) GetTopicRule(name string) (out TopicRule, err error) {
	err = r.changeRule(name, func(engine Rules) error {
		out, err = r.ruleOut(engine, name)
		return err
	})
	return out, err
}

func (r *Registry) ruleOut(engine Rules, name string) (TopicRule, error) {
	payload, err := engine.Rule(name)
	if err != nil {
		return TopicRule{}, ruleError(err)
	}
	out := TopicRule{Name: name, ARN: r.arn("rule", name), Payload: payload}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if kept := r.rules.get(name); kept != nil {
		out.Created = kept.Created
	}
	return out, nil
}

// ListTopicRules returns the rules of the engine that keep takes, in the order of their
// names, and the token of the next page. Pages have at most [MaxRuleResults].
func (r *Registry) ListTopicRules(p Page, keep func(TopicRule) bool) (rules []TopicRule, next string, err error) {
	engine, err := r.engine()
	if err != nil {
		return nil, "", err
	}
	r.rulesMu.Lock()
	defer r.rulesMu.Unlock()
	kept := map[string]TopicRule{}
	var names []string
	for _, name := range engine.Rules() {
		rule, err := r.ruleOut(engine, name)
		if err != nil {
			return nil, "", err
		}
		if keep(rule) {
			kept[name] = rule
			names = append(names, name)
		}
	}
	names, next, err = pageNames(names, p, MaxRuleResults)
	for _, name := range names {
		rules = append(rules, kept[name])
	}
	return rules, next, err
}
