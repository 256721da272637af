package geoindex

import (
	"math"
	"slices"
	"testing"
)

// TestPlan holds plans to what readers rely on: spans in order, each within a partition,
// no more of them than allowed, what is called inside lies inside, and every place of
// the region lies in one.
func TestPlan(t *testing.T) {
	r := seeded(t)
	points := randomPoints(r, 300)
	learned := NewHistogram()
	learn(learned, points)
	held, certain, known := 0, 0, 0
	for i := range scaled(1_000, 20_000) {
		center := randomPlace(r)
		region, err := NewDisc(center, min(randomRadius(r, center, points), 3e5))
		if err != nil {
			t.Fatal(err)
		}
		p := planner{layout: cells(4 + r.IntN(3)), histogram: NewHistogram(), maxCells: 4 + r.IntN(100), maxQueries: 1 + r.IntN(64), apart: i%4 == 0}
		if i%2 == 0 {
			p.histogram = learned
		}
		plan := must(p.plan(region))
		if plan.known {
			known++
		}
		if n := len(plan.spans); !p.apart && n > max(p.maxQueries, plan.partitions) {
			t.Fatalf("%v: %d spans in %d partitions, want at most %d", region, n, plan.partitions, p.maxQueries)
		}
		checkSpans(t, p.layout, plan.spans)
		for _, at := range points {
			s := spanOf(plan.spans, at.Key.Cell)
			switch in := region.Contains(at.Location); {
			case in && s == nil:
				t.Fatalf("%v: %v lies in no span", region, at.Location)
			case s != nil && s.holds(at.Key.Cell) && !in:
				t.Fatalf("%v: %v is said to lie inside", region, at.Location)
			case in:
				held++
				if s.holds(at.Key.Cell) {
					certain++
				}
			}
		}
	}
	t.Logf("%d points, %d of them inside for certain; %d plans with statistics", held, certain, known)
	if certain < held/4 || known < 50 {
		t.Errorf("the test looks at little")
	}
}

// TestGroupIsCheapest compares the division of runs into ranges with all there are.
func TestGroupIsCheapest(t *testing.T) {
	r := seeded(t)
	joined := 0
	for range scaled(500, 5_000) {
		h := NewHistogram()
		at := randomPlace(r)
		block := leavesOf(CellAt(at).Parent(blockLevel).s2())
		var leafs []CellID
		for range r.IntN(20_000) {
			leafs = append(leafs, block.min+CellID(2*r.Uint64N(uint64(block.max-block.min)/2)))
		}
		h.observe(block, slices.Values(leafs), len(leafs), 1)
		p := planner{layout: cells(4 + r.IntN(3)), histogram: h, maxQueries: 64}
		work := new(room)
		for from := block.min; len(work.runs) < 10 && from < block.max; { // cells of level 12 or so, with gaps
			size := CellID(1) << (34 + r.IntN(5))
			l := leaves{from, min(block.max, from+size-2)}
			items, _ := h.expect(l)
			work.runs = append(work.runs, run{leaves: l, items: items})
			from += size + CellID(r.IntN(4))<<(34+r.IntN(5))
		}
		runs := slices.Clone(work.runs)
		least := math.Inf(1)
		for ends := range 1 << (len(runs) - 1) {
			least = min(least, costOfRanges(&p, runs, func(i int) bool { return ends>>(i-1)&1 == 1 }))
		}
		p.group(work)
		got := costOfRanges(&p, runs, func(i int) bool {
			return slices.ContainsFunc(work.runs, func(r run) bool { return r.min == runs[i].min })
		})
		if math.Abs(got-least) > 1e-9*least {
			t.Fatalf("%d runs, %d items: %v units, %v are possible", len(runs), len(leafs), got, least)
		}
		joined += len(runs) - len(work.runs)
	}
	if joined < 100 {
		t.Errorf("%d gaps were closed: the test looks at little", joined)
	}
}

// costOfRanges is what a division of runs costs, where parted says whether a range begins at
// the i-th.
func costOfRanges(p *planner, runs []run, parted func(i int) bool) (cost float64) {
	for i := 0; i < len(runs); {
		first := i
		for i++; i < len(runs) && !parted(i); i++ {
		}
		items, _ := p.histogram.expect(leaves{runs[first].min, runs[i-1].max})
		cost += units(items, p.histogram.size()) + requestUnits
	}
	return cost
}

// learn makes a histogram know everything of the neighbourhood of points.
func learn(h *Histogram, points []Point) {
	h.Learn(func(yield func(LatLng) bool) {
		for _, p := range points {
			if !yield(p.Location) {
				return
			}
		}
	})
}

func checkSpans(t *testing.T, l layout, spans []span) {
	t.Helper()
	for i, s := range spans {
		if s.min > s.max || l.partition(s.min) != l.partition(s.max) {
			t.Fatalf("span %v is not within a partition", s.leaves)
		}
		if i > 0 && spans[i-1].max >= s.min {
			t.Fatalf("spans %v and %v are not in order", spans[i-1].leaves, s.leaves)
		}
		for j, run := range s.inside {
			if run.min > run.max || run.min < s.min || run.max > s.max || j > 0 && s.inside[j-1].max >= run.min {
				t.Fatalf("span %v, inside %v: not in order", s.leaves, s.inside)
			}
		}
	}
}

func spanOf(spans []span, leaf CellID) *span {
	for i := range spans {
		if spans[i].contains(leaf) {
			return &spans[i]
		}
	}
	return nil
}
