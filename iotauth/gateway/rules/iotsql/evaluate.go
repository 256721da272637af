package iotsql

import "fmt"

// A Result is what a statement made of a message that meets its WHERE.
type Result struct {
	// Payload is what actions are handed. It is the message's own, unchanged, where the
	// statement is SELECT *, and JSON otherwise; empty where SELECT VALUE is Undefined.
	Payload []byte

	message *Message
	version Version
	value   Value
	passed  bool // Payload is the message's
	vars    []Value
}

// Value returns what Payload is the JSON of; false where it is no JSON.
func (r *Result) Value() (Value, bool) {
	if r.passed {
		return r.message.json(r.version)
	}
	return r.value, r.value.kind != Undefined
}

// Evaluate evaluates the statement for a message, whatever its topic. The result is nil
// where the message does not meet WHERE, which needs to be true: Undefined is not.
// Errors: [ErrLimit], [ErrPayload].
func (s *Statement) Evaluate(m *Message) (*Result, error) {
	e := env{message: m, version: s.version}
	r := &Result{message: m, version: s.version}
	for _, set := range s.sets {
		e.vars = append(e.vars, set.node.eval(&e))
	}
	r.vars = e.vars
	if s.query.where != nil {
		met, _ := truth(s.query.where.eval(&e))
		if e.err != nil || !met {
			return nil, e.err
		}
	}
	if err := s.query.result(&e, r); err != nil {
		return nil, err
	}
	return r, nil
}

func (q *query) result(e *env, r *Result) error {
	switch {
	case q.passes():
		r.Payload, r.passed = e.message.Payload, true
		return nil
	case q.value:
		r.value = q.items[0].node.eval(e)
		if r.value.kind == Array && e.version < V2016 {
			return fmt.Errorf("%w: an array as the outgoing payload needs awsIotSqlVersion %s", ErrPayload, V2016)
		}
	default:
		o, err := q.payload(e)
		if err != nil {
			return err
		}
		r.value = objectOf(o)
	}
	r.Payload = r.value.appendJSON(nil, MaxResult)
	e.makes(len(r.Payload))
	return e.err
}

// payload makes the outgoing object. Items can be added to an object and to nothing, not
// to bytes that are no JSON.
func (q *query) payload(e *env) (*object, error) {
	for _, it := range q.items {
		if _, all := it.node.(star); !all {
			continue
		}
		v, ok := e.message.json(e.version)
		switch {
		case !ok && len(e.message.Payload) > 0:
			return nil, fmt.Errorf("%w: it is no JSON, and * is not alone; encode(*, 'base64') takes any bytes", ErrPayload)
		case ok && v.kind != Object && it.key == nil:
			return nil, fmt.Errorf("%w: it is no object that other items could be added to", ErrPayload)
		}
	}
	rest := *q
	if len(e.message.Payload) == 0 {
		rest.items = withoutStars(q.items)
	}
	o, _ := rest.object(e)
	if o == nil {
		o = &object{}
	}
	return o, e.err
}

func withoutStars(items []item) (rest []item) {
	for _, it := range items {
		if _, all := it.node.(star); !all {
			rest = append(rest, it)
		}
	}
	return rest
}

// Misreads reports whether the statement asks for an attribute of the message's payload,
// which is no JSON: then the attribute is Undefined.
func (s *Statement) Misreads(m *Message) bool {
	if !s.reads {
		return false
	}
	_, ok := m.json(s.version)
	return !ok
}

// ParseValue reads JSON, in UTF-8 and not nested deeper than 512; false where it is none.
func ParseValue(payload []byte, version Version) (Value, bool) {
	return decodeJSON(string(payload), version)
}
