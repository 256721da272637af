package geoindex

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/golang/geo/r3"
)

// Hit is a point that a search found.
type Hit struct {
	Point
	Distance Meters // from the centre
}

// SearchOptions configure a search.
type SearchOptions struct {
	// Filter must hold for a point to be yielded. DynamoDB applies it after reading:
	// it saves transport, not read units. It may not name pk and sk.
	Filter expression.ConditionBuilder
	// Projection names the attributes to return, as document paths. The layout's own are
	// returned in any case. Default: all.
	Projection []string
	// ConsistentRead sees every write acknowledged before the search; it costs twice
	// the read units.
	ConsistentRead bool
	// Stats is set to what the search has cost so far whenever a hit is yielded, and to
	// all of it when the search has ended.
	Stats *Stats
}

// Stats tell what a search cost.
type Stats struct {
	Queries   int     // requests, one for each page of each range of keys
	ItemsRead int     // items that DynamoDB read, and charged for
	Items     int     // points yielded
	ReadUnits float64 // capacity units that DynamoDB reported
}

// Radius yields every point within radius of center, in no order, each once. It reads
// while the caller consumes, holds at most a page for each of Options.Workers, and
// stops reading when the caller stops; it leaves no goroutine behind.
//
// A radius of 0 finds points at center itself; one of half the Earth's circumference or
// more finds all. Each partition that the disc meets takes a query: one or two for five
// miles, all 24,576 of level 6 for the whole Earth.
//
// Errors: [ErrInvalid], [ErrThrottled], [ErrNoTable], those of the context and of the
// client. They end the search: what was yielded before is good, but not all. Only an
// [ErrCorrupt] is about one item: the search goes on if the caller does.
func (t *Table) Radius(ctx context.Context, center LatLng, radius Meters, optFns ...func(*SearchOptions)) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		var o SearchOptions
		for _, fn := range optFns {
			fn(&o)
		}
		disc, err := newDisc(center, radius)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		q, err := t.newRangeQuery(o)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		s := search{center: center.point(), radius: radius, stats: new(Stats)}
		if o.Stats != nil {
			s.stats = o.Stats
			*s.stats = Stats{}
		}
		r := reader{query: q, ranges: plan(disc, t.options.Level, t.options.MaxCells)}
		s.run(ctx, &r, t.options.Workers, yield)
	}
}

// search is one run of Radius.
type search struct {
	center r3.Vector
	radius Meters
	stats  *Stats
}

// run yields the hits of all pages, and at last the error that ended it, if any.
func (s *search) run(ctx context.Context, r *reader, workers int, yield func(Hit, error) bool) {
	ctx, cancel := context.WithCancel(ctx)
	pages := r.start(ctx, cancel, workers)
	defer func() { // in a defer since the caller's loop may panic
		cancel()
		for range pages {
		}
	}()
	for p := range pages {
		s.stats.add(p)
		if !s.yieldPage(p, yield) {
			return
		}
	}
	if r.err != nil {
		yield(Hit{}, r.err)
	}
}

// yieldPage yields the hits of a page and reports whether the caller goes on.
func (s *search) yieldPage(p page, yield func(Hit, error) bool) bool {
	for _, item := range p.items {
		hit, ok, err := s.match(item)
		if err == nil && !ok {
			continue
		}
		if err == nil {
			s.stats.Items++
		}
		if !yield(hit, err) {
			return false
		}
	}
	return true
}

// match measures before it takes the item apart: what lies outside costs little. It
// measures what lies in cells wholly inside the disc too, for Hit.Distance.
func (s *search) match(item map[string]types.AttributeValue) (hit Hit, ok bool, err error) {
	if at, err := decodeLocation(item[location]); err == nil {
		if hit.Distance = distance(s.center, at.point()); hit.Distance > s.radius {
			return Hit{}, false, nil
		}
	}
	if hit.Point, err = takePoint(item); err != nil {
		return Hit{}, false, err
	}
	return hit, true, nil
}
