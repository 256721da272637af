package geoindex

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync"
)

// plan is how a region is read: ranges of leaf cells in order, each within a partition.
type plan struct {
	key        planKey
	spans      []span
	pieces     int     // cells of the covering
	partitions int     // that the region meets
	known      bool    // the histogram knew all blocks
	items      float64 // expected to be read, if known
	units      float64 // what that is expected to cost, at eventual consistency
}

// span is one range of leaf cells to read.
type span struct {
	leaves
	after  string   // the id behind which to begin in the first leaf cell; "" for all
	inside []leaves // what lies inside the region for certain, in order
	items  float64  // expected, if known
	first  int32    // index of the first piece, until it is trimmed
	last   int32
}

// whole reports whether all of the span lies inside the region.
func (s *span) whole() bool { return len(s.inside) == 1 && s.inside[0] == s.leaves }

// holds reports whether a leaf cell lies inside the region for certain.
func (s *span) holds(leaf CellID) bool {
	for _, run := range s.inside {
		if leaf <= run.max {
			return run.min <= leaf
		}
	}
	return false
}

// planner makes plans. What it weighs is money: read units, and requests.
type planner struct {
	layout     layout
	histogram  *Histogram
	maxCells   int
	maxQueries int
	apart      bool // spans lie inside the region whole, or do not: what is only counted
	supposing  bool // where nothing was read, there is as much as elsewhere in the mean
}

const (
	// coldQueries bounds the ranges of a plan without statistics, in so far as
	// partitions allow: a plain covering of 16 cells has as many in the mean, or more.
	coldQueries = 6
	// requestUnits is what a request is worth in read units beside those that it
	// consumes: its latency, its share of workers.
	requestUnits = 0.1
	// trimLevels is how far the ends of ranges are refined.
	trimLevels = 3
	// fewUnits is what is not worth a look at smaller cells.
	fewUnits = 0.02
)

// plan covers the region by cells, joins those that follow one another, then closes gaps
// between them where reading the gap costs less than another query, and cuts off
// from both ends of what remains the smaller cells that do not meet the region. A region
// of too many partitions is an ErrInvalid.
func (p *planner) plan(region Region) (*plan, error) {
	p.histogram.mu.RLock()
	defer p.histogram.mu.RUnlock()
	work := rooms.Get().(*room)
	defer rooms.Put(work)
	pieces := p.cover(region, true, work)
	known := p.expect(pieces)
	out := &plan{pieces: len(pieces), known: known}
	runs, err := p.join(pieces)
	if err != nil {
		return nil, err
	}
	out.partitions = p.partitions(runs)
	if known {
		out.spans = p.group(runs, p.histogram.size())
	} else {
		out.spans = p.closeGaps(runs, max(min(coldQueries, p.maxQueries), out.partitions))
	}
	for i := range out.spans {
		p.trim(region, pieces, &out.spans[i])
	}
	out.spans = slices.DeleteFunc(out.spans, func(s span) bool { return s.min > s.max })
	for i := range out.spans {
		if s := &out.spans[i]; known {
			s.items, _ = p.itemsOf(s.leaves)
			out.items += s.items
			out.units += units(s.items, p.histogram.size())
		}
	}
	return out, nil
}

// maxRuns bounds the ranges that a plan begins with. It is more than a layout of S2 cells
// has partitions.
const maxRuns = 1 << 15

// cover refines the region's cells level by level until there are about maxCells of
// them, with weigh in the end only those that most items are expected in. Cells that
// span partitions are refined in any case. The pieces are in order, and lie in work.
func (p *planner) cover(region Region, weigh bool, work *room) []piece {
	work.pieces = append(work.pieces[:0], faces(region)...)
	for {
		pieces, next := work.pieces, work.next[:0]
		weigh = weigh && p.expect(pieces)
		least, more := p.threshold(pieces, weigh)
		if !more {
			return pieces
		}
		for i := range pieces {
			c := &pieces[i]
			if int(c.level) < p.layout.level() || p.refinable(c, weigh) && c.items >= least {
				next = c.children(region, next)
			} else {
				next = append(next, *c)
			}
		}
		work.pieces, work.next = next, pieces
	}
}

// room is what coverings are made in, used again by those that follow: half of what a plan
// would allocate. The pieces of a covering lie in it.
type room struct{ pieces, next []piece }

var rooms = sync.Pool{New: func() any { return new(room) }}

