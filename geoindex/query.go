package geoindex

import (
	"encoding/binary"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The key condition has placeholders of its own, so that the caller's expressions, whose
// placeholders are #0 and :0 and so on, are built once for all ranges of a search.
const (
	keyCondition = "#pk = :pk AND #sk BETWEEN :min AND :max"
	pkName       = "#pk"
	skName       = "#sk"
)

// rangeQuery is what the queries of one search have in common.
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
		b, used = b.WithProjection(projection(o.Projection)), true
	}
	if used { // an empty builder is an error
		e, err := build(b)
		if err != nil {
			return nil, err
		}
		q.expression = e
	}
	names := map[string]string{pkName: partitionKey, skName: sortKey}
	maps.Copy(names, q.expression.Names())
	q.common = dynamodb.QueryInput{
		TableName:                &t.name,
		KeyConditionExpression:   aws.String(keyCondition),
		FilterExpression:         q.expression.Filter(),
		ProjectionExpression:     q.expression.Projection(),
		ExpressionAttributeNames: names,
		ConsistentRead:           &o.ConsistentRead,
	}
	if o.Stats != nil {
		q.common.ReturnConsumedCapacity = types.ReturnConsumedCapacityTotal
	}
	return q, nil
}

// input returns the query of one range, for its first page.
func (q *rangeQuery) input(r keyRange) *dynamodb.QueryInput {
	// A leaf's items begin with its 8 bytes and go on: those of r.max lie below the 8
	// bytes of r.max+1, which is no leaf and has no items.
	low := binary.BigEndian.AppendUint64(nil, uint64(r.min))
	high := binary.BigEndian.AppendUint64(nil, uint64(r.max)+1)
	values := map[string]types.AttributeValue{
		":pk":  &types.AttributeValueMemberS{Value: r.partition.Token()},
		":min": &types.AttributeValueMemberB{Value: low},
		":max": &types.AttributeValueMemberB{Value: high},
	}
	maps.Copy(values, q.expression.Values())
	in := q.common
	in.ExpressionAttributeValues = values
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

// projection adds what ParseItem needs to the caller's names, each once: DynamoDB
// refuses paths that overlap.
func projection(names []string) expression.ProjectionBuilder {
	p := expression.NamesList(expression.Name(sortKey), expression.Name(location))
	for _, name := range names {
		if !reserved(name) {
			p = p.AddNames(expression.Name(name))
		}
	}
	return p
}
