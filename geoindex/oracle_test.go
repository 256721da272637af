package geoindex

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"
)

// adversarial are places where coverings, distances or keys have special cases.
var adversarial = []LatLng{
	{90, 0}, {-90, 0}, {90, 123}, {89.999999, -45}, {-89.9999, 170}, // poles
	{0, 180}, {0, -180}, {-16.8, 179.99}, {52, -179.9999}, {-89, 180}, // antimeridian
	{0, 0}, {0, 90}, {0, -90}, {45, 0}, {-45, 90}, // face centres and the middles of edges
	{35.264389682754654, 45}, {-35.264389682754654, -45}, {35.264389682754654, 135}, {-35.264389682754654, 135}, // corners of the cube
	{0, 45}, {0, 135}, {0, -135}, {10, 45}, {-20, -45}, // edges of the cube
	{23.958, -4.808}, {-29.198, -23.908}, // where decimal digits of ids change
	{51.51, -0.13}, {40.6892534, -74.0466891},
}

// randomPlace returns a place anywhere, in a cluster, or near a special place.
func randomPlace(r *rand.Rand) LatLng {
	switch r.IntN(4) {
	case 0: // uniform on the sphere
		return LatLng{math.Asin(2*r.Float64()-1) * 180 / math.Pi, 360*r.Float64() - 180}
	case 1: // a city
		return near(r, LatLng{51.5, -0.12}, 0.3)
	default:
		return near(r, adversarial[r.IntN(len(adversarial))], math.Pow(10, -6*r.Float64()))
	}
}

func near(r *rand.Rand, p LatLng, degrees float64) LatLng {
	p.Lat = min(90, max(-90, p.Lat+degrees*r.NormFloat64()))
	p.Lng = math.Remainder(p.Lng+degrees*r.NormFloat64(), 360)
	return p
}

func randomPoints(r *rand.Rand, n int) []Point {
	points := make([]Point, 0, n+len(adversarial))
	for i := range n {
		points = append(points, NewPoint(randomPlace(r), fmt.Sprintf("p%d", i), nil))
	}
	for i, p := range adversarial {
		points = append(points, NewPoint(p, fmt.Sprintf("a%d", i), nil))
	}
	return points
}

// randomRadius favours what people search, and includes nothing and everything.
func randomRadius(r *rand.Rand) Meters {
	switch r.IntN(20) {
	case 0:
		return 0
	case 1:
		return Meters(2e7 * r.Float64()) // up to half the Earth
	case 2:
		return maxDistance + Meters(1e6*r.Float64())
	case 3, 4, 5:
		return Meters(2e6 * r.Float64())
	}
	return Meters(math.Pow(10, 5.3*r.Float64()))
}

// TestRadiusAgainstBruteForce compares searches with the plain distance to every point.
func TestRadiusAgainstBruteForce(t *testing.T) {
	searches := 3_000
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		searches = 30_000
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	points := randomPoints(r, 3_000)
	var tables []*Table
	for _, level := range []int{4, 5, 6} {
		table := newTable(t, &fake{}, func(o *Options) { o.Level = level; o.MaxCells = 4 + r.IntN(60); o.Workers = 1 })
		f := newFake(table, points)
		f.pageSize = 1 + r.IntN(50)
		table.client = f
		tables = append(tables, table)
	}
	found := 0
	for range searches {
		center, radius := randomPlace(r), randomRadius(r)
		level := r.IntN(3)
		if radius > 2e6 {
			level = 0 // thousands of partitions otherwise
		}
		table := tables[level]
		want := bruteForce(points, center, radius)
		got := ids(t, table, center, radius)
		found += len(got)
		if !slices.Equal(got, want) {
			missed, extra := difference(want, got), difference(got, want)
			t.Fatalf("level %d, center %v, radius %v: missed %v, extra %v", table.options.Level, center, float64(radius), missed, extra)
		}
	}
	if found < searches {
		t.Errorf("%d points found in %d searches: the test looks at little", found, searches)
	}
}

