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
	waiting queue    // hits in what has been read that lie beyond the rings so far
}

// Rings are made for so many hits, each for twice as many as the last.
const (
	firstRing = 64
	wideRing  = 4096
)

// byDistance reads a ring, yields what lies in it, nearest first, keeps what was read
// beside it, and goes on with a wider one. Everything at most as far as the ring is wide
// has been read then. A ring that turns out to hold far more than it was made for is
// given up for a narrower one; what was read of it stays read.
func (s *search) byDistance(ctx context.Context) error {
	r := rings{search: s, waiting: queue{order: s.options.Order}}
	r.end = s.table.planner().farthest(s.region, s.options.Order.from)
	last := Meters(0)
	if s.after != nil {
		last = s.after.distance
		r.skip, _ = NewDisc(s.options.Order.from, max(0, last-2*margin(last)))
	}
	if err := r.probe(ctx); err != nil {
		return s.partial(err)
	}
	for size, first := firstRing, true; ; size, first = min(2*size, wideRing), false {
		radius, err := r.next(ctx, last, r.wanted(size), first)
		if err != nil {
			return s.partial(err)
		}
		if err := r.emitWithin(radius); err != nil {
			return err
		}
		if radius >= r.end {
			return nil
		}
		last = radius
	}
}

// probe reads the first items behind the place, along the curve, if nothing is known of its
// neighbourhood. For one query it learns how wide the first ring should be, and what it has
// read is not read again.
func (r *rings) probe(ctx context.Context) error {
	const items = 64
	from := r.options.Order.from
	leaf := CellAt(from)
	if !r.region.Contains(from) || r.table.histogram.knows(leaf) {
		return nil
	}
	in := r.newReader([]span{{leaves: leaves{leaf, r.table.layout.partition(leaf).max}}})
	in.limit, in.once, in.budget = items, true, 0
	if r.options.Budget > 0 { // most of which is for the rings
		in.limit = int32(max(1, min(items, r.affordable()/4)))
	}
	for page, err := range in.pages(ctx) {
		if err != nil {
			return err
		}
		r.stats.add(page)
		if err := r.keep(page); err != nil {
			return err
		}
	}
	r.forget()
	return nil
}

// wanted returns for how many hits to make the next ring: for size, or what the limit has
// left, but for no more than half of what the budget allows to read.
func (r *rings) wanted(size int) int {
	if r.options.Limit > 0 {
		size = r.options.Limit - r.stats.Items
	}
	if r.options.Budget > 0 {
		size = min(size, r.affordable()/2)
	}
	return max(1, size)
}

// affordable returns how many items the budget allows to read yet, at least one.
func (r *rings) affordable() int {
	h := r.table.histogram
	h.mu.RLock()
	defer h.mu.RUnlock()
	return int(min(1e6, max(1, (r.options.Budget-r.stats.ReadUnits)*unitBytes/h.size())))
}

// next reads a ring for wanted hits beyond the last and returns its radius. The first has
// whatever budget it takes, for without it a search makes no progress.
func (r *rings) next(ctx context.Context, last Meters, wanted int, first bool) (Meters, error) {
	const thinnest = 10 // metres of a ring that is not given up, whatever it holds
	most := r.crowd(wanted)
	radius := r.enough(wanted, r.wider(last, wanted))
	for {
		if radius-last < thinnest {
			most = 0
		}
		whole, err := r.readRing(ctx, radius, most, first)
		if whole || err != nil {
			return radius, err
		}
		radius = min(r.wider(last, wanted), (last+radius)/2)
	}
}

// enough returns the radius within which so many hits wait, but radius if that is less.
func (r *rings) enough(wanted int, radius Meters) Meters {
	if r.options.Limit == 0 || len(r.waiting.items) < wanted {
		return radius
	}
	var distances []Meters
	for i := range r.waiting.items {
		distances = append(distances, r.waiting.items[i].distance)
	}
	slices.Sort(distances)
	return min(radius, distances[wanted-1])
}

// crowd is how many items are far more than a ring for wanted hits should take.
func (r *rings) crowd(wanted int) int {
	const items, perHit = 128, 8
	most := items + perHit*wanted
	if r.options.Budget > 0 {
		most = min(most, r.affordable())
	}
	return most
}

// readRing reads what is new of the disc of radius; whole is false where it gave up since
// that was more than most items, if most is not 0.
func (r *rings) readRing(ctx context.Context, radius Meters, most int, first bool) (whole bool, err error) {
	outer, err := NewDisc(r.options.Order.from, radius)
	if err != nil {
		return false, err
	}
	planner := r.table.planner()
	planner.supposing = true
	plan, err := planner.plan(ring{r.region, outer, r.skip})
	if err != nil {
		return false, err
	}
	fresh := subtract(plan.spans, r.read)
	in := r.newReader(fresh)
	in.spent, in.limit = r.stats.ReadUnits, int32(most)
	if first {
		in.budget = 0
	}
	begun := r.stats.ItemsRead
	for page, err := range in.pages(ctx) {
		if err != nil {
			return false, err
		}
		r.stats.add(page)
		if err := r.keep(page); err != nil {
			return false, err
		}
		if most > 0 && r.stats.ItemsRead-begun > most {
			in.enough.Store(true)
		}
	}
	if int(in.done.Load()) < len(in.jobs) {
		r.forget()
		return false, nil
	}
	for i := range fresh {
		r.note(fresh[i].leaves)
	}
	return true, nil
}

// keep puts a page's hits with those that wait, and notes what it has read.
func (r *rings) keep(p page) error {
	for _, item := range p.items {
		hit, ok, err := r.match(item, p.span)
		if err != nil {
			err = r.complain(err)
		} else if ok {
			heap.Push(&r.waiting, hit)
		}
		if err != nil {
			return err
		}
	}
	if p.end.Cell > p.span.min { // not the cell of the last item: there may be more in it
		r.note(leaves{p.span.min, p.end.Cell - 2})
	}
	return nil
}

// forget drops the hits outside of what was noted as read: they will be read again.
func (r *rings) forget() {
	r.waiting.items = slices.DeleteFunc(r.waiting.items, func(hit ranked) bool {
		i, _ := slices.BinarySearchFunc(r.read, hit.key.Cell, func(run leaves, leaf CellID) int { return cmp.Compare(run.max, leaf) })
		return i == len(r.read) || !r.read[i].contains(hit.key.Cell)
	})
	heap.Init(&r.waiting)
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

// note adds a run to what has been read.
func (r *rings) note(run leaves) {
	r.read = append(r.read, run)
	slices.SortFunc(r.read, func(a, b leaves) int { return cmp.Compare(a.min, b.min) })
	joined := r.read[:0]
	for _, run := range r.read {
		if n := len(joined); n > 0 && joined[n-1].max+2 >= run.min {
			joined[n-1].max = max(joined[n-1].max, run.max)
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
	work := rooms.Get().(*room)
	defer rooms.Put(work)
	for _, c := range p.cover(newDivider(ring{Region: region, outer: disc}), false, work) {
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
	for _, c := range p.cover(newDivider(region), false, new(room)) {
		center, radius := around(c.cell())
		far = max(far, distance(from.point(), center.Vector)+Meters(radius)*EarthRadius)
	}
	return min(maxDistance, far+margin(far))
}

// anyLevel is a layout without partitions.
type anyLevel struct{ layout }

func (anyLevel) level() int { return 0 }
