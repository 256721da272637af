package geoindex

import (
	"math"
	"slices"
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
	// consumes: little, as the requests of a search are made at the same time. By
	// internal/cost, a tenth of it saves no read units and costs a request in 20.
	requestUnits = 0.05
	// trimLevels is how far the ends of ranges are refined.
	trimLevels = 3
	// fewUnits is what is worth a look at smaller cells.
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
	by := newDivider(region)
	pieces := p.cover(by, true, work)
	out := &plan{pieces: len(pieces), known: p.expect(pieces)}
	if err := p.join(pieces, work); err != nil {
		return nil, err
	}
	out.partitions = p.partitions(work.runs)
	if out.known {
		p.group(work)
	} else {
		p.closeGaps(work, max(min(coldQueries, p.maxQueries), out.partitions))
	}
	for i := range work.runs {
		p.trim(by, pieces, &work.runs[i])
	}
	out.spans = work.spans()
	if out.known {
		p.reckon(out)
	}
	return out, nil
}

// reckon sets what the spans are expected to hold, and the plan to cost.
func (p *planner) reckon(out *plan) {
	size := p.histogram.size()
	for i := range out.spans {
		s := &out.spans[i]
		s.items, _ = p.itemsOf(s.leaves)
		out.items += s.items
		out.units += units(s.items, size)
	}
}

// cover refines the region's cells level by level until there are about maxCells of
// them, with weigh in the end only those that most items are expected in. Cells that
// span partitions are refined in any case. The pieces are in order, and lie in work.
func (p *planner) cover(by *divider, weigh bool, work *room) []piece {
	work.pieces = faces(by.region, work.pieces[:0])
	for {
		pieces, next := work.pieces, work.next[:0]
		few := 0.0
		if weigh = weigh && p.expect(pieces); weigh {
			few = p.few()
		}
		least, more := p.threshold(pieces, weigh, few, work)
		if !more {
			return pieces
		}
		for i := range pieces {
			c := &pieces[i]
			if int(c.level) < p.layout.level() || p.refinable(c, few) && c.items >= least {
				next = by.children(c, next)
			} else {
				next = append(next, *c)
			}
		}
		work.pieces, work.next = next, pieces
	}
}

// growth is how many more cells there are, in the mean, for one that is refined.
const growth = 1.3

// threshold returns how many items a refinable piece must be expected to hold to be
// refined next, so that there are not more than maxCells; more is false where none is.
func (p *planner) threshold(pieces []piece, known bool, few float64, work *room) (least float64, more bool) {
	items := work.items[:0] // of refinable pieces
	for i := range pieces {
		switch c := &pieces[i]; {
		case int(c.level) < p.layout.level():
			more = true
		case p.refinable(c, few):
			items = append(items, c.items)
		}
	}
	work.items = items
	room := int(float64(p.maxCells-len(pieces)) / growth)
	switch {
	case len(items) <= room || len(items) == 0:
		return 0, more || len(items) > 0
	case !known || room <= 0:
		return math.Inf(1), more
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

// refinable reports whether a piece within a partition is worth refining: it holds few
// items at least.
func (p *planner) refinable(c *piece, few float64) bool {
	return c.relation == meets && c.level < MaxLevel && int(c.level) >= p.layout.level() && c.items >= few
}

// few is how many items are worth a look at smaller cells.
func (p *planner) few() float64 { return fewUnits * unitBytes / p.histogram.size() }

// trim cuts from both ends of a run what does not meet the region. Nothing may be left of
// one that has but a part of a cell.
func (p *planner) trim(by *divider, pieces []piece, s *run) {
	s.min = max(s.min, p.edge(by, &pieces[s.first], &forwards).min)
	s.max = min(s.max, p.edge(by, &pieces[s.last], &backwards).max)
}

// edge returns the first of c's descendants, in an order of children, that meets the region.
func (p *planner) edge(by *divider, c *piece, order *[4]int) leaves {
	if c.relation == inside || c.items > 0 && c.items < p.few() {
		return c.leaves()
	}
	at := *c
	for range min(trimLevels, MaxLevel-int(c.level)) {
		child, ok := by.first(&at, order)
		if !ok { // classify was not certain
			break
		}
		if at = child; at.relation == inside {
			break
		}
	}
	return at.leaves()
}

// The orders of children from either end.
var forwards, backwards = [4]int{0, 1, 2, 3}, [4]int{3, 2, 1, 0}
