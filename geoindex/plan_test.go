package geoindex

import (
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