func newTable(t testing.TB, client DynamoDB, optFns ...func(*Options)) *Table {
	t.Helper()
	table, err := New(client, "t", optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func bruteForce(points []Point, center LatLng, radius Meters) []string {
	var want []string
	for _, p := range points {
		if center.Distance(p.Location) <= radius {
			want = append(want, p.Key.ID)
		}
	}
	slices.Sort(want)
	return want
}

func ids(t *testing.T, table *Table, center LatLng, radius Meters) []string {
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

// TestRadiusEnds shows that a search leaves no reader behind and tells its errors.
func TestRadiusEnds(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	table := newTable(t, &fake{})
	points := randomPoints(r, 500)
	broken := errors.New("broken")

	t.Run("the caller stops", func(t *testing.T) {
		table.client = newFake(table, points)
		table.options.Workers = 1 // the fake counts without a lock
		n := 0
		for _, err := range table.Radius(t.Context(), LatLng{51.5, -0.12}, 1e6) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 3 {
				break
			}
		}
		if n != 3 {
			t.Errorf("%d hits, want 3", n)
		}
	})
	t.Run("a query fails", func(t *testing.T) {
		f := newFake(table, points)
		f.fail = func(query int) error {
			if query == 3 {
				return broken
			}
			return nil
		}
		table.client = f
		var got error
		for _, err := range table.Radius(t.Context(), LatLng{51.5, -0.12}, 1e6) {
			got = err
		}
		if !errors.Is(got, broken) {
			t.Errorf("error %v, want %v", got, broken)
		}
	})
	t.Run("the context ends", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		table.client = newFake(table, points)
		var got error
		for _, err := range table.Radius(ctx, LatLng{51.5, -0.12}, 1e6) {
			got = err
			cancel()
		}
		if !errors.Is(got, context.Canceled) {
			t.Errorf("error %v, want %v", got, context.Canceled)
		}
		cancel()
	})
	for name, row := range map[string]struct {
		center LatLng
		radius Meters
	}{
		"latitude out of range": {LatLng{90.01, 0}, 1},
		"longitude is NaN":      {LatLng{0, math.NaN()}, 1},
		"negative radius":       {LatLng{}, -1},
		"radius is NaN":         {LatLng{}, Meters(math.NaN())},
		"radius is infinite":    {LatLng{}, Meters(math.Inf(1))},
	} {
		t.Run(name, func(t *testing.T) {
			for _, err := range table.Radius(t.Context(), row.center, row.radius) {
				if !errors.Is(err, ErrInvalid) {
					t.Errorf("error %v, want ErrInvalid", err)
				}
			}
		})
	}
}

// TestCover holds Cover to its two promises: every point of the disc lies in a cell,
// and each cell meets the disc.
func TestCover(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2_000 {
		center, radius := randomPlace(r), Meters(math.Pow(10, 4.3*r.Float64()))
		cells, err := Cover(center, radius, 10)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			p := near(r, center, float64(radius)/111_000)
			in := slices.Contains(cells, CellAt(p).Parent(10))
			if center.Distance(p) <= radius && !in {
				t.Fatalf("center %v, radius %v: %v is at %v and in no cell", center, radius, p, center.Distance(p))
			}
		}
		if !slices.IsSorted(cells) || len(slices.Compact(slices.Clone(cells))) != len(cells) {
			t.Fatalf("cells are not sorted and unique: %x", cells)
		}
	}
}

// TestCoverOfFiveMiles bounds what one viewer subscribes to, as Cover's doc says.
func TestCoverOfFiveMiles(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	const places = 50_000
	most, total := 0, 0
	for i := range places {
		center := randomPlace(r)
		if i < len(adversarial) {
			center = adversarial[i]
		}
		cells, err := Cover(center, 5*Mile, 10)
		if err != nil {
			t.Fatal(err)
		}
		total += len(cells)
		if most = max(most, len(cells)); most > 14 {
			t.Fatalf("%d cells at %v", len(cells), center)
		}
	}
	t.Logf("mean %.2f, most %d", float64(total)/places, most)
}
