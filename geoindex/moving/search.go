package moving

import (
	"context"
	"fmt"
	"iter"
	"math"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// Hit is an object that a search found.
type Hit struct {
	Position
	Distance geoindex.Meters // from the centre
}

// Search yields the objects within radius of center, in no order, each once. See the
// package for what the index may not show yet. It stops reading when the caller stops,
// and leaves no goroutine behind.
//
// Each partition that the disc meets takes a query. A disc of more than about a million
// is a geoindex.ErrInvalid: some 5,000 km for level 10.
//
// Errors end the search: geoindex.ErrInvalid, ErrThrottled, ErrNoTable, ErrCorrupt, those
// of the context and of the client. What was yielded before is good, but not all.
func (t *Table) Search(ctx context.Context, center geoindex.LatLng, radius geoindex.Meters) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		ranges, err := t.ranges(center, radius)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		seen := map[string]bool{} // an object that changes its cell may be in two
		for item, err := range t.read(ctx, ranges) {
			hit, ok, err := match(item, err, center, radius)
			if err == nil && (!ok || seen[hit.ID]) {
				continue
			}
			seen[hit.ID] = true
			if !yield(hit, err) || err != nil {
				return
			}
		}
	}
}

func match(item map[string]types.AttributeValue, err error, center geoindex.LatLng, radius geoindex.Meters) (hit Hit, ok bool, _ error) {
	if err != nil {
		return hit, false, err
	}
	if hit.Position, err = ParseItem(item); err != nil {
		return hit, false, err
	}
	hit.Distance = center.Distance(hit.Location)
	return hit, hit.Distance <= radius, nil
}

// cellRange is a run of sort keys within one partition.
type cellRange struct {
	partition geoindex.CellID
	min, max  geoindex.CellID // leaf cells, both included
}

// ranges returns where the index has the objects of a disc: in the cells of the finest
// level of which MaxCells are enough. An object is in a cell that it is at most
// Options.Margin away from.
func (t *Table) ranges(center geoindex.LatLng, radius geoindex.Meters) ([]cellRange, error) {
	if !(radius >= 0) {
		return nil, fmt.Errorf("%w: radius %v m is negative or no number", geoindex.ErrInvalid, float64(radius))
	}
	const rounding geoindex.Meters = 0.01 // of Cover, when the cell was chosen
	wide := radius + t.options.Margin + rounding
	level := t.likelyLevel(wide)
	cells, err := geoindex.Cover(center, wide, level)
	for err == nil && level > t.options.Level && len(cells) > t.options.MaxCells {
		level--
		cells, err = geoindex.Cover(center, wide, level)
	}
	if err != nil {
		return nil, err
	}
	var out []cellRange
	for _, c := range cells {
		lsb := c & -c // of an S2 id: its leaves are the odd numbers around it
		next := cellRange{c.Parent(t.options.Level), c - lsb + 1, c + lsb - 1}
		if n := len(out); n > 0 && out[n-1].partition == next.partition && out[n-1].max+2 == next.min {
			out[n-1].max = next.max
			continue
		}
		out = append(out, next)
	}
	return out, nil
}

// likelyLevel is the finest level of which MaxCells have the area of a disc; a covering
// has more than that.
func (t *Table) likelyLevel(radius geoindex.Meters) int {
	const sphere = 4 * math.Pi * geoindex.EarthRadius * geoindex.EarthRadius
	disc := math.Pi * radius * radius
	level := t.options.IndexLevel
	for level > t.options.Level && disc > geoindex.Meters(t.options.MaxCells)*sphere/6/geoindex.Meters(math.Pow(4, float64(level))) {
		level--
	}
	return level
}

// read yields the items of all ranges, several of which are read at a time.
func (t *Table) read(ctx context.Context, ranges []cellRange) iter.Seq2[map[string]types.AttributeValue, error] {
	return func(yield func(map[string]types.AttributeValue, error) bool) {
		caller := ctx
		ctx, cancel := context.WithCancel(ctx)
		pages, todo := make(chan page), make(chan cellRange)
		var done atomic.Int64 // ranges
		var working sync.WaitGroup
		for range min(t.options.Workers, len(ranges)) {
			working.Go(func() { t.work(ctx, todo, pages, &done) })
		}
		working.Go(func() {
			defer close(todo)
			for _, r := range ranges {
				select {
				case todo <- r:
				case <-ctx.Done():
					return
				}
			}
		})
		go func() {
			working.Wait()
			close(pages)
		}()
		defer func() { // in a defer since the caller's loop may panic
			cancel()
			for range pages {
			}
		}()
		for p := range pages {
			if p.err != nil {
				yield(nil, p.err)
				return
			}
			for _, item := range p.items {
				if !yield(item, nil) {
					return
				}
			}
		}
		if int(done.Load()) < len(ranges) {
			yield(nil, caller.Err()) // nothing else ends the workers without an error of their own
		}
	}
}

// page is one response of DynamoDB, or the error of one.
type page struct {
	items []map[string]types.AttributeValue
	err   error
}

// work reads ranges until none is left or ctx ends.
func (t *Table) work(ctx context.Context, todo <-chan cellRange, pages chan<- page, done *atomic.Int64) {
	for r := range todo {
		in := t.query(r)
		for more := true; more; {
			out, err := t.client.Query(ctx, in)
			p := page{err: err}
			if err != nil {
				p.err = fmt.Errorf("moving: query cell %s: %w", r.partition, geoindex.Classify(err))
			} else {
				p.items, in.ExclusiveStartKey = out.Items, out.LastEvaluatedKey
			}
			select {
			case pages <- p:
			case <-ctx.Done():
				p.err = ctx.Err()
			}
			if p.err != nil {
				return
			}
			more = len(in.ExclusiveStartKey) > 0
		}
		done.Add(1)
	}
}

func (t *Table) query(r cellRange) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName:                &t.name,
		IndexName:                aws.String(indexName),
		KeyConditionExpression:   aws.String("#c = :c AND #k BETWEEN :min AND :max"),
		ExpressionAttributeNames: map[string]string{"#c": cellPart, "#k": cellSort},
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":c":   &types.AttributeValueMemberS{Value: r.partition.Token()},
			":min": cellBytes(r.min),
			":max": cellBytes(r.max),
		},
	}
}
