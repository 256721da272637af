package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// A rule is one that was put. Its fields are not changed, but for those of the schedule.
type rule struct {
	name        string
	payload     topicRule
	disabled    bool
	statement   *iotsql.Statement
	actions     []action
	errorAction action // nil where there is none
	counters    *counters

	// Of the schedule, guarded by its lock.
	queued, running int
	parked          []*lane // ready, while too many of the rule run
}

// topicRule is the API's TopicRulePayload.
type topicRule struct {
	SQL         *string           `json:"sql"`
	Description string            `json:"description,omitempty"`
	Actions     []json.RawMessage `json:"actions"`
	Disabled    bool              `json:"ruleDisabled"`
	Version     string            `json:"awsIotSqlVersion,omitempty"`
	ErrorAction json.RawMessage   `json:"errorAction,omitempty"`
}

// ruleName is the API's RuleName.
var ruleName = regexp.MustCompile(`^[a-zA-Z0-9_]{1,128}$`)

// decodeStrictly refuses fields that are not the API's: AWS ignores them, and what they
// were to say.
func decodeStrictly(data []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something stands behind the JSON")
	}
	return nil
}

// parseRule makes a rule of what the API is given.
func (e *Engine) parseRule(name string, payload json.RawMessage) (*rule, error) {
	r := &rule{name: name}
	switch {
	case !ruleName.MatchString(name):
		return nil, fmt.Errorf("%w: the name %.200q is not 1 to 128 of a-z, A-Z, 0-9 and _", ErrInvalid, name)
	case len(payload) > MaxPayload:
		return nil, fmt.Errorf("%w: %d bytes, more than %d", ErrInvalid, len(payload), MaxPayload)
	}
	if err := decodeStrictly(payload, &r.payload); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	p := &r.payload
	switch {
	case p.SQL == nil:
		return nil, fmt.Errorf("%w: sql is missing", ErrInvalid)
	case p.Actions == nil:
		return nil, fmt.Errorf("%w: actions is missing", ErrInvalid)
	case len(p.Actions) > MaxActions:
		return nil, fmt.Errorf("%w: %d actions, more than %d", ErrInvalid, len(p.Actions), MaxActions)
	}
	return r, e.compile(r)
}

func (e *Engine) compile(r *rule) error {
	p := &r.payload
	r.disabled = p.Disabled
	version, err := iotsql.ParseVersion(p.Version)
	if err != nil {
		return fmt.Errorf("%w: awsIotSqlVersion: %w", ErrInvalid, err)
	}
	if r.statement, err = iotsql.Parse(*p.SQL, version); err != nil {
		return fmt.Errorf("%w: sql: %w", ErrInvalid, err)
	}
	for i, raw := range p.Actions {
		a, err := e.parseAction(raw, r.statement)
		if err != nil {
			return fmt.Errorf("%w: actions[%d]: %w", ErrInvalid, i, err)
		}
		r.actions = append(r.actions, a)
	}
	if len(p.ErrorAction) > 0 && !bytes.Equal(p.ErrorAction, []byte("null")) {
		if r.errorAction, err = e.parseAction(p.ErrorAction, r.statement); err != nil {
			return fmt.Errorf("%w: errorAction: %w", ErrInvalid, err)
		}
	}
	return nil
}
