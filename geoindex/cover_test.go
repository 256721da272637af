package geoindex

import (
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/golang/geo/s2"
)

// reach is how far c's nearest point is from center, by a computation of S2 that Cover
// does not use.
func reach(c s2.CellID, center LatLng) Meters {
	d := s2.CellFromCellID(c).Distance(s2.Point{Vector: center.point()})
	return Meters(d.Angle()) * EarthRadius
}

// TestCover holds Cover to its promises: each cell meets the disc, and beside those
// that do there is no other that does. A disc's cells hang together, so that it is
// enough to look at their neighbours.
func TestCover(t *testing.T) {
	r := seeded(t)
	for range 3_000 {
		level := r.IntN(16)
		size := float64(EarthRadius) * s2.AvgEdgeMetric.Value(level)
		center, radius := randomPlace(r), Meters(min(900_000, 4*size*r.Float64()))
		cells, err := Cover(center, radius, level)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(cells) || len(slices.Compact(slices.Clone(cells))) != len(cells) {
			t.Fatalf("cells are not sorted and unique: %v", cells)
		}
		if !slices.Contains(cells, CellAt(center).Parent(level)) {
			t.Fatalf("level %d, center %v, radius %v: not in its own cover", level, center, radius)
		}
		blur := margin(radius) + 1e-4 + 0.05/max(1, radius) // the last is what reach errs by: its squares have few digits near 0
		for _, c := range cells {
			if c.Level() != level || reach(c.s2(), center) > radius+blur {
				t.Fatalf("level %d, center %v, radius %v: cell %v is %v away", level, center, radius, c, reach(c.s2(), center))
			}
			for _, n := range c.s2().AllNeighbors(level) {
				if reach(n, center) <= radius && !slices.Contains(cells, CellID(n)) {
					t.Fatalf("level %d, center %v, radius %v: cell %v is missing", level, center, radius, n)
				}
			}
		}
	}
}

// TestCoverHoldsPoints is recall by the same distance that searches filter with.
func TestCoverHoldsPoints(t *testing.T) {
	r := seeded(t)
	inside := 0
	for range 2_000 {
		center, radius := randomPlace(r), Meters(math.Pow(10, 4.3*r.Float64()))
		cells, err := Cover(center, radius, 10)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			p := near(r, center, float64(radius)/111_000)
			if center.Distance(p) > radius {
				continue
			}
			inside++
			if !slices.Contains(cells, CellAt(p).Parent(10)) {
				t.Fatalf("center %v, radius %v: %v is at %v and in no cell", center, radius, p, center.Distance(p))
			}
		}
	}
	if inside < 10_000 {
		t.Errorf("%d points inside: the test looks at little", inside)
	}
}

// TestCoverOfFiveMiles bounds what one viewer subscribes to, as Cover's doc says.
func TestCoverOfFiveMiles(t *testing.T) {
	r := seeded(t)
	const places = 50_000
	least, most, total, above9 := math.MaxInt, 0, 0, 0
	for range places {
		center := LatLng{math.Asin(2*r.Float64()-1) * 180 / math.Pi, 360*r.Float64() - 180}
		cells, err := Cover(center, 5*Mile, 10)
		if err != nil {
			t.Fatal(err)
		}
		n := len(cells)
		least, most, total = min(least, n), max(most, n), total+n
		if n > 9 {
			above9++
		}
		if n < 4 || n > 14 {
			t.Fatalf("%d cells at %v", n, center)
		}
	}
	mean := float64(total) / places
	t.Logf("%d to %d, mean %.2f; more than 9 in %.1f %%", least, most, mean, 100*float64(above9)/places)
	if mean < 6.9 || mean > 7.2 {
		t.Errorf("mean %.2f", mean)
	}
	for name, at := range map[string]LatLng{"a corner of the cube": {35.15791281053645, 45.07470659088716}, "another": {-35.37087423708959, 134.7765074090853}} {
		if cells, err := Cover(at, 5*Mile, 10); err != nil || len(cells) != 14 {
			t.Errorf("%s: %d cells, %v; want 14", name, len(cells), err)
		}
	}
}

func TestCoverRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		center LatLng
		radius Meters
		level  int
	}{
		"latitude out of range":  {LatLng{91, 0}, 1, 10},
		"longitude is NaN":       {LatLng{0, math.NaN()}, 1, 10},
		"negative radius":        {LatLng{}, -1, 10},
		"radius is NaN":          {LatLng{}, Meters(math.NaN()), 10},
		"level below 0":          {LatLng{}, 1, -1},
		"level above 30":         {LatLng{}, 1, 31},
		"too many cells":         {LatLng{}, 100_000, 20},
		"all leaf cells (6·4³⁰)": {LatLng{}, 3e7, 30},
	} {
		if cells, err := Cover(row.center, row.radius, row.level); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %d cells, error %v, want ErrInvalid", name, len(cells), err)
		}
	}
	if cells, err := Cover(LatLng{12, 34}, 3e7, 2); err != nil || len(cells) != 6*16 {
		t.Errorf("the whole Earth at level 2: %d cells, %v; want 96", len(cells), err)
	}
}
