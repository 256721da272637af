package geoindex

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// feedPart is one partition of the index and how far it has been read: everything newer
// than unread, and of the time unread what comes before start.
type feedPart struct {
	value  string
	unread int64 // the latest time of an item that has not been read
	start  map[string]types.AttributeValue
	done   bool // all has been read
	limit  int  // of the next query; doubles whenever it was not enough
}

func newFeedPart(value string, after Position) *feedPart {
	p := &feedPart{value: value, unread: math.MaxInt64}
	if after != (Position{}) {
		p.unread = after.Time
	}
	return p
}

// feedQuery is what the queries of one feed have in common.
type feedQuery struct {
	table      *Table
	common     dynamodb.QueryInput
	expression expression.Expression
}

func (t *Table) newFeedQuery(x index, o FeedOptions) (*feedQuery, error) {
	q := &feedQuery{table: t}
	b, used := expression.NewBuilder(), false
	if filter, ok := t.filter(o.Filter); ok {
		b, used = b.WithFilter(filter), true
	}
	if len(o.Projection) > 0 {
		names := slices.Clone(o.Projection)
		if !slices.Contains(names, x.sort) {
			names = append(names, x.sort)
		}
		b, used = b.WithProjection(t.projection(names)), true
	}
	if used { // an empty builder is an error
		e, err := build(b)
		if err != nil {
			return nil, err
		}
		q.expression = e
	}
	q.common = dynamodb.QueryInput{
		TableName:                &t.name,
		IndexName:                aws.String(x.name),
		KeyConditionExpression:   aws.String("#part = :part AND #time BETWEEN :low AND :high"),
		FilterExpression:         q.expression.Filter(),
		ProjectionExpression:     q.expression.Projection(),
		ExpressionAttributeNames: merged(map[string]string{"#part": x.partition, "#time": x.sort}, q.expression.Names()),
		ScanIndexForward:         aws.Bool(false),
		ReturnConsumedCapacity:   types.ReturnConsumedCapacityTotal,
	}
	return q, nil
}

// read reads p's next items, at most p.limit, none older than low, and notes how far p
// has been read then.
func (q *feedQuery) read(ctx context.Context, p *feedPart, low int64) (items []FeedItem, got page, err error) {
	in := q.common
	in.Limit = aws.Int32(int32(p.limit))
	in.ExclusiveStartKey = p.start
	in.ExpressionAttributeValues = map[string]types.AttributeValue{
		":part": &types.AttributeValueMemberS{Value: p.value}, ":low": integer(low), ":high": integer(p.unread),
	}
	maps.Copy(in.ExpressionAttributeValues, q.expression.Values())
	out, err := q.table.client.Query(ctx, &in)
	if err != nil {
		return nil, got, fmt.Errorf("geoindex: query %s of %s: %w", p.value, *in.IndexName, classify(err))
	}
	got = page{scanned: int(out.ScannedCount)}
	if out.ConsumedCapacity != nil {
		got.units = aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
	}
	for _, item := range out.Items {
		f, err := q.item(item)
		if err != nil {
			return nil, got, err
		}
		items = append(items, f)
	}
	return items, got, q.advance(p, low, out.LastEvaluatedKey)
}

// advance notes how far p has been read.
func (q *feedQuery) advance(p *feedPart, low int64, last map[string]types.AttributeValue) (err error) {
	p.start = last
	switch {
	case len(last) > 0:
		p.limit *= 2
		p.unread, err = q.time(last)
	case low == math.MinInt64:
		p.done = true
	default:
		p.unread = low - 1
	}
	return err
}

func (q *feedQuery) item(item map[string]types.AttributeValue) (FeedItem, error) {
	at, err := q.time(item)
	if err != nil {
		return FeedItem{}, err
	}
	p, err := q.table.ParseItem(item)
	return FeedItem{Point: p, Time: at}, err
}

func (q *feedQuery) time(item map[string]types.AttributeValue) (int64, error) {
	name := q.table.options.TimeAttribute
	at, err := strconv.ParseInt(scalar(item[name]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: attribute %s is no 64-bit integer: %w", ErrCorrupt, name, err)
	}
	return at, nil
}

func integer(v int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(v, 10)}
}
