package geoindex

import (
	"fmt"
	"sync"
)

// run is what becomes a span: adjacent pieces, and the gaps between such that are closed.
type run struct {
	leaves
	items       float64 // expected, if known
	whole       bool    // all pieces lie inside the region
	first, last int32   // indexes of pieces
	from, upto  int32   // what of room.within is of this run
}

// room is what plans are made in, used again by those that follow, so that a plan allocates
// what it keeps. The pieces of a covering lie in it.
type room struct {
	pieces, next []piece
	items        []float64
	runs         []run
	within       []leaves // of the pieces that lie inside the region
	sums         []float64
	joins        []bool // whether a run may be one query with the one before
	ways         []way
	gaps         []gap
	ends         []bool // whether a span ends before a run
}

var rooms = sync.Pool{New: func() any { return new(room) }}

// maxRuns bounds the ranges that a plan begins with. It is more than a layout of S2 cells
// has partitions.
const maxRuns = 1 << 15

// join makes runs of adjacent pieces, and cuts both where partitions end, and, where
// that matters, where the region's inside does.
func (p *planner) join(pieces []piece, work *room) error {
	work.runs, work.within = work.runs[:0], work.within[:0]
	var partition leaves
	for i := range pieces {
		c := &pieces[i]
		for l, end := c.leaves(), c.leaves().max; l.min <= end; l.min = l.max + 2 {
			if !partition.contains(l.min) {
				partition = p.layout.partition(l.min)
			}
			l.max = min(end, partition.max)
			next := run{leaves: l, items: c.expected(l), whole: c.relation == inside, first: int32(i), last: int32(i), from: int32(len(work.within))}
			if next.whole {
				work.within = append(work.within, l)
			}
			next.upto = int32(len(work.within))
			if n := len(work.runs); n > 0 && p.follows(&work.runs[n-1], &next, partition) {
				work.runs[n-1].extend(&next)
				continue
			}
			if len(work.runs) == maxRuns {
				return fmt.Errorf("%w: the region meets more than %d partitions; scan the table", ErrInvalid, maxRuns)
			}
			work.runs = append(work.runs, next)
		}
	}
	return nil
}

// expected is how many items the leaf cells l of c hold.
func (c *piece) expected(l leaves) float64 {
	if whole := c.leaves(); l != whole {
		return c.items * l.count() / whole.count()
	}
	return c.items
}

// follows reports whether b, of a partition, lies right behind a and must not be parted from it.
func (p *planner) follows(a, b *run, partition leaves) bool {
	return a.max+2 == b.min && partition.contains(a.min) && !(p.apart && a.whole != b.whole)
}

// extend adds what follows to a run.
func (r *run) extend(next *run) {
	r.max, r.last, r.upto = next.max, next.last, next.upto
	r.items += next.items
	r.whole = r.whole && next.whole
}

// joinable reports whether two runs, the second behind the first, may be one query.
func (p *planner) joinable(a, b *run) bool {
	return p.layout.partition(a.min).contains(b.min) && !(p.apart && (a.whole || b.whole))
}

func (p *planner) partitions(runs []run) (n int) {
	var partition leaves
	for i := range runs {
		if !partition.contains(runs[i].min) {
			partition = p.layout.partition(runs[i].min)
			n++
		}
	}
	return n
}

// collect makes one run of all up to the next that ends says one ends before.
func (w *room) collect() {
	out := w.runs[:0]
	for i := range w.runs {
		if i == 0 || w.ends[i] {
			out = append(out, w.runs[i])
		} else {
			out[len(out)-1].extend(&w.runs[i])
		}
	}
	w.runs = out
}

// spans returns the runs for keeping, without those of which nothing is left.
func (w *room) spans() []span {
	spans, all := make([]span, 0, len(w.runs)), make([]leaves, 0, len(w.within))
	for i := range w.runs {
		r := &w.runs[i]
		if r.min > r.max {
			continue
		}
		from := len(all)
		for _, l := range w.within[r.from:r.upto] {
			if n := len(all); n > from && all[n-1].max+2 == l.min {
				all[n-1].max = l.max
			} else {
				all = append(all, l)
			}
		}
		spans = append(spans, span{leaves: r.leaves, inside: all[from:len(all):len(all)]})
	}
	return spans
}
