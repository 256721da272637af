package geoindex

import (
	"cmp"
	"slices"
)

// gap is what lies between a run and the one before it, of the same partition.
type gap struct {
	before int // index of the run behind it
	size   CellID
}

// closeGaps knows nothing of items, and closes the smallest gaps until there are at most
// most ranges.
func (p *planner) closeGaps(work *room, most int) {
	runs := work.runs
	work.gaps, work.ends = work.gaps[:0], append(work.ends[:0], true)
	cuts := 1 // ranges that there must be
	for i := 1; i < len(runs); i++ {
		work.ends = append(work.ends, true)
		if p.joinable(&runs[i-1], &runs[i]) {
			work.gaps = append(work.gaps, gap{i, runs[i].min - runs[i-1].max})
		} else {
			cuts++
		}
	}
	slices.SortFunc(work.gaps, func(a, b gap) int { return cmp.Or(cmp.Compare(b.size, a.size), cmp.Compare(a.before, b.before)) })
	for i, g := range work.gaps {
		if i >= most-cuts {
			work.ends[g.before] = false
		}
	}
	work.collect()
}

// units is what a query is expected to cost in read units, at least half a one.
func units(items, size float64) float64 {
	const rounding = 0.25 // half of the unit's half, on average
	return max(0.5, items*size/unitBytes+rounding)
}

// group makes of the runs the ranges that cost least, reading the gaps within them. Where
// these are more than maxQueries, requests are taken for dearer than they are.
func (p *planner) group(work *room) {
	if len(work.runs) < 2 {
		return
	}
	p.sum(work)
	most := max(p.maxQueries, p.partitions(work.runs))
	for request := requestUnits; ; request *= 4 {
		if n := p.divide(work, request); n <= most || request > 1e9 {
			work.collect()
			return
		}
	}
}

// sum computes which runs may be one query with the one before, and the items before the
// end of each, gaps included.
func (p *planner) sum(work *room) {
	runs := work.runs
	total := runs[0].items
	work.sums, work.joins = append(work.sums[:0], total), append(work.joins[:0], false)
	for i := 1; i < len(runs); i++ {
		joins := p.joinable(&runs[i-1], &runs[i])
		work.joins = append(work.joins, joins)
		if lo, hi := runs[i-1].max+2, runs[i].min-2; lo <= hi && joins {
			gap, _ := p.itemsOf(leaves{lo, hi})
			total += gap
		}
		total += runs[i].items
		work.sums = append(work.sums, total)
	}
}

// way is the cheapest way to read all runs up to one: what it costs, and where its last
// range begins.
type way struct {
	cost float64
	from int
}

// divide sets where ranges end for the least total cost, and returns how many there are.
func (p *planner) divide(work *room, request float64) (n int) {
	runs, sums, size := work.runs, work.sums, p.histogram.size()
	ways := append(work.ways[:0], way{})
	for i := 1; i <= len(runs); i++ {
		var best way
		for j := i; j > 0; j-- {
			if j < i && !work.joins[j] {
				break
			}
			items := sums[i-1] - sums[j-1] + runs[j-1].items
			if c := ways[j-1].cost + units(items, size) + request; j == i || c < best.cost {
				best = way{c, j - 1}
			}
		}
		ways = append(ways, best)
	}
	work.ways = ways
	work.ends = append(work.ends[:0], make([]bool, len(runs)+1)...)
	for i := len(runs); i > 0; i = ways[i].from {
		work.ends[ways[i].from] = true
		n++
	}
	return n
}
