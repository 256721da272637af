package pump

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxFilters is how many filters a mapping can have (Lambda Developer Guide, "Control
// which events Lambda sends to your function").
const maxFilters = 10

// filters let events through that satisfy one of them. None lets everything through.
type filters []pattern

// pattern is a filter pattern: every field must satisfy its rules, and one of the
// alternatives where there are any.
type pattern struct {
	fields       map[string]field
	alternatives []pattern // of "$or"
}

// field is what a pattern asks of one key: one of the rules, or a pattern for what is
// inside.
type field struct {
	rules  []rule
	inside *pattern
}

// rule tests the value of a key. Absent keys come as absent{}.
type rule func(value any) bool

type absent struct{}

// text is a value that is text, or the JSON object that the text is: the body of a
// message. Lambda lets no text through a pattern for JSON, and no JSON through one for
// text.
type text struct {
	plain  string
	object map[string]any // nil when it is plain
}

// parseFilters reads the patterns of FilterCriteria, as JSON.
func parseFilters(texts []string) (filters, error) {
	if len(texts) > maxFilters {
		return nil, fmt.Errorf("%w: %d filters, at most %d", ErrInvalid, len(texts), maxFilters)
	}
	var all filters
	for _, text := range texts {
		var tree map[string]any
		if err := json.Unmarshal([]byte(text), &tree); err != nil {
			return nil, fmt.Errorf("%w: filter %s: %w", ErrInvalid, text, err)
		}
		p, err := parsePattern(tree)
		if err != nil {
			return nil, fmt.Errorf("%w: filter %s: %w", ErrInvalid, text, err)
		}
		all = append(all, p)
	}
	return all, nil
}

func parsePattern(tree map[string]any) (p pattern, err error) {
	p.fields = map[string]field{}
	for name, value := range tree {
		switch v := value.(type) {
		case map[string]any:
			inside, err := parsePattern(v)
			if err != nil {
				return p, err
			}
			p.fields[name] = field{inside: &inside}
		case []any:
			if name == "$or" {
				p.alternatives, err = parseAlternatives(v)
			} else {
				p.fields[name], err = parseField(name, v)
			}
			if err != nil {
				return p, err
			}
		default:
			return p, fmt.Errorf("the value of %q is neither an object nor an array", name)
		}
	}
	if len(p.fields)+len(p.alternatives) == 0 {
		return p, errors.New("empty pattern")
	}
	return p, nil
}

func parseAlternatives(values []any) (all []pattern, err error) {
	for _, value := range values {
		tree, ok := value.(map[string]any)
		if !ok {
			return nil, errors.New("$or takes patterns")
		}
		p, err := parsePattern(tree)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	if len(all) < 2 {
		return nil, errors.New("$or takes two patterns or more")
	}
	return all, nil
}

func parseField(name string, values []any) (f field, err error) {
	if len(values) == 0 {
		return f, fmt.Errorf("no rule for %q", name)
	}
	for _, value := range values {
		r, err := parseRule(value)
		if err != nil {
			return f, fmt.Errorf("%q: %w", name, err)
		}
		f.rules = append(f.rules, r)
	}
	return f, nil
}

func parseRule(value any) (rule, error) {
	operator, ok := value.(map[string]any)
	if !ok {
		if _, isList := value.([]any); isList {
			return nil, errors.New("a list is no rule")
		}
		return func(v any) bool { return v == value }, nil // a string, number, truth value or null
	}
	if len(operator) != 1 {
		return nil, errors.New("a rule has one operator")
	}
	for name, argument := range operator {
		return parseOperator(name, argument)
	}
	panic("not reached")
}

func parseOperator(name string, argument any) (rule, error) {
	wrong := fmt.Errorf("%s does not take %v", name, argument)
	switch name {
	case "exists":
		want, ok := argument.(bool)
		if !ok {
			return nil, wrong
		}
		return func(v any) bool {
			_, missing := v.(absent)
			_, object := v.(map[string]any) // it is about leaves
			return want == !(missing || object)
		}, nil
	case "numeric":
		return parseNumeric(argument)
	case "anything-but":
		return parseAnythingBut(argument)
	}
	compare := map[string]func(s, argument string) bool{"prefix": strings.HasPrefix, "suffix": strings.HasSuffix, "equals-ignore-case": strings.EqualFold}[name]
	want, ok := argument.(string)
	if compare == nil {
		return nil, fmt.Errorf("unknown operator %q", name)
	}
	if !ok {
		return nil, wrong
	}
	return func(v any) bool {
		s, ok := v.(string)
		return ok && compare(s, want)
	}, nil
}

// parseAnythingBut takes a value, a list of values, or a rule with an operator.
func parseAnythingBut(argument any) (rule, error) {
	if _, isRule := argument.(map[string]any); isRule {
		r, err := parseRule(argument)
		if err != nil {
			return nil, err
		}
		return func(v any) bool { return v != absent{} && !r(v) }, nil
	}
	values, isList := argument.([]any)
	if !isList {
		values = []any{argument}
	}
	for _, value := range values {
		switch value.(type) {
		case string, float64:
		default:
			return nil, fmt.Errorf("anything-but does not take %v", value)
		}
	}
	return func(v any) bool {
		switch v.(type) {
		case absent, map[string]any:
			return false
		}
		return !slices.Contains(values, v)
	}, nil
}

// parseNumeric takes pairs of an operator and a number, all of which must hold.
func parseNumeric(argument any) (rule, error) {
	list, _ := argument.([]any)
	if len(list) == 0 || len(list)%2 != 0 {
		return nil, errors.New("numeric takes pairs of an operator and a number")
	}
	var all []func(float64) bool
	for pair := range slices.Chunk(list, 2) {
		limit, ok := pair[1].(float64)
		if !ok {
			return nil, fmt.Errorf("numeric does not take %v", pair[1])
		}
		switch pair[0] {
		case "=":
			all = append(all, func(n float64) bool { return n == limit })
		case "<":
			all = append(all, func(n float64) bool { return n < limit })
		case "<=":
			all = append(all, func(n float64) bool { return n <= limit })
		case ">":
			all = append(all, func(n float64) bool { return n > limit })
		case ">=":
			all = append(all, func(n float64) bool { return n >= limit })
		default:
			return nil, fmt.Errorf("numeric does not know %v", pair[0])
		}
	}
	return func(v any) bool {
		n, ok := v.(float64)
		return ok && !slices.ContainsFunc(all, func(holds func(float64) bool) bool { return !holds(n) })
	}, nil
}

// match reports whether an event, as a JSON object, goes through.
func (f filters) match(event map[string]any) bool {
	return len(f) == 0 || slices.ContainsFunc(f, func(p pattern) bool { return p.match(event) })
}

func (p pattern) match(object map[string]any) bool {
	for name, f := range p.fields {
		value, present := object[name]
		if !present {
			value = absent{}
		}
		if !f.match(value) {
			return false
		}
	}
	return len(p.alternatives) == 0 || slices.ContainsFunc(p.alternatives, func(a pattern) bool { return a.match(object) })
}

func (f field) match(value any) bool {
	if t, ok := value.(text); ok {
		if value = t.plain; t.object != nil {
			value = t.object
		}
	}
	if f.inside != nil {
		object, ok := value.(map[string]any)
		if _, missing := value.(absent); missing {
			object, ok = map[string]any{}, true // of which everything is absent
		}
		return ok && f.inside.match(object)
	}
	values, isList := value.([]any)
	if !isList {
		values = []any{value}
	}
	return slices.ContainsFunc(values, func(v any) bool {
		return slices.ContainsFunc(f.rules, func(holds rule) bool { return holds(v) })
	})
}

// object returns an event as patterns see it.
func object(event any) map[string]any {
	encoded, err := json.Marshal(event)
	if err == nil {
		var tree map[string]any
		if err = json.Unmarshal(encoded, &tree); err == nil {
			return tree
		}
	}
	panic(err) // an event of aws-lambda-go is JSON both ways
}
