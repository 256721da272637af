package geoindex

import (
	"cmp"
	"container/heap"
	"context"
	"math"
	"slices"
)

// ring is what of a region lies in the disc outer, but not in skip.
type ring struct {
	Region
	outer, skip Disc
}

func (r ring) classify(c quad, near []int32) (relation, []int32) {
	disc, _ := r.outer.classify(c, nil)
	if disc == outside {
		return outside, nil
	}
	if skipped, _ := r.skip.classify(c, nil); skipped == inside {
		return outside, nil
	}
	own, near := r.Region.classify(c, near)
	return min(disc, own), near
}

// rings reads a region from a place outwards.
type rings struct {
	*search
	end     Meters   // nothing of the region lies further
	skip    Disc     // what lies within was yielded before the cursor was taken
	read    []leaves // what has been read, in order
	waiting queue    // hits that lie beyond the rings so far
}

// Rings are made for so many hits, each for twice as many as the last.
const (
	firstRing = 64
	wideRing  = 4096
)

// byDistance reads a ring, yields what lies in it, nearest first, keeps what was read
// beside it, and goes on with a wider one. Everything at most as far as the ring is wide
// has been read then. No item is read twice.
func (s *search) byDistance(ctx context.Context) error {
	r := rings{search: s, waiting: queue{order: s.options.Order}}
	r.end = s.table.planner().farthest(s.region, s.options.Order.from)
	begin := Meters(0)
	if s.after != nil {
		begin = s.after.distance
		r.skip, _ = NewDisc(s.options.Order.from, max(0, begin-2*margin(begin)))
	}
	wanted := firstRing
	for radius := begin; ; {
		if s.options.Limit > 0 {
			wanted = s.options.Limit - s.stats.Items - r.waiting.Len()
		}
		radius = r.wider(radius, max(1, wanted))
		if err := r.readRing(ctx, radius); err != nil {
			return s.partial(err)
		}
		if err := r.emitWithin(radius); err != nil {
			return err
		}
		if radius >= r.end {
			return nil
		}
		wanted = min(2*wanted, wideRing)
	}
}

// readRing reads what is new of the disc of radius.
func (r *rings) readRing(ctx context.Context, radius Meters) error {
	outer, err := NewDisc(r.options.Order.from, radius)
	if err != nil {
		return err
	}
	planner := r.table.planner()
	plan, err := planner.plan(ring{r.region, outer, r.skip})
	if err != nil {
		return err
	}
	fresh := subtract(plan.spans, r.read)
	in := r.newReader(fresh)
	in.spent = r.stats.ReadUnits
	if len(r.read) == 0 {
		in.budget = 0 // without the first ring there is no progress
	}
	for page, err := range in.pages(ctx) {
		if err != nil {
			return err
		}
		r.stats.add(page)
		for _, item := range page.items {
			hit, ok, err := r.match(item, page.span)
			if err != nil {
				err = r.complain(err)
			} else if ok {
				heap.Push(&r.waiting, hit)
			}
			if err != nil {
				return err
			}
		}
	}
	r.note(fresh)
	return nil
}

// emitWithin yields the hits at most as far as radius.
func (r *rings) emitWithin(radius Meters) error {
	for r.waiting.Len() > 0 && r.waiting.items[0].distance <= radius {
		hit := heap.Pop(&r.waiting).(ranked)
		if err := r.emit(&hit); err != nil {
			return err
		}
	}
	r.last, r.hasLast = position{distance: radius, key: Key{Cell: math.MaxUint64}}, true // behind all of this distance
	return nil
}

// wider returns the radius of the next ring, so wide that wanted hits are expected in it
// beyond the last, with something to spare since places are not even.
func (r *rings) wider(last Meters, wanted int) Meters {
	const first Meters = 300 // without statistics
	const (
		least    = 1.5 // of the last ring's radius: they were wrong
		step     = 1.1
		spare    = 1 // standard deviations of a random number of hits
		greatest = 3 // of the last ring's radius: statistics do not reach far
	)
	const far Meters = 30_000 // within which a first ring may be of any radius
	target := float64(wanted) + spare*math.Sqrt(float64(wanted))
	p := r.table.planner()
	had, known := p.within(r.region, r.options.Order.from, last)
	radius := max(last*least, first/10)
	for ; known && radius < min(r.end, max(far, last*greatest)); radius *= step {
		if items, _ := p.within(r.region, r.options.Order.from, radius); items-had >= target {
			break
		}
	}
	if !known {
		radius = max(last*greatest, first)
	}
	return min(r.end, radius)
}

// note adds spans to what has been read.
func (r *rings) note(spans []span) {
	for i := range spans {
		r.read = append(r.read, spans[i].leaves)
	}
	slices.SortFunc(r.read, func(a, b leaves) int { return cmp.Compare(a.min, b.min) })
	joined := r.read[:0]
	for _, run := range r.read {
		if n := len(joined); n > 0 && joined[n-1].max+2 == run.min {
			joined[n-1].max = run.max
			continue
		}
		joined = append(joined, run)
	}
	r.read = joined
}

// subtract returns what of spans is not in read. Both are in order.
func subtract(spans []span, read []leaves) (out []span) {
	for _, s := range spans {
		for _, run := range read {
			if run.max < s.min || s.min > s.max {
				continue
			}
			if run.min > s.max {
				break
			}
			if run.min > s.min {
				before := s
				before.max = run.min - 2
				out = append(out, before)
			}
			s.min = run.max + 2
		}
		if s.min <= s.max {
			out = append(out, s)
		}
	}
	return out
}

// within estimates the items of a region in the disc around a place; ok is false where
// nothing is known.
func (p planner) within(region Region, from LatLng, radius Meters) (items float64, ok bool) {
	disc, err := NewDisc(from, radius)
	if err != nil {
		return 0, false
	}
	p.maxCells, p.layout = 16, anyLevel{p.layout}
	p.histogram.mu.RLock()
	defer p.histogram.mu.RUnlock()
	for _, c := range p.cover(ring{Region: region, outer: disc}, false) {
		share := 0.5 // of a cell that the edge cuts
		if c.relation == inside {
			share = 1
		}
		var n float64
		n, ok = p.histogram.suppose(c.leaves())
		items += share * n
	}
	return items, ok
}

// farthest returns how far from a place the region reaches, or more.
func (p planner) farthest(region Region, from LatLng) (far Meters) {
	p.maxCells, p.layout = 16, anyLevel{p.layout}
	p.histogram.mu.RLock()
	defer p.histogram.mu.RUnlock()
	for _, c := range p.cover(region, false) {
		center, radius := around(c.cell())
		far = max(far, distance(from.point(), center.Vector)+Meters(radius)*EarthRadius)
	}
	return min(maxDistance, far+margin(far))
}

// anyLevel is a layout without partitions.
type anyLevel struct{ layout }

func (anyLevel) level() int { return 0 }
