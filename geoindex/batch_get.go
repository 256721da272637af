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
// map, whose keys are as they were given. It asks again for what DynamoDB leaves unprocessed, as [Table.PutBatch] does.
//
// An error is a [*BatchError], in which Left and Unknown are what was not read, or an
// [ErrInvalid]; the map has what was read. Keys that follow in the slice are in neither.
// With an [ErrCorrupt] the item of another layout is what was not read.
func (t *Table) GetBatch(ctx context.Context, keys []Key, optFns ...func(*GetOptions)) (map[Key]Point, error) {
	var o GetOptions
	for _, fn := range optFns {
		fn(&o)
	}
	r := batchReader{table: t, found: map[Key]Point{}, asked: map[string][]Key{}, common: types.KeysAndAttributes{ConsistentRead: &o.ConsistentRead}}
	if len(o.Projection) > 0 {
		e, err := build(expression.NewBuilder().WithProjection(t.projection(t.withTTL(o.Projection))))
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
	_, err := b.run(ctx, r.distinct(keys))
	return r.found, err
}

// distinct yields one key of each item, and notes all.
func (r *batchReader) distinct(keys []Key) func(func(task, error) bool) {
	for _, k := range keys {
		if r.table.layout.check(k) == nil {
			slot := r.table.layout.slot(k)
			r.asked[slot] = append(r.asked[slot], k)
		}
	}
	return func(yield func(task, error) bool) {
		seen := map[string]bool{}
		for _, k := range keys {
			j, err := task{key: k}, r.table.layout.check(k)
			if err == nil {
				j.slot = r.table.layout.slot(k)
			}
			if seen[j.slot] {
				continue
			}
			seen[j.slot] = true
			if !yield(j, err) {
				return
			}
		}
	}
}

// batchReader reads for one GetBatch.
type batchReader struct {
	table  *Table
	common types.KeysAndAttributes // all but the keys
	asked  map[string][]Key        // by slot

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
		for _, k := range r.asked[r.table.layout.slot(p.Key)] {
			r.found[k] = p
		}
	}
	return nil
}
