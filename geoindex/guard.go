package geoindex

import (
	"fmt"
	"maps"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// condition is the text of an expression with its placeholders. Those of the expression
// package are #0 and :0 and so on; the ones made here have a letter before the number.
// They are made by hand since attributes may have names with dots and brackets, which
// that package takes for paths.
type condition struct {
	text   string
	names  map[string]string
	values map[string]types.AttributeValue
}

// conditionOf builds a caller's condition.
func conditionOf(own expression.ConditionBuilder) (condition, error) {
	e, err := build(expression.NewBuilder().WithCondition(own))
	if err != nil {
		return condition{}, err
	}
	return condition{*e.Condition(), e.Names(), e.Values()}, nil
}

// and joins two conditions, the second of which may be empty.
func (c condition) and(o condition) condition {
	if o.text == "" {
		return c
	}
	return condition{"(" + c.text + ") AND (" + o.text + ")", merged(c.names, o.names), merged(c.values, o.values)}
}

func merged[V any](a, b map[string]V) map[string]V {
	sum := maps.Clone(a)
	maps.Copy(sum, b)
	return sum
}

// unchanged is the condition that all attributes of an item but its key are as they are.
func unchanged(item, key map[string]types.AttributeValue) condition {
	c := condition{names: map[string]string{}, values: map[string]types.AttributeValue{}}
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(item)) {
		if _, ok := key[name]; ok {
			continue
		}
		terms = append(terms, c.term("g", name, item[name]))
	}
	c.text = strings.Join(terms, " AND ")
	return c
}

// term returns "name = value" in new placeholders.
func (c *condition) term(letter, name string, value types.AttributeValue) string {
	n, v := fmt.Sprintf("#%s%d", letter, len(c.names)), fmt.Sprintf(":%s%d", letter, len(c.values))
	c.names[n], c.values[v] = name, value
	return n + " = " + v
}

// raise raises the version among an item's attributes by one, from none to 1, and
// returns the condition that it was as it was.
func raise(attributes map[string]types.AttributeValue, version string) (condition, error) {
	names := map[string]string{"#v": version}
	old, ok := attributes[version]
	if !ok {
		attributes[version] = &types.AttributeValueMemberN{Value: "1"}
		return condition{"attribute_not_exists(#v)", names, nil}, nil
	}
	n, ok := old.(*types.AttributeValueMemberN)
	if !ok {
		return condition{}, fmt.Errorf("%w: version attribute %s is not a number", ErrInvalid, version)
	}
	next, ok := new(big.Int).SetString(n.Value, 10)
	if !ok {
		return condition{}, fmt.Errorf("%w: version %s is not an integer", ErrInvalid, n.Value)
	}
	attributes[version] = &types.AttributeValueMemberN{Value: next.Add(next, big.NewInt(1)).String()}
	return condition{"#v = :v", names, map[string]types.AttributeValue{":v": old}}, nil
}

// assignment is the update that makes the item old the item next, which has all of its
// attributes.
func assignment(next, old map[string]types.AttributeValue) condition {
	c := condition{names: map[string]string{}, values: map[string]types.AttributeValue{}}
	var terms []string
	for _, name := range slices.Sorted(maps.Keys(next)) {
		if !reflect.DeepEqual(next[name], old[name]) {
			terms = append(terms, c.term("s", name, next[name]))
		}
	}
	c.text = "SET " + strings.Join(terms, ", ")
	return c
}
