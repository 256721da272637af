package geoindex

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/s2"
	"github.com/google/go-cmp/cmp"
)

// touching returns how many corners each two cells of a level have in common, by the
// geometry of their corners alone.
func touching(level int) map[CellID]map[CellID]int {
	corners := map[[3]float64][]CellID{}
	end := s2.CellIDFromFace(5).ChildEndAtLevel(level)
	for c := s2.CellIDFromFace(0).ChildBeginAtLevel(level); c != end; c = c.Next() {
		cell := s2.CellFromCellID(c)
		for k := range 4 {
			corners[rounded(cell.Vertex(k))] = append(corners[rounded(cell.Vertex(k))], CellID(c))
		}
	}
	shared := map[CellID]map[CellID]int{}
	for _, cells := range corners {
		for _, a := range cells {
			for _, b := range cells {
				if a == b {
					continue
				}
				if shared[a] == nil {
					shared[a] = map[CellID]int{}
				}
				shared[a][b]++
			}
		}
	}
	return shared
}

// rounded makes corners comparable that different faces compute. The offset keeps round
// numbers, of which there are many, away from where rounding turns.
func rounded(p s2.Point) [3]float64 {
	round := func(v float64) float64 { return math.Round(1e9*v + 0.123) }
	return [3]float64{round(p.X), round(p.Y), round(p.Z)}
}

func TestNeighborsByGeometry(t *testing.T) {
	for level := range 5 {
		for c, others := range touching(level) {
			var all, edges []CellID
			for o, corners := range others {
				all = append(all, o)
				if corners == 2 {
					edges = append(edges, o)
				}
			}
			slices.Sort(all)
			slices.Sort(edges)
			if diff := cmp.Diff(all, c.Neighbors()); diff != "" {
				t.Fatalf("level %d, around %v: %s", level, c, diff)
			}
			got := c.EdgeNeighbors()
			slices.Sort(got[:])
			if diff := cmp.Diff(edges, got[:]); diff != "" {
				t.Fatalf("level %d, beside %v: %s", level, c, diff)
			}
		}
	}
}

func TestNeighborsCount(t *testing.T) {
	corner := CellAt(LatLng{35.264389682754654, 45}) // of the cube
	for _, c := range []struct {
		why  string
		cell CellID
		want int
	}{
		{"a face of the cube", corner.Parent(0), 4},
		{"a quarter of a face", corner.Parent(1), 7},
		{"at a corner of the cube", corner.Parent(10), 7},
		{"a leaf at a corner of the cube", corner, 7},
		{"beside the antimeridian", CellAt(LatLng{10, 180}).Parent(10), 8},
		{"the pole, the middle of a face", CellAt(LatLng{90, 0}).Parent(10), 8},
		{"London", CellAt(LatLng{51.5, -0.1}).Parent(10), 8},
	} {
		if got := c.cell.Neighbors(); len(got) != c.want {
			t.Errorf("%s: %d, want %d: %v", c.why, len(got), c.want, got)
		}
	}
	if got := corner.VertexNeighbors(10); len(got) != 3 {
		t.Errorf("around a corner of the cube: %v, want three", got)
	}
	if got := CellAt(LatLng{51.5, -0.1}).VertexNeighbors(10); len(got) != 4 {
		t.Errorf("around a corner in London: %v, want four", got)
	}
	if got := corner.Parent(10).VertexNeighbors(10); got != nil {
		t.Errorf("of its own level: %v, want none", got)
	}
}

// TestNeighborsAgree compares with S2 for Go at every level and is mutual.
func TestNeighborsAgree(t *testing.T) {
	r := seeded(t)
	for range 5_000 {
		c := randomCell(r)
		theirs := map[CellID]bool{}
		for _, n := range c.s2().AllNeighbors(c.Level()) {
			theirs[CellID(n)] = true
		}
		delete(theirs, c)
		got := c.Neighbors()
		if len(got) != len(theirs) || !slices.IsSorted(got) {
			t.Fatalf("around %v: %v, want %v", c, got, theirs)
		}
		for _, n := range got {
			if !theirs[n] || !slices.Contains(n.Neighbors(), c) {
				t.Fatalf("%v and %v are not each other's neighbours", c, n)
			}
		}
	}
}

func randomCell(r *rand.Rand) CellID { return CellAt(randomPlace(r)).Parent(r.IntN(MaxLevel + 1)) }
