package geoindex

import (
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// expired reports whether the item's time of expiry has come. DynamoDB ignores times
// that are no numbers, and so does this.
func (t *Table) expired(item map[string]types.AttributeValue) bool {
	n, ok := item[t.options.TTLAttribute].(*types.AttributeValueMemberN)
	if !ok {
		return false
	}
	at, err := strconv.ParseFloat(n.Value, 64)
	return err == nil && at <= float64(t.options.Clock().Unix())
}

// alive is the condition that an item has not expired; ok is false where nothing expires.
func (t *Table) alive() (condition expression.ConditionBuilder, ok bool) {
	if t.options.TTLAttribute == "" {
		return condition, false
	}
	at := expression.Name(t.options.TTLAttribute)
	now := expression.Value(t.options.Clock().Unix())
	// Comparing other types than numbers is false, so they never expire.
	return expression.Or(at.AttributeNotExists(), expression.Not(at.LessThanEqual(now))), true
}

// exists is the condition that there is an item and it has not expired.
func (t *Table) exists() expression.ConditionBuilder {
	exists := expression.Name(t.layout.keyAttribute()).AttributeExists()
	if alive, ok := t.alive(); ok {
		return exists.And(alive)
	}
	return exists
}

// absent is the condition that there is no item, or that it has expired.
func (t *Table) absent() expression.ConditionBuilder {
	absent := expression.Name(t.layout.keyAttribute()).AttributeNotExists()
	if alive, ok := t.alive(); ok {
		return absent.Or(expression.Not(alive))
	}
	return absent
}

// withTTL adds the attribute that expired needs to a projection.
func (t *Table) withTTL(names []string) []string { return with(names, t.options.TTLAttribute) }

// with adds an attribute to the names of a projection, once, if there is one.
func with(names []string, attribute string) []string {
	if attribute == "" || slices.Contains(names, attribute) {
		return names
	}
	return append(slices.Clone(names), attribute)
}
