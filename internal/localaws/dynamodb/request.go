package dynamodb

import (
	"encoding/json"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// expressions are the parameters that requests with expressions share.
type expressions struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues Document
}

// expression is a parameter of a request that holds an expression, nil where it is not
// there.
type expression struct {
	name   string
	source *string
}

// check refuses what does not go together: expressions with parameters from before
// them, those parameters at all, and names and values for no expression.
func (x expressions) check(l legacy, all ...expression) error {
	var given, missing []string
	for _, e := range all {
		if e.source != nil {
			given = append(given, e.name)
		} else if e.name != "ProjectionExpression" {
			missing = append(missing, e.name)
		}
	}
	if old := l.names(); old != nil && given != nil {
		return invalid("Can not use both expression and non-expression parameters in the same request: Non-expression parameters: {%s} Expression parameters: {%s}",
			strings.Join(old, ", "), strings.Join(given, ", "))
	}
	if err := l.refuse(); err != nil {
		return err
	}
	if x.ExpressionAttributeNames != nil && given == nil {
		return invalid("ExpressionAttributeNames can only be specified when using expressions")
	}
	values := len(all) // expressions that can have values
	if all[0].name == "ProjectionExpression" {
		values--
	}
	if x.ExpressionAttributeValues.present() && values > 0 && len(missing) == values {
		verb := "is"
		if values > 1 {
			verb = "are"
		}
		return invalid("ExpressionAttributeValues can only be specified when using expressions: %s %s null", strings.Join(missing, " and "), verb)
	}
	return nil
}

// params decodes the names and values.
func (x expressions) params() (*expr.Params, error) {
	values, err := x.ExpressionAttributeValues.expressionValues()
	if err != nil {
		return nil, err
	}
	return expr.NewParams(x.ExpressionAttributeNames, values)
}

func orNull(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return json.RawMessage("null")
	}
	return raw
}

func present(raw json.RawMessage) bool { return raw != nil && string(raw) != "null" }

// legacy are the parameters from before expressions.
type legacy struct {
	AttributeUpdates    json.RawMessage
	AttributesToGet     json.RawMessage
	QueryFilter         json.RawMessage
	ScanFilter          json.RawMessage
	ConditionalOperator json.RawMessage
	KeyConditions       json.RawMessage
	Expected            json.RawMessage
}

// parameters returns the names of the parameters, what is to be used instead of them,
// and what the request has for them.
func (l *legacy) parameters() [7]struct {
	name, instead string
	raw           json.RawMessage
} {
	return [...]struct {
		name, instead string
		raw           json.RawMessage
	}{
		{"AttributeUpdates", "UpdateExpression", l.AttributeUpdates},
		{"AttributesToGet", "ProjectionExpression", l.AttributesToGet},
		{"QueryFilter", "FilterExpression", l.QueryFilter},
		{"ScanFilter", "FilterExpression", l.ScanFilter},
		{"ConditionalOperator", "AND and OR in expressions", l.ConditionalOperator},
		{"KeyConditions", "KeyConditionExpression", l.KeyConditions},
		{"Expected", "ConditionExpression", l.Expected},
	}
}

// names returns the names of those that are there.
func (l *legacy) names() (names []string) {
	for _, p := range l.parameters() {
		if present(p.raw) {
			names = append(names, p.name)
		}
	}
	return names
}

// refuse names the first legacy parameter and what to use instead.
func (l *legacy) refuse() error {
	for _, p := range l.parameters() {
		if present(p.raw) {
			return invalid("The legacy parameter %s is not supported here: use %s", p.name, p.instead)
		}
	}
	return nil
}

// condition parses an optional condition.
func condition(src *string, p *expr.Params) (*expr.Condition, error) {
	if src == nil {
		return nil, nil
	}
	return expr.ParseCondition("ConditionExpression", *src, p)
}
