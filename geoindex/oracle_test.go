package geoindex

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/golang/geo/r3"
)

// randomRadius favours what people search, and includes nothing, everything, and discs
// with a point exactly on their edge or a hair beyond it.
func randomRadius(r *rand.Rand, center LatLng, points []Point) Meters {
	switch n := r.IntN(100); n {
	case 0:
		return 0
	case 1:
		return Meters(2e7 * r.Float64()) // up to half the Earth
	case 2:
		return maxDistance * Meters(0.98+0.04*r.Float64())
	case 3:
		return maxDistance/2 + Meters(20*r.NormFloat64()) // where squared sines lose their digits
	case 4, 5, 6:
		return Meters(2e6 * r.Float64())
	default:
		edge := center.Distance(points[r.IntN(len(points))].Location)
		switch {
		case edge > 2e6 && n != 7:
		case n < 20:
			return edge
		case n < 40:
			return Meters(math.Nextafter(float64(edge), 0))
		}
	}
	return Meters(math.Pow(10, 5.3*r.Float64()))
}

// oracle answers searches by measuring every point.
type oracle struct {
	points  []Point
	vectors []r3.Vector
}

func newOracle(points []Point) *oracle {
	o := &oracle{points: points}
	for _, p := range points {
		o.vectors = append(o.vectors, p.Location.point())
	}
	return o
}

// within returns the ids of all points in the disc, sorted, and whether one is exactly
// on its edge.
func (o *oracle) within(center LatLng, radius Meters) (want []string, edge bool) {
	c := center.point()
	for i, v := range o.vectors {
		if d := distance(c, v); d <= radius {
			want = append(want, o.points[i].Key.ID)
			edge = edge || d == radius
		}
	}
	slices.Sort(want)
	return want, edge
}

// TestRadiusAgainstBruteForce compares searches with the distance to every point.
func TestRadiusAgainstBruteForce(t *testing.T) {
	t.Parallel()
	searches := scaled(600, 50_000)
	r := seeded(t)
	points := randomPoints(r, 600)
	all := newOracle(points)
	var tables []*Table
	for _, level := range []int{4, 4, 5, 6} {
		table := newTable(t, &fake{}, func(o *Options) {
			o.Level, o.MaxCells, o.Workers = level, 4+r.IntN(60), 1+r.IntN(4)
		})
		f := newFake(table, points)
		f.pageSize = 1 + r.IntN(50)
		table.client = f
		tables = append(tables, table)
	}
	found, edges := 0, 0
	for i := range searches {
		center := randomPlace(r)
		radius := randomRadius(r, center, points)
		table := tables[r.IntN(len(tables))]
		if radius > 2e6 && i%64 != 0 {
			table = tables[0] // other levels take thousands of queries
		}
		want, edge := all.within(center, radius)
		got := ids(t, table, center, radius)
		found += len(got)
		if !slices.Equal(got, want) {
			missed, extra := difference(want, got), difference(got, want)
			t.Fatalf("level %d, center %v, radius %v: missed %v, extra %v", table.options.Level, center, float64(radius), missed, extra)
		}
		if edge {
			edges++
		}
	}
	t.Logf("%d points found in %d searches, %d with a point exactly on the edge", found, searches, edges)
	if found < 10*searches || edges < searches/100 {
		t.Errorf("the test looks at little")
	}
}

func newTable(t testing.TB, client DynamoDB, optFns ...func(*Options)) *Table {
	t.Helper()
	table, err := New(client, "places", optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func ids(t testing.TB, table *Table, center LatLng, radius Meters) []string {
	t.Helper()
	var got []string
	for hit, err := range table.Radius(t.Context(), center, radius) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, hit.Key.ID)
	}
	slices.Sort(got)
	return got
}

// difference returns what a has and b has not; a duplicate in a counts as extra.
func difference(a, b []string) []string {
	counts := map[string]int{}
	for _, id := range b {
		counts[id]++
	}
	var out []string
	for _, id := range a {
		if counts[id]--; counts[id] < 0 {
			out = append(out, id)
		}
	}
	return out
}
