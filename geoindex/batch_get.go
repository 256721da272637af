package geoindex

import (
	"context"
	"fmt"
	"sync"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// GetBatch returns the items of keys, however many, which it reads with up to
// Options.Workers requests at a time. What does not exist or has expired is not in the
// map. It asks again for what DynamoDB leaves unprocessed, as [Table.PutBatch] does.
//
// An error is a [*BatchError], in which Left and Unknown are what was not read, or an
// [ErrInvalid]; the map has what was read. Keys that follow in the slice are in neither.
// With an [ErrCorrupt] the item of another layout is what was not read.
func (t *Table) GetBatch(ctx context.Context, keys []Key, optFns ...func(*GetOptions)) (map[Key]Point, error) {
	var o GetOptions
	for _, fn := range optFns {
		fn(&o)
	}
	r := batchReader{table: t, found: map[Key]Point{}, common: types.KeysAndAttributes{ConsistentRead: &o.ConsistentRead}}
	if len(o.Projection) > 0 {
		e, err := build(expression.NewBuilder().WithProjection(projection(t.withTTL(o.Projection))))
		if err != nil {
			return nil, err
		}
		r.common.ProjectionExpression, r.common.ExpressionAttributeNames = e.Projection(), e.Names()
	}
	options := BatchOptions{Workers: t.options.Workers}
	if err := options.setDefaults(); err != nil {
		return nil, err
	}
	b := batch{options: options, size: maxBatchGet, send: r.send}
	_, err := b.run(ctx, distinct(keys))
	return r.found, err
}

// distinct yields each valid key once.
func distinct(keys []Key) func(func(task, error) bool) {
	return func(yield func(task, error) bool) {
		seen := map[Key]bool{}
		for _, k := range keys {
			if seen[k] {
				continue
			}
			seen[k] = true
			if !yield(task{key: k}, k.Validate()) {
				return
			}
		}
	}
}

// batchReader reads for one GetBatch.
type batchReader struct {
	table  *Table
	common types.KeysAndAttributes // all but the keys

	mu    sync.Mutex
	found map[Key]Point // guarded by mu
}

func (r *batchReader) send(ctx context.Context, chunk []task) (answer, error) {
	name, request := r.table.name, r.common
	for _, j := range chunk {
		request.Keys = append(request.Keys, r.table.PrimaryKey(j.key))
	}
	out, err := r.table.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems:           map[string]types.KeysAndAttributes{name: request},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	})
	if err != nil {
		return answer{}, fmt.Errorf("geoindex: read a batch of %d: %w", len(chunk), classify(err))
	}
	if err := r.take(out.Responses[name]); err != nil {
		return answer{}, err
	}
	left := out.UnprocessedKeys[name].Keys
	rest, err := r.table.unprocessed(chunk, len(left), func(i int) map[string]types.AttributeValue { return left[i] })
	return answer{rest, consumed(out.ConsumedCapacity)}, err
}

func (r *batchReader) take(items []map[string]types.AttributeValue) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, item := range items {
		if r.table.expired(item) {
			continue
		}
		p, err := r.table.ParseItem(item)
		if err != nil {
			return fmt.Errorf("geoindex: read a batch: %w", err)
		}
		r.found[p.Key] = p
	}
	return nil
}
