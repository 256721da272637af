package geoindex

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// BatchOptions configure PutBatch and DeleteBatch. A zero value means the default.
type BatchOptions struct {
	// Workers bounds the requests on their way, 1 to 64. Default 8.
	Workers int
	// Attempts is how often in a row DynamoDB may refuse everything of a request for lack
	// of capacity until the batch fails, 1 to 1,000. Default 16, within about a minute.
	Attempts int
	// Progress is called with the keys of what is done, after each request. Calls come
	// from one goroutine at a time; a slow one slows the batch.
	Progress func(done []Key)
}

// BatchResult tells what a batch has done.
type BatchResult struct {
	Done     int     // items written, or keys read
	Requests int     // to DynamoDB, the client's own retries not counted
	Retried  int     // items that DynamoDB left unprocessed and that were sent again
	Units    float64 // capacity units that DynamoDB reported
}

// BatchError reports a batch that ended early. errors.Is finds the condition: that of
// the context, [ErrThrottled], [ErrNoTable], [ErrInvalid] or the client's own error.
//
// What was done is counted in the [BatchResult] and was told to BatchOptions.Progress.
// What the batch had not yet taken from its sequence is in neither list.
type BatchError struct {
	Left    []Key // taken and not done; sorted
	Unknown []Key // taken, and done or not: the request got no answer; sorted
	Err     error
}

func (e *BatchError) Error() string {
	return fmt.Sprintf("geoindex: batch ended early, %d items not done and %d unknown: %v", len(e.Left), len(e.Unknown), e.Err)
}

// Unwrap returns Err.
func (e *BatchError) Unwrap() error { return e.Err }

// The most items of a request ("Quotas in Amazon DynamoDB").
const (
	maxBatchWrite = 25
	maxBatchGet   = 100
)

// PutBatch stores points, however many, and replaces the items that have their keys. It
// takes them from the sequence as they are needed, in the caller's goroutine, and sends
// again what DynamoDB leaves unprocessed, at growing intervals. Of points with the same
// key the last one stays.
//
// It ends early, with a [*BatchError], when the context ends, at a point that is not
// valid (all before it are written) and when DynamoDB fails or goes on refusing. To
// resume, put what is in Left and Unknown and what follows in the sequence: putting a
// point twice is the same as once.
func (t *Table) PutBatch(ctx context.Context, points iter.Seq[Point], optFns ...func(*BatchOptions)) (BatchResult, error) {
	return t.writeBatch(ctx, optFns, func(yield func(task, error) bool) {
		for p := range points {
			item, err := t.Item(p)
			if err != nil {
				err = fmt.Errorf("point %s: %w", p.Key, err)
			}
			if !yield(task{p.Key, t.layout.slot(p.Key), types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}}, err) {
				return
			}
		}
	})
}

// DeleteBatch removes items, however many, as [Table.PutBatch] stores them. Deleting what
// does not exist succeeds.
func (t *Table) DeleteBatch(ctx context.Context, keys iter.Seq[Key], optFns ...func(*BatchOptions)) (BatchResult, error) {
	return t.writeBatch(ctx, optFns, func(yield func(task, error) bool) {
		for k := range keys {
			j, err := task{key: k, slot: t.layout.slot(k)}, t.layout.check(k)
			if err == nil {
				j.write.DeleteRequest = &types.DeleteRequest{Key: t.PrimaryKey(k)}
			}
			if !yield(j, err) {
				return
			}
		}
	})
}

// writeBatch runs tasks that write; one with an error ends the batch.
func (t *Table) writeBatch(ctx context.Context, optFns []func(*BatchOptions), tasks iter.Seq2[task, error]) (BatchResult, error) {
	var o BatchOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if err := o.setDefaults(); err != nil {
		return BatchResult{}, err
	}
	b := batch{options: o, size: maxBatchWrite, send: t.sendWrites}
	return b.run(ctx, tasks)
}

// setDefaults fills in what is zero and refuses what is out of range.
func (o *BatchOptions) setDefaults() error {
	for _, c := range []struct {
		name           string
		value          *int
		standard, most int
	}{
		{"Workers", &o.Workers, 8, 64},
		{"Attempts", &o.Attempts, 16, 1000},
	} {
		if *c.value == 0 {
			*c.value = c.standard
		}
		if *c.value < 1 || *c.value > c.most {
			return fmt.Errorf("%w: %s %d is not within 1 and %d", ErrInvalid, c.name, *c.value, c.most)
		}
	}
	if o.Progress == nil {
		o.Progress = func([]Key) {}
	}
	return nil
}

// compareKeys orders keys by cell and id.
func compareKeys(a, b Key) int {
	return slices.Compare(a.sortKey(), b.sortKey())
}