// growth is how many more cells there are, in the mean, for one that is refined.
const growth = 1.3

// threshold returns how many items a refinable piece must be expected to hold to be
// refined next, so that there are not more than maxCells; more is false where none is.
func (p *planner) threshold(pieces []piece, known bool) (least float64, more bool) {
	var items []float64
	refinable := 0
	for i := range pieces {
		switch c := &pieces[i]; {
		case int(c.level) < p.layout.level():
			more = true
		case p.refinable(c, known):
			refinable++
		}
	}
	room := int(float64(p.maxCells-len(pieces)) / growth)
	if refinable <= room || refinable == 0 {
		return 0, more || refinable > 0
	}
	if !known || room <= 0 {
		return math.Inf(1), more
	}
	for i := range pieces {
		if p.refinable(&pieces[i], known) {
			items = append(items, pieces[i].items)
		}
	}
	slices.Sort(items)
	return items[len(items)-room], true
}

// expect sets the expected items of pieces, as far as they lie within a partition;
// it reports false where one is not known.
func (p *planner) expect(pieces []piece) (ok bool) {
	for i := range pieces {
		if int(pieces[i].level) < p.layout.level() || pieces[i].items > 0 {
			continue
		}
		if pieces[i].items, ok = p.itemsOf(pieces[i].leaves()); !ok {
			return false
		}
	}
	return true
}

// itemsOf estimates the items of a run; ok is false where it is not known.
func (p *planner) itemsOf(run leaves) (items float64, ok bool) {
	if p.supposing {
		return p.histogram.suppose(run)
	}
	return p.histogram.expect(run)
}

// refinable reports whether a piece within a partition is worth refining.
func (p *planner) refinable(c *piece, known bool) bool {
	return c.relation == meets && c.level < MaxLevel && int(c.level) >= p.layout.level() &&
		!(known && c.items*p.histogram.size()/unitBytes < fewUnits)
}

// join turns pieces into runs of adjacent ones, and cuts both where partitions end, and, where
// that matters, where the region's inside does.
func (p *planner) join(pieces []piece) ([]span, error) {
	runs := make([]span, 0, len(pieces))
	within := make([]leaves, 0, len(pieces)) // of the pieces that lie inside the region
	var partition leaves
	for i := range pieces {
		c := &pieces[i]
		for l, end := c.leaves(), c.leaves().max; l.min <= end; l.min = l.max + 2 {
			if !partition.contains(l.min) {
				partition = p.layout.partition(l.min)
			}
			l.max = min(end, partition.max)
			var certain []leaves
			if c.relation == inside {
				within = append(within, l)
				certain = within[len(within)-1 : len(within) : len(within)]
			}
			if n := len(runs); n > 0 && runs[n-1].max+2 == l.min && partition.contains(runs[n-1].min) && !p.parts(&runs[n-1], c) {
				runs[n-1].extend(span{leaves: l, inside: certain, items: c.expected(l), last: int32(i)})
				continue
			}
			if len(runs) == maxRuns {
				return nil, fmt.Errorf("%w: the region meets more than %d partitions; scan the table", ErrInvalid, maxRuns)
			}
			runs = append(runs, span{leaves: l, inside: certain, items: c.expected(l), first: int32(i), last: int32(i)})
		}
	}
	return runs, nil
}

// expected is how many items the leaf cells l of c hold.
func (c *piece) expected(l leaves) float64 {
	if whole := c.leaves(); l != whole {
		return c.items * l.count() / whole.count()
	}
	return c.items
}

// parts reports whether a piece must not join a run.
func (p *planner) parts(run *span, c *piece) bool {
	return p.apart && run.whole() != (c.relation == inside)
}

// extend adds what follows to a span.
func (s *span) extend(next span) {
	s.max, s.last = next.max, next.last
	s.items += next.items
	for _, run := range next.inside {
		if n := len(s.inside); n > 0 && s.inside[n-1].max+2 == run.min {
			s.inside[n-1].max = run.max
			continue
		}
		s.inside = append(s.inside, run)
	}
}

// joinable reports whether two runs, the second behind the first, may be one query.
func (p *planner) joinable(a, b *span) bool {
	return p.layout.partition(a.min).contains(b.min) && !(p.apart && (a.whole() || b.whole()))
}

func (p *planner) partitions(runs []span) (n int) {
	var partition leaves
	for i := range runs {
		if !partition.contains(runs[i].min) {
			partition = p.layout.partition(runs[i].min)
			n++
		}
	}
	return n
}

