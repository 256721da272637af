package geoindex

import (
	"testing"

	"github.com/golang/geo/s2"
)

// TestPlan holds a plan to the covering that it comes from: the same leaf cells, in order,
// cut where partitions end and nowhere else.
func TestPlan(t *testing.T) {
	r := seeded(t)
	points := randomPoints(r, 10)
	merged := 0
	for range 2_000 {
		center := randomPlace(r)
		radius := min(randomRadius(r, center, points), 3e5)
		disc, err := newDisc(center, radius)
		if err != nil {
			t.Fatal(err)
		}
		level, maxCells := 4+r.IntN(3), 4+r.IntN(60)
		coverer := s2.RegionCoverer{MaxLevel: MaxLevel, LevelMod: 1, MaxCells: maxCells}
		covering := coverer.Covering(disc)
		if len(covering) > maxCells {
			t.Fatalf("%d cells, want at most %d", len(covering), maxCells)
		}
		ranges := plan(disc, level, maxCells)
		var leaves uint64
		for i, k := range ranges {
			if k.min > k.max || k.partition.Level() != level || !k.partition.Contains(k.min) || !k.partition.Contains(k.max) {
				t.Fatalf("range %+v is not within a partition", k)
			}
			leaves += uint64(k.max-k.min)/2 + 1
			if i == 0 {
				continue
			}
			switch last := ranges[i-1]; {
			case last.max >= k.min:
				t.Fatalf("ranges %+v and %+v are not in order", last, k)
			case last.max+2 == k.min && last.partition == k.partition:
				t.Fatalf("ranges %+v and %+v could be one", last, k)
			}
		}
		var covered uint64
		for _, c := range covering {
			if c.Level() >= level {
				covered += uint64(c.RangeMax()-c.RangeMin())/2 + 1
			}
			// A coarser cell is read by those of its partitions that meet the disc.
			for child := c.ChildBeginAtLevel(max(level, c.Level())); c.Level() < level && child != c.ChildEndAtLevel(level); child = child.Next() {
				if disc.IntersectsCell(s2.CellFromCellID(child)) {
					covered += uint64(child.RangeMax()-child.RangeMin())/2 + 1
				}
			}
		}
		if leaves != covered {
			t.Fatalf("center %v, radius %v: ranges of %d leaf cells, the covering has %d", center, radius, leaves, covered)
		}
		if len(ranges) < len(covering) {
			merged++
		}
	}
	if merged < 1_000 {
		t.Errorf("adjacent cells became one in %d plans: the test looks at little", merged)
	}
}
