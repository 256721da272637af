package geoindex

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/golang/geo/r3"
)

// Hit is a point that a search found.
type Hit struct {
	Point
	origin r3.Vector // zero if there is none
	scale  Meters    // of the table's distances, as a factor
}

// Distance returns the distance from the search's origin: the place that hits are
// ordered by, else the center of its disc. It is 0 for a search that has neither. It is
// computed when it is asked for.
func (h Hit) Distance() Meters {
	if h.origin == (r3.Vector{}) {
		return 0
	}
	return distance(h.origin, h.Location.point()) / h.scale
}

// Search yields every point in the region, each once, in the order of SearchOptions. It
// reads while the caller consumes, holds at most a page for each of Options.Workers
// (but see the orders), and stops reading when the caller stops; it leaves no goroutine
// behind.
//
// Each partition that the region meets takes a query: one or two for five miles, all
// 24,576 of level 6 for the whole Earth.
//
// Throttled requests are repeated, with fewer at a time, see Options.Retries.
//
// Errors: [ErrInvalid], [ErrCursor], [ErrThrottled], [ErrNoTable], [*BudgetError], those of
// the context and of the client. They end the search: what was yielded before is good, but
// not all, and SearchOptions.Next continues it: in the order of keys behind the last page
// read, by distance behind the last ring that was read whole, of the newest and oldest
// behind the last one yielded. A ring is some queries, made for 64 points at first: of
// searches by distance, failures that are more frequent let none advance. Only an
// [ErrCorrupt] is about one item: the search goes on if the caller does.
func (t *Table) Search(ctx context.Context, region Region, optFns ...func(*SearchOptions)) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) {
		s, err := t.newSearch(region, optFns)
		if err != nil {
			yield(Hit{}, err)
			return
		}
		s.run(ctx, yield)
	}
}

// Radius is [Table.Search] for the disc of radius around center. A radius of 0 finds
// points at center itself; one of half the Earth's circumference or more finds all. The
// Earth's radius is that of [Compat] where there is one.
func (t *Table) Radius(ctx context.Context, center LatLng, radius Meters, optFns ...func(*SearchOptions)) iter.Seq2[Hit, error] {
	disc, err := NewDisc(center, radius*t.scale())
	if err != nil {
		return failed(err)
	}
	return t.Search(ctx, disc, optFns...)
}

// Nearest is [Table.Search] for the k points nearest to center, in order of distance; a k
// of 0 yields all points there are, as far as the caller goes. It is exact. It reads
// rings around center, the first as wide as the histogram says that k points lie within,
// and nothing twice but what it was reading when a ring proved too wide. Where nothing is
// known it looks first at some points beside center, with one query.
//
// With Next and Cursor of the options it goes on behind the k points, or where a budget or an
// error ended it, as far as is wanted: ring by ring, without those within.
//
// Where there are less than k points, all of the table's partitions are read, 24,576 of
// level 6: search a disc by distance, or set a budget, where that may be.
func (t *Table) Nearest(ctx context.Context, center LatLng, k int, optFns ...func(*SearchOptions)) iter.Seq2[Hit, error] {
	if err := center.Validate(); err != nil {
		return failed(err)
	}
	nearest := func(o *SearchOptions) { o.Order, o.Limit = ByDistance(center), k }
	return t.Search(ctx, everywhere(center), append(optFns[:len(optFns):len(optFns)], nearest)...)
}

func failed(err error) iter.Seq2[Hit, error] {
	return func(yield func(Hit, error) bool) { yield(Hit{}, err) }
}

// search is one run of Search.
type search struct {
	table    *Table
	region   Region
	options  SearchOptions
	query    *rangeQuery
	counts   *rangeQuery // for spans wholly inside, where items are only counted
	identity [sha256.Size]byte
	after    *position // nil from the beginning on
	origin   r3.Vector // of distances; zero if there is none
	stats    *Stats
	yield    func(Hit, error) bool
	last     position // behind which Next goes on, if hasLast
	hasLast  bool
	ended    bool // all hits were yielded
	stopped  bool // the caller's loop has ended
}