// closeGaps knows nothing of items, and closes the smallest gaps until there are at most
// most ranges.
func (p *planner) closeGaps(runs []span, most int) []span {
	type gap struct {
		before int // index of the run behind it
		size   CellID
	}
	var gaps []gap
	cuts := 1 // ranges that there must be
	for i := 1; i < len(runs); i++ {
		if p.joinable(&runs[i-1], &runs[i]) {
			gaps = append(gaps, gap{i, runs[i].min - runs[i-1].max})
		} else {
			cuts++
		}
	}
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.before, b.before)) })
	ends := make([]bool, len(runs)+1) // whether a range ends before this run
	for i := 1; i < len(runs); i++ {
		ends[i] = true
	}
	for i, g := range gaps {
		if i >= most-cuts {
			ends[g.before] = false
		}
	}
	return collect(runs, ends)
}

// collect makes one span of all runs up to the next that ends says one ends before.
func collect(runs []span, ends []bool) (out []span) {
	for i := range runs {
		if i == 0 || ends[i] {
			out = append(out, runs[i])
		} else {
			out[len(out)-1].extend(runs[i])
		}
	}
	return out
}

// units is what a query is expected to cost in read units, at least half a one.
func units(items, size float64) float64 {
	const rounding = 0.25 // half of the unit's half, on average
	return max(0.5, items*size/unitBytes+rounding)
}

// group divides runs into the ranges that cost least, reading the gaps within them. Where
// these are more than maxQueries, requests are taken for dearer than they are.
func (p *planner) group(runs []span, size float64) []span {
	if len(runs) < 2 {
		return runs
	}
	upto := make([]float64, len(runs)) // items before the end of a run, gaps included
	total := runs[0].items
	upto[0] = total
	for i := 1; i < len(runs); i++ {
		if lo, hi := runs[i-1].max+2, runs[i].min-2; lo <= hi && p.joinable(&runs[i-1], &runs[i]) {
			gap, _ := p.itemsOf(leaves{lo, hi})
			total += gap
		}
		total += runs[i].items
		upto[i] = total
	}
	for request := requestUnits; ; request *= 2 {
		out := collect(runs, p.divide(runs, upto, size, request))
		if len(out) <= max(p.maxQueries, p.partitions(runs)) || request > 1e9 {
			return out
		}
	}
}

// divide returns where ranges end for the least total cost: the cheapest way to read all
// runs up to the i-th ends with one range from some j-th on.
func (p *planner) divide(runs []span, upto []float64, size, request float64) []bool {
	cost := make([]float64, len(runs)+1)
	from := make([]int, len(runs)+1)
	for i := 1; i <= len(runs); i++ {
		for j := i; j > 0; j-- {
			if j < i && !p.joinable(&runs[j-1], &runs[j]) {
				break
			}
			items := upto[i-1] - upto[j-1] + runs[j-1].items
			if c := cost[j-1] + units(items, size) + request; j == i || c < cost[i] {
				cost[i], from[i] = c, j-1
			}
		}
	}
	ends := make([]bool, len(runs)+1)
	for i := len(runs); i > 0; i = from[i] {
		ends[from[i]] = true
	}
	return ends
}

// trim cuts from both ends of a span what does not meet the region. Nothing may be left of
// one that has but a part of a cell.
func (p *planner) trim(region Region, pieces []piece, s *span) {
	s.min = max(s.min, p.edge(region, &pieces[s.first], [4]int{0, 1, 2, 3}).min)
	s.max = min(s.max, p.edge(region, &pieces[s.last], [4]int{3, 2, 1, 0}).max)
}

// edge returns the first of c's descendants, in an order of children, that meets the region.
func (p *planner) edge(region Region, c *piece, order [4]int) leaves {
	cell, near := c.quad, c.near
	if c.relation == inside || c.items > 0 && c.items*p.histogram.size()/unitBytes < fewUnits {
		return cell.leaves()
	}
descend:
	for range min(trimLevels, MaxLevel-int(cell.level)) {
		for _, k := range order {
			child := cell.child(k)
			relation, nearer := region.classify(child, near)
			if relation == outside {
				continue
			}
			if cell, near = child, nearer; relation == inside {
				break descend
			}
			continue descend
		}
		break // classify was not certain
	}
	return cell.leaves()
}
