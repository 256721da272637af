package geoindex

import (
	"errors"
	"slices"
	"testing"
)

// TestNearest compares with all distances, sorted, and shows that no item is read twice.
func TestNearest(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	points := randomPoints(r, 600)
	for _, shards := range []int{1, 3} {
		table := newTable(t, &fake{}, func(o *Options) { o.Level = 4 })
		if shards > 1 {
			table.layout = sharded{cells(4), shards}
		}
		f := newFake(table, points)
		f.pageSize, table.client = 1+r.IntN(50), f
		for i := range scaled(10, 500) {
			center, k := randomPlace(r), 1+r.IntN(30)
			if i%40 == 0 {
				k = 1 + r.IntN(700) // all of the Earth, or nearly
			}
			want := expected(points, everywhere(center), ByDistance(center))
			want = want[:min(k, len(want))]
			var got []string
			last, stats := Meters(0), Stats{}
			for hit, err := range table.Nearest(t.Context(), center, k, func(o *SearchOptions) { o.Stats = &stats }) {
				if err != nil {
					t.Fatal(err)
				}
				if hit.Distance() < last || hit.Distance() != center.Distance(hit.Location) {
					t.Fatalf("distance %v behind %v", hit.Distance(), last)
				}
				last = hit.Distance()
				got = append(got, hit.Key.ID)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("center %v, k %d:\ngot  %v\nwant %v", center, k, got, want)
			}
			// Of a ring that is given up, ranges with shards that were not read to their end
			// are read again, as is the cell of the last item.
			if most := len(points) + len(adversarial); stats.ItemsRead > most*(shards+1)/2 {
				t.Fatalf("center %v, k %d: %d items read of %d", center, k, stats.ItemsRead, len(points))
			}
		}
		n := 0
		f.queries.Store(0)
		for _, err := range table.Nearest(t.Context(), LatLng{51.5, -0.12}, 0) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 20 {
				break
			}
		}
		if q := f.queries.Load(); q > int64(100*shards) { // of 1,536 partitions
			t.Errorf("%d shards: 20 of an endless stream took %d queries", shards, q)
		}
	}
}

// TestNearestGoesOn reads the nearest points in pages, each by a table that knows nothing but
// the cursor's key, and in parts of a small budget: they come as in one search.
func TestNearestGoesOn(t *testing.T) {
	r := seeded(t)
	points := dense(r, 2_000)
	f := newFake(newTable(t, &fake{}), points)
	open := func() *Table {
		return newTable(t, f, func(o *Options) { o.CursorKey = make([]byte, leastCursorKey) })
	}
	center := LatLng{51.52, -0.09}
	want := expected(points, everywhere(center), ByDistance(center))[:150]
	for _, c := range []struct {
		why    string
		k      int
		budget float64
	}{{"pages of 10", 10, 0}, {"parts of 2 units", 150, 2}} {
		var got []string
		var total Stats
		cursor, searches := "", 0
		for len(got) < len(want) {
			var stats Stats
			for hit, err := range open().Nearest(t.Context(), center, min(c.k, len(want)-len(got)), func(o *SearchOptions) {
				o.Cursor, o.Next, o.Budget, o.Stats = cursor, &cursor, c.budget, &stats
			}) {
				if errors.Is(err, ErrBudget) {
					continue // it was the last
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, hit.Key.ID)
			}
			total.Queries, total.ItemsRead = total.Queries+stats.Queries, total.ItemsRead+stats.ItemsRead
			if searches++; searches > len(want) {
				t.Fatalf("%s: no progress behind %d points", c.why, len(got))
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", c.why, got, want)
		}
		if searches < 3 || total.ItemsRead > 30*len(want) {
			t.Errorf("%s: %d searches, %+v", c.why, searches, total)
		}
		t.Logf("%s: %d searches, %+v", c.why, searches, total)
	}
}