func (t *Table) newSearch(region Region, optFns []func(*SearchOptions)) (*search, error) {
	s := &search{table: t, region: region, stats: new(Stats)}
	o := &s.options
	for _, fn := range optFns {
		fn(o)
	}
	if o.Stats != nil {
		s.stats = o.Stats
		*s.stats = Stats{}
	}
	if o.Order.kind == unordered && (o.Cursor != "" || o.Next != nil || o.Budget > 0) {
		o.Order = ByKey()
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	if o.Cursor != "" {
		var err error
		if s.after, err = t.verify(o.Cursor, s.identity, o.Order); err != nil {
			return nil, err
		}
	}
	var err error
	s.query, err = t.newRangeQuery(*o)
	return s, err
}

// check validates the options and fills in what follows from them.
func (s *search) check() error {
	o := &s.options
	switch {
	case s.region == nil:
		return fmt.Errorf("%w: no region", ErrInvalid)
	case o.Limit < 0:
		return fmt.Errorf("%w: limit %d", ErrInvalid, o.Limit)
	case !(o.Budget >= 0):
		return fmt.Errorf("%w: budget %v", ErrInvalid, o.Budget)
	case o.Budget > 0 && o.Order.timed():
		return fmt.Errorf("%w: a budget for the newest or oldest of a region, which are known only when all of it was read", ErrInvalid)
	}
	if err := o.Order.check(); err != nil {
		return err
	}
	if o.Order.kind == byDistance {
		s.origin = o.Order.from.point()
	} else if d, ok := s.region.(Disc); ok {
		s.origin = d.center
	}
	s.identity = searchIdentity(s.region, o.Order)
	return nil
}

// errStop ends a search without an error: the caller has had enough.
var errStop = errors.New("stop")

// run yields the hits, and at last the error that ended it, if any.
func (s *search) run(ctx context.Context, yield func(Hit, error) bool) {
	s.yield = yield
	defer s.setNext() // in a defer since the caller's loop may panic
	var err error
	switch s.options.Order.kind {
	case unordered, byKey:
		err = s.inKeyOrder(ctx)
	case byDistance:
		err = s.byDistance(ctx)
	default:
		err = s.selected(ctx)
	}
	s.ended = err == nil
	if err != nil && err != errStop && !s.stopped {
		yield(Hit{}, err)
	}
}

func (s *search) setNext() {
	switch {
	case s.options.Next == nil:
	case s.ended:
		*s.options.Next = ""
	default:
		*s.options.Next = s.cursor()
	}
}

// cursor returns what continues the search where it is.
func (s *search) cursor() string {
	if !s.hasLast {
		return s.options.Cursor
	}
	return s.table.sign(s.identity, s.options.Order, &s.last)
}

// queryOf returns the query to read a span by.
func (s *search) queryOf(in *span) *rangeQuery {
	if s.counts != nil && in.whole() {
		return s.counts
	}
	return s.query
}

// emit yields a hit; it returns errStop where no other is wanted.
func (s *search) emit(r *ranked) error {
	s.stats.Items++
	s.last, s.hasLast = r.position, true
	if s.options.Next != nil {
		*s.options.Next = s.cursor()
	}
	s.stopped = !s.yield(r.hit, nil)
	if s.stopped || s.stats.Items == s.options.Limit {
		return errStop
	}
	return nil
}

// complain yields an error that does not end the search.
func (s *search) complain(err error) error {
	if s.stopped = !s.yield(Hit{}, err); s.stopped {
		return errStop
	}
	return nil
}

// match reads an item that a query of span returned; ok is false where it is not in the
// region, or was yielded before the cursor was taken. What lies in cells wholly inside
// the region takes no measuring.
func (s *search) match(item map[string]types.AttributeValue, in *span) (r ranked, ok bool, err error) {
	leaf, good := s.table.layout.leaf(item)
	if good && !in.holds(leaf) {
		if at, good := s.table.layout.location(item); good && !s.region.Contains(at) {
			return ranked{}, false, nil
		}
	}
	value := item[s.options.Order.attribute]
	if r.hit.Point, err = s.table.layout.point(item); err != nil {
		return ranked{}, false, err
	}
	r.hit.origin, r.hit.scale = s.origin, s.table.scale()
	switch {
	case s.options.Order.kind == unordered:
		return r, true, nil
	case s.options.Order.kind == byDistance:
		r.distance = distance(s.origin, r.hit.Location.point())
	case s.options.Order.timed():
		r.value = sortValueOf(value)
	}
	r.key = r.hit.Key
	if s.after == nil || s.options.Order.kind == byKey { // which is read from behind the cursor on
		return r, true, nil
	}
	return r, s.options.Order.compare(&r.position, s.after) > 0, nil
}

// inKeyOrder reads the plan's spans one behind the other, or, without an order, as they
// come.
func (s *search) inKeyOrder(ctx context.Context) error {
	p, err := s.table.planFor(s.region, false)
	if err != nil {
		return err
	}
	spans := p.spans
	if s.after != nil {
		spans = behind(spans, s.after.key)
	}
	r := s.newReader(spans)
	r.ordered = s.options.Order.kind == byKey
	for page, err := range r.pages(ctx) {
		if err != nil {
			return s.partial(err)
		}
		s.stats.add(page)
		for _, item := range page.items {
			if err := s.offer(item, page.span); err != nil {
				return err
			}
		}
		if r.ordered && page.end != (Key{}) {
			s.last, s.hasLast = position{key: page.end}, true
		}
	}
	s.table.plans.judge(p, s.stats.ItemsRead, s.after == nil)
	return nil
}

// offer emits an item if it matches.
func (s *search) offer(item map[string]types.AttributeValue, in *span) error {
	r, ok, err := s.match(item, in)
	switch {
	case err != nil:
		return s.complain(err)
	case ok:
		return s.emit(&r)
	}
	return nil
}

// behind returns what of spans lies behind a key.
func behind(spans []span, k Key) []span {
	for i := range spans {
		if spans[i].max < k.Cell {
			continue
		}
		spans = append([]span(nil), spans[i:]...)
		if spans[0].min <= k.Cell {
			spans[0].min, spans[0].after = k.Cell, k.ID
		}
		return spans
	}
	return nil
}

// partial adds to the error of a spent budget where to go on.
func (s *search) partial(err error) error {
	if !errors.Is(err, ErrBudget) {
		return err
	}
	return &BudgetError{Budget: s.options.Budget, Spent: s.stats.ReadUnits, Cursor: s.cursor()}
}

// selected reads all of the region, keeps what comes first in the order, and yields it.
func (s *search) selected(ctx context.Context) error {
	best := queue{order: s.options.Order, reverse: true}
	most := s.options.Limit
	if most > 0 {
		most++ // one more tells whether the search has ended
	}
	p, err := s.table.planFor(s.region, false)
	if err != nil {
		return err
	}
	for page, err := range s.newReader(p.spans).pages(ctx) {
		if err != nil {
			return err
		}
		s.stats.add(page)
		for _, item := range page.items {
			r, ok, err := s.match(item, page.span)
			if err != nil {
				err = s.complain(err)
			} else if ok {
				best.keep(r, most)
			}
			if err != nil {
				return err
			}
		}
	}
	s.table.plans.judge(p, s.stats.ItemsRead, true)
	hits := best.sorted()
	for i := range hits {
		if err := s.emit(&hits[i]); err != nil && i < len(hits)-1 {
			return err
		}
	}
	return nil
}
