package expr

import (
	"slices"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Names are the ExpressionAttributeNames of a request: "#n" to an attribute
// name. Nil means that the request has none; an empty map is refused.
type Names map[string]string

// Values are the ExpressionAttributeValues of a request: ":v" to a value. Nil
// means that the request has none; an empty map is refused.
type Values map[string]attr.Value

// maxPlaceholder is the length in bytes of the longest placeholder, with its sign,
// from the developer guide, "Service, account, and table quotas".
const maxPlaceholder = 255

// DecodeValues reads the JSON object of ExpressionAttributeValues. Errors are
// those of [attr.DecodeItem], in the words that DynamoDB uses for this parameter.
// JSON null decodes to nil.
func DecodeValues(data []byte) (Values, error) {
	item, err := attr.DecodeNamed(data, func(key string, err *attr.ValidationError) *attr.ValidationError {
		return attr.Invalidf("ExpressionAttributeValues contains invalid value: %s for key %s", err.Message, key)
	})
	return Values(item), err
}

// Params are the names and values that the expressions of one request share. It
// records which of them an expression used. It is not safe for concurrent use.
type Params struct {
	names      Names
	values     Values
	usedNames  []string
	usedValues []string
	bound      []attr.Value // those of usedValues
}

// NewParams checks the placeholders. Parse every expression of the request with
// the result, then call [Params.CheckUnused]. It keeps the maps. The error is a
// [*attr.ValidationError].
func NewParams(names map[string]string, values map[string]attr.Value) (*Params, error) {
	if names != nil && len(names) == 0 {
		return nil, attr.Invalidf("ExpressionAttributeNames must not be empty")
	}
	if values != nil && len(values) == 0 {
		return nil, attr.Invalidf("ExpressionAttributeValues must not be empty")
	}
	if err := checkKeys("ExpressionAttributeNames", '#', names); err != nil {
		return nil, err
	}
	if err := checkNames(names); err != nil {
		return nil, err
	}
	if err := checkKeys("ExpressionAttributeValues", ':', values); err != nil {
		return nil, err
	}
	return &Params{names: names, values: values}, nil
}

// checkKeys checks the syntax of placeholders. Of several wrong ones it reports
// the first in order, so that the answer is always the same.
func checkKeys[V any](parameter string, sign byte, m map[string]V) error {
	wrong, found := "", false
	for key := range m {
		if (key == "" || key[0] != sign || len(key) == 1 || wordLen(key[1:]) != len(key)-1 || len(key) > maxPlaceholder) &&
			(!found || key < wrong) {
			wrong, found = key, true
		}
	}
	switch {
	case !found:
		return nil
	case len(wrong) > maxPlaceholder:
		return attr.Invalidf("%s contains invalid key: The expression attribute map contains a key that is too long; size of key: %d", parameter, len(wrong))
	}
	return attr.Invalidf("%s contains invalid key: Syntax error; key: \"%s\"", parameter, wrong)
}

func checkNames(names Names) error {
	wrong, found := "", false
	for key, name := range names {
		if (name == "" || len(name) > attr.MaxName) && (!found || key < wrong) {
			wrong, found = key, true
		}
	}
	switch {
	case !found:
		return nil
	case names[wrong] == "":
		return attr.Invalidf("ExpressionAttributeNames contains invalid value: Empty attribute name for key %s", wrong)
	}
	return attr.Invalidf("ExpressionAttributeNames contains invalid value: Attribute name is too large, must be less than %d bytes for key %s", attr.MaxName+1, wrong)
}

// name returns the attribute name of the placeholder alias.
func (p *Params) name(alias string) (string, bool) {
	name, ok := p.names[alias]
	if ok && !slices.Contains(p.usedNames, alias) {
		if p.usedNames == nil {
			p.usedNames = make([]string, 0, len(p.names))
		}
		p.usedNames = append(p.usedNames, alias)
	}
	return name, ok
}

// value returns the value of the placeholder key, nil where there is none.
func (p *Params) value(key string) *attr.Value {
	if i := slices.Index(p.usedValues, key); i >= 0 {
		return &p.bound[i]
	}
	v, ok := p.values[key]
	if !ok {
		return nil
	}
	if p.bound == nil { // once, so that they stay where they are
		p.bound = make([]attr.Value, 0, len(p.values))
		p.usedValues = make([]string, 0, len(p.values))
	}
	p.usedValues, p.bound = append(p.usedValues, key), append(p.bound, v)
	return &p.bound[len(p.bound)-1]
}

// CheckUnused returns AWS's error where a name or value is used by no expression
// parsed so far.
func (p *Params) CheckUnused() error {
	if err := checkUnused("ExpressionAttributeNames", p.names, p.usedNames); err != nil {
		return err
	}
	return checkUnused("ExpressionAttributeValues", p.values, p.usedValues)
}

func checkUnused[V any](parameter string, m map[string]V, used []string) error {
	if len(used) == len(m) {
		return nil
	}
	var unused []string
	for key := range m {
		if !slices.Contains(used, key) {
			unused = append(unused, key)
		}
	}
	slices.Sort(unused)
	return attr.Invalidf("Value provided in %s unused in expressions: keys: {%s}", parameter, strings.Join(unused, ", "))
}
