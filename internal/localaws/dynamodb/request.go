package dynamodb

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// expressions are the parameters that requests with expressions share.
type expressions struct {
	ExpressionAttributeNames  map[string]string
	ExpressionAttributeValues json.RawMessage
}

// params decodes the names and values. any tells whether the request has an
// expression at all: names and values without one are refused.
func (x expressions) params(any bool) (*expr.Params, error) {
	if !any {
		switch {
		case x.ExpressionAttributeNames != nil:
			return nil, invalid("ExpressionAttributeNames can only be specified when using expressions")
		case x.ExpressionAttributeValues != nil && string(x.ExpressionAttributeValues) != "null":
			return nil, invalid("ExpressionAttributeValues can only be specified when using expressions")
		}
	}
	values, err := expr.DecodeValues(orNull(x.ExpressionAttributeValues))
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

// legacy are the parameters from before expressions.
type legacy struct {
	Expected            json.RawMessage
	AttributeUpdates    json.RawMessage
	AttributesToGet     json.RawMessage
	KeyConditions       json.RawMessage
	QueryFilter         json.RawMessage
	ScanFilter          json.RawMessage
	ConditionalOperator json.RawMessage
}

// refuse names the first legacy parameter and what to use instead.
func (l legacy) refuse() error {
	for _, p := range []struct {
		raw           json.RawMessage
		name, instead string
	}{
		{l.Expected, "Expected", "ConditionExpression"},
		{l.AttributeUpdates, "AttributeUpdates", "UpdateExpression"},
		{l.AttributesToGet, "AttributesToGet", "ProjectionExpression"},
		{l.KeyConditions, "KeyConditions", "KeyConditionExpression"},
		{l.QueryFilter, "QueryFilter", "FilterExpression"},
		{l.ScanFilter, "ScanFilter", "FilterExpression"},
		{l.ConditionalOperator, "ConditionalOperator", "AND and OR in expressions"},
	} {
		if p.raw != nil && string(p.raw) != "null" {
			return invalid("The legacy parameter %s is not supported here: use %s", p.name, p.instead)
		}
	}
	return nil
}

// itemParam decodes an item or key that must be there.
func itemParam(name string, raw json.RawMessage) (attr.Item, error) {
	item, err := attr.DecodeItem(orNull(raw))
	if err != nil {
		return nil, err
	}
	if item == nil {
		return nil, invalid("1 validation error detected: Value null at '%s' failed to satisfy constraint: Member must not be null", name)
	}
	return item, nil
}

// enum checks a parameter with a fixed set of values; "" is the default.
func enum(name, value string, allowed ...string) error {
	if value == "" || slices.Contains(allowed, value) {
		return nil
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", value, name, strings.Join(allowed, ", "))
}

func checkCapacityParam(v string) error {
	return enum("returnConsumedCapacity", v, "INDEXES", "TOTAL", "NONE")
}

// condition parses an optional condition.
func condition(src *string, p *expr.Params) (*expr.Condition, error) {
	if src == nil {
		return nil, nil
	}
	return expr.ParseCondition("ConditionExpression", *src, p)
}
