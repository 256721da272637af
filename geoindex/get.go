package geoindex

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// GetOptions configure Get.
type GetOptions struct {
	// ConsistentRead sees every write acknowledged before; it costs twice the read units.
	ConsistentRead bool
	// Projection names the attributes to return, as document paths. The layout's own
	// are returned in any case, as is Options.TTLAttribute. Default: all.
	Projection []string
}

// Get returns an item. One that does not exist or has expired is an [ErrNotFound].
func (t *Table) Get(ctx context.Context, k Key, optFns ...func(*GetOptions)) (Point, error) {
	if err := t.layout.check(k); err != nil {
		return Point{}, err
	}
	var o GetOptions
	for _, fn := range optFns {
		fn(&o)
	}
	in := &dynamodb.GetItemInput{TableName: &t.name, ConsistentRead: &o.ConsistentRead}
	if len(o.Projection) > 0 {
		e, err := build(expression.NewBuilder().WithProjection(t.projection(t.withTTL(o.Projection))))
		if err != nil {
			return Point{}, err
		}
		in.ProjectionExpression, in.ExpressionAttributeNames = e.Projection(), e.Names()
	}
	for _, k := range append([]Key{k}, t.layout.others(k)...) {
		in.Key = t.PrimaryKey(k)
		out, err := t.client.GetItem(ctx, in)
		if err != nil {
			return Point{}, fmt.Errorf("geoindex: get %s: %w", k, classify(err))
		}
		if out.Item != nil && !t.expired(out.Item) {
			return t.layout.point(out.Item)
		}
	}
	return Point{}, fmt.Errorf("%w: %s", ErrNotFound, k)
}
