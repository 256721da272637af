package geoindex

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// page is one response of DynamoDB.
type page struct {
	items   []map[string]types.AttributeValue
	scanned int
	units   float64
}

func (s *Stats) add(p page) {
	s.Queries++
	s.ItemsRead += p.scanned
	s.ReadUnits += p.units
}

// reader reads ranges with several workers. Each holds one page: it asks for the next
// when that one was taken.
type reader struct {
	query  *rangeQuery
	ranges []keyRange
	next   atomic.Int64 // index of the next range to read
	once   sync.Once
	err    error // the first one; good once pages has closed
}

// start starts the workers. pages closes when all have ended: after the last page,
// after an error, or soon after ctx ends. Receive until then. An error calls cancel, the
// cancel function of ctx, so that the other workers end.
func (r *reader) start(ctx context.Context, cancel func(), workers int) <-chan page {
	pages := make(chan page)
	var working sync.WaitGroup
	for range min(workers, len(r.ranges)) {
		working.Go(func() {
			if err := r.work(ctx, pages); err != nil {
				r.once.Do(func() { r.err = err })
				cancel()
			}
		})
	}
	go func() {
		working.Wait()
		close(pages)
	}()
	return pages
}

// work reads ranges until none is left.
func (r *reader) work(ctx context.Context, pages chan<- page) error {
	for {
		i := int(r.next.Add(1)) - 1
		if i >= len(r.ranges) {
			return nil
		}
		if err := r.read(ctx, r.ranges[i], pages); err != nil {
			return fmt.Errorf("geoindex: query cell %s: %w", r.ranges[i].partition, err)
		}
	}
}

// read reads all pages of one range.
func (r *reader) read(ctx context.Context, k keyRange, pages chan<- page) error {
	in := r.query.input(k)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		out, err := r.query.client.Query(ctx, in)
		if err != nil {
			return classify(err)
		}
		p := page{items: out.Items, scanned: int(out.ScannedCount)}
		if out.ConsumedCapacity != nil {
			p.units = aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
		}
		select {
		case pages <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		if len(out.LastEvaluatedKey) == 0 {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}
