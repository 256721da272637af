package geoindex

import (
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

// alive is the filter that hides expired items in a query; ok is false where nothing
// expires.
func (t *Table) alive() (filter expression.ConditionBuilder, ok bool) {
	if t.options.TTLAttribute == "" {
		return filter, false
	}
	at := expression.Name(t.options.TTLAttribute)
	now := expression.Value(t.options.Clock().Unix())
	// Comparing other types than numbers is false, so they never expire.
	return expression.Or(at.AttributeNotExists(), expression.Not(at.LessThanEqual(now))), true
}
