package geoindex

import (
	"context"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/golang/geo/r3"
	"golang.org/x/sync/errgroup"
)

// Hit is a point that a search found.
type Hit struct {
	Point
	Distance Meters // from the centre
}

// SearchOptions configure a search.
type SearchOptions struct {
	// Filter must hold for a point to be yielded. DynamoDB applies it after reading:
	// it saves transport, not read units.
	Filter expression.ConditionBuilder
	// Projection names the attributes to return, without the layout's own. Default: all.
	Projection []string
	// ConsistentRead sees every write acknowledged before the search; it costs twice
	// the read units.
	ConsistentRead bool
	// Stats is filled in by the time the search ends.
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
// stops reading when the caller stops. An error ends it: what was yielded before
// is good, but not all.
//
// A radius of 0 finds points at center itself; one of half the Earth's circumference or
// more finds all. Other errors: [ErrInvalid], [ErrThrottled], [ErrCorrupt].
func (t *Table) Radius(ctx context.Context, center LatLng, radius Meters, optFns ...func(*SearchOptions)) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		var o SearchOptions
		for _, fn := range optFns {
			fn(&o)
		}
		if o.Stats == nil {
			o.Stats = new(Stats)
		}
		*o.Stats = Stats{}
		s := search{table: t, options: o, center: center.point(), radius: radius}
		if err := s.run(ctx, center, yield); err != nil {
			yield(Hit{}, err)
		}
	}
}

// search is one run of Radius.
type search struct {
	table   *Table
	options SearchOptions
	center  r3.Vector
	radius  Meters
}

// run yields all hits. It returns nil when the caller has stopped.
func (s *search) run(ctx context.Context, center LatLng, yield func(Hit, error) bool) error {
	disc, err := newDisc(center, s.radius)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	group, ctx := errgroup.WithContext(ctx)
	pages := s.read(ctx, group, plan(disc, s.table.options.Level, s.table.options.MaxCells))
	stopped := false
	for p := range pages {
		if stopped || err != nil {
			continue // the readers are on their way out
		}
		s.options.Stats.add(p)
		stopped, err = s.yieldPage(p, yield)
		if stopped || err != nil {
			cancel()
		}
	}
	cancel()
	if stopped {
		return nil
	}
	if err != nil {
		return err
	}
	return group.Wait()
}

// read starts the readers and returns what they read; the channel closes when all are done.
func (s *search) read(ctx context.Context, group *errgroup.Group, ranges []keyRange) <-chan page {
	work, pages := make(chan keyRange), make(chan page)
	group.Go(func() error {
		defer close(work)
		for _, r := range ranges {
			select {
			case work <- r:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for range min(s.table.options.Workers, len(ranges)) {
		group.Go(func() error {
			for r := range work {
				if err := s.query(ctx, r, pages); err != nil {
					return fmt.Errorf("geoindex: query cell %s: %w", r.partition.Token(), classify(err))
				}
			}
			return nil
		})
	}
	go func() { // ends before run does, which reads pages until they close
		_ = group.Wait()
		close(pages)
	}()
	return pages
}

// yieldPage yields the hits of a page and reports whether the caller stopped.
func (s *search) yieldPage(p page, yield func(Hit, error) bool) (stopped bool, err error) {
	for _, item := range p.items {
		point, err := s.table.ParseItem(item)
		if err != nil {
			return false, err
		}
		d := distance(s.center, point.Location.point())
		if d > s.radius {
			continue
		}
		s.options.Stats.Items++
		if !yield(Hit{point, d}, nil) {
			return true, nil
		}
	}
	return false, nil
}
