package geoindex

import (
	"context"
	"fmt"
)

// Count returns the number of points in the region, exactly, with Filter, ConsistentRead,
// Budget and Stats of the options; others are an [ErrInvalid]. DynamoDB counts what lies in
// cells wholly inside the region and sends no item of it; at the edges keys and locations
// are sent. It costs the read units of a search. With an error, the number is of what was
// read before.
func (t *Table) Count(ctx context.Context, region Region, optFns ...func(*SearchOptions)) (int, error) {
	s, err := t.newSearch(region, optFns)
	if err != nil {
		return 0, err
	}
	if err := s.prepareCount(); err != nil {
		return 0, err
	}
	p, err := t.planFor(region, true)
	if err != nil {
		return 0, err
	}
	for page, err := range s.newReader(p.spans).pages(ctx) {
		if err != nil {
			return s.stats.Items, s.partial(err)
		}
		s.stats.add(page)
		if page.span.whole() {
			s.stats.Items += page.count
			continue
		}
		for _, item := range page.items {
			_, ok, err := s.match(item, page.span)
			if err != nil {
				return s.stats.Items, err
			}
			if ok {
				s.stats.Items++
			}
		}
	}
	t.plans.judge(p, s.stats.ItemsRead, true)
	return s.stats.Items, nil
}

// prepareCount makes the queries of a search such as Count needs.
func (s *search) prepareCount() (err error) {
	o := &s.options
	budget := o.Order.kind == byKey && o.Budget > 0 // which implies an order
	if o.Limit != 0 || o.Cursor != "" || o.Next != nil || len(o.Projection) > 0 || o.Order.kind != unordered && !budget {
		return fmt.Errorf("%w: Count takes no limit, cursor, order and projection", ErrInvalid)
	}
	o.Order = Order{}
	if s.counts, err = s.table.newRangeQuery(*o); err != nil {
		return err
	}
	s.counts.count()
	o.Projection = s.table.layout.attributes()
	s.query, err = s.table.newRangeQuery(*o)
	return err
}
