package geoindex

import (
	"maps"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// rangeQuery is what the queries of one search have in common. The layout's key condition
// has placeholders of its own, so that the caller's expressions, whose placeholders are #0
// and :0 and so on, are built once for all of them.
type rangeQuery struct {
	client     DynamoDB
	common     dynamodb.QueryInput // all but the values of the key condition
	expression expression.Expression
}

func (t *Table) newRangeQuery(o SearchOptions) (*rangeQuery, error) {
	q := &rangeQuery{client: t.client}
	b, used := expression.NewBuilder(), false
	if filter, ok := t.filter(o.Filter); ok {
		b, used = b.WithFilter(filter), true
	}
	if len(o.Projection) > 0 {
		b, used = b.WithProjection(t.projection(with(o.Projection, o.Order.attribute))), true
	}
	if used { // an empty builder is an error
		e, err := build(b)
		if err != nil {
			return nil, err
		}
		q.expression = e
	}
	condition, names, index := t.layout.condition()
	maps.Copy(names, q.expression.Names())
	q.common = dynamodb.QueryInput{
		TableName:                &t.name,
		IndexName:                index,
		KeyConditionExpression:   &condition,
		FilterExpression:         q.expression.Filter(),
		ProjectionExpression:     q.expression.Projection(),
		ExpressionAttributeNames: names,
		ConsistentRead:           &o.ConsistentRead,
		ReturnConsumedCapacity:   types.ReturnConsumedCapacityTotal,
	}
	return q, nil
}

// count makes queries return numbers and no items.
func (q *rangeQuery) count() { q.common.Select = types.SelectCount }

// input returns a query for its first page.
func (q *rangeQuery) input(r read) *dynamodb.QueryInput {
	maps.Copy(r.values, q.expression.Values())
	in := q.common
	in.ExpressionAttributeValues, in.ExclusiveStartKey = r.values, r.start
	return &in
}

// filter joins the caller's filter and the one against expired items.
func (t *Table) filter(own expression.ConditionBuilder) (filter expression.ConditionBuilder, ok bool) {
	alive, expires := t.alive()
	switch {
	case own.IsSet() && expires:
		return alive.And(own), true
	case own.IsSet():
		return own, true
	default:
		return alive, expires
	}
}

// projection adds what the layout needs to the caller's names, each once:
// DynamoDB refuses paths that overlap.
func (t *Table) projection(names []string) expression.ProjectionBuilder {
	var p expression.ProjectionBuilder
	for _, name := range t.layout.attributes() {
		p = p.AddNames(expression.Name(name))
	}
	for _, name := range names {
		if !t.layout.reserved(name) {
			p = p.AddNames(expression.Name(name))
		}
	}
	return p
}
