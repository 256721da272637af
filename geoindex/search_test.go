package geoindex

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// timed gives points times, of which some are the same, some texts, and some missing.
func timed(r *rand.Rand, points []Point) []Point {
	for i := range points {
		var at types.AttributeValue
		switch n := r.IntN(20); {
		case n < 16:
			at = number(1700000000000 + int64(r.IntN(300)))
		case n == 16:
			at = &types.AttributeValueMemberN{Value: fmt.Sprintf("%d.5", 1700000000000+int64(r.IntN(300)))}
		case n == 17:
			at = text(fmt.Sprintf("2023-11-14T22:13:%02dZ", r.IntN(60)))
		default:
			continue
		}
		points[i].Attributes = map[string]types.AttributeValue{"at": at}
	}
	return points
}

func randomOrder(r *rand.Rand) Order {
	switch r.IntN(4) {
	case 0:
		return ByKey()
	case 1:
		return ByDistance(randomPlace(r))
	case 2:
		return Newest("at")
	}
	return Oldest("at")
}

// expected returns the ids that a search must yield, in order, by looking at all points.
func expected(points []Point, region Region, o Order) []string {
	type row struct {
		id  string
		pos position
	}
	var rows []row
	for _, p := range points {
		if region.Contains(p.Location) {
			pos := position{key: p.Key, value: sortValueOf(p.Attributes[o.attribute])}
			if o.kind == byDistance {
				pos.distance = o.from.Distance(p.Location)
			}
			rows = append(rows, row{p.Key.ID, pos})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return o.compare(&a.pos, &b.pos) })
	var out []string
	for _, r := range rows {
		out = append(out, r.id)
	}
	return out
}

// paged reads a search page by page, each of random length, to its end.
func pages(t testing.TB, r *rand.Rand, table *Table, region Region, o Order, between func()) (got []string) {
	cursor := ""
	for n := 0; ; n++ {
		if n > 100_000 {
			t.Fatal("the search does not end")
		}
		next, limit := "unset", 1+r.IntN(40)
		hits := 0
		for hit, err := range table.Search(t.Context(), region, func(so *SearchOptions) {
			so.Order, so.Limit, so.Cursor, so.Next = o, limit, cursor, &next
		}) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, hit.Key.ID)
			hits++
		}
		if hits > limit {
			t.Fatalf("%d hits, limit %d", hits, limit)
		}
		if next == "" {
			return got
		}
		cursor = next
		between()
	}
}

// TestSearchAgainstBruteForce compares searches of every region in every order, whole, in
// pages and counted, with a look at every point, while the histogram learns.
func TestSearchAgainstBruteForce(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	points := timed(r, randomPoints(r, 600))
	var tables []*Table
	for _, level := range []int{4, 5, 6} {
		for _, shards := range []int{1, 3} {
			table := newTable(t, &fake{}, func(o *Options) {
				o.Level, o.MaxCells, o.MaxQueries, o.Workers = level, 4+r.IntN(100), 1+r.IntN(40), 1+r.IntN(4)
			})
			if shards > 1 {
				table.layout = sharded{cells(level), shards}
			}
			f := newFake(table, points)
			f.pageSize = 1 + r.IntN(50)
			table.client = f
			tables = append(tables, table)
		}
	}
	found := 0
	for range scaled(600, 50_000) {
		region, o, table := randomRegion(t, r).region, randomOrder(r), tables[r.IntN(len(tables))]
		if len(must(table.planFor(region, false)).spans) > 300 {
			table = tables[0]
		}
		want := expected(points, region, o)
		var got []string
		switch r.IntN(4) {
		case 0:
			n, err := table.Count(t.Context(), region)
			if err != nil || n != len(want) {
				t.Fatalf("%v: count %d, %v; want %d", region, n, err, len(want))
			}
			continue
		case 1:
			got = pages(t, r, table, region, o, func() {})
		case 2:
			got = collectIDs(t, table, region, func(so *SearchOptions) { so.Order = o })
		case 3: // in no order
			got = collectIDs(t, table, region)
			slices.Sort(got)
			slices.Sort(want)
		}
		found += len(got)
		if !slices.Equal(got, want) {
			t.Fatalf("%v, order %+v: missed %v, extra %v\ngot  %v\nwant %v", region, o, difference(want, got), difference(got, want), got, want)
		}
	}
	if found < 2_000 {
		t.Errorf("%d points found: the test looks at little", found)
	}
}

func collectIDs(t testing.TB, table *Table, region Region, optFns ...func(*SearchOptions)) (got []string) {
	t.Helper()
	for hit, err := range table.Search(t.Context(), region, optFns...) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, hit.Key.ID)
	}
	return got
}

// TestPagesWhileWritersRun shows that no page repeats a point or loses one that stays,
// whatever comes and goes in between.
func TestPagesWhileWritersRun(t *testing.T) {
	r := seeded(t)
	for range scaled(40, 1_000) {
		at, region := randomPlace(r), Disc{}
		var err error
		if region, err = NewDisc(at, 50_000); err != nil {
			t.Fatal(err)
		}
		table := newTable(t, &fake{}, func(o *Options) { o.Level = 4 })
		var stay []Point
		for i := range 150 {
			stay = append(stay, NewPoint(near(r, at, 0.2), fmt.Sprintf("s%d", i), nil))
		}
		stay = timed(r, stay)
		f := newFake(table, stay)
		f.pageSize, table.client = 1+r.IntN(20), f
		o := randomOrder(r)
		var passing []Point
		got := pages(t, r, table, region, o, func() {
			for range 20 {
				p := timed(r, []Point{NewPoint(near(r, at, 0.2), fmt.Sprintf("w%d", r.IntN(1e9)), nil)})[0]
				passing = append(passing, p)
				f.put(table, p)
			}
			for range 10 {
				f.remove(table, passing[r.IntN(len(passing))].Key)
			}
		})
		if len(slices.Compact(slices.Sorted(slices.Values(got)))) != len(got) {
			t.Fatalf("order %+v: a point came twice: %v", o, got)
		}
		var stayed []string
		for _, id := range got {
			if strings.HasPrefix(id, "s") {
				stayed = append(stayed, id)
			}
		}
		if want := expected(stay, region, o); !slices.Equal(stayed, want) {
			t.Fatalf("order %+v: lost %v\ngot  %v\nwant %v", o, difference(want, stayed), stayed, want)
		}
	}
}

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
		for i := range scaled(40, 500) {
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

// TestCountSendsNoItems shows that what lies inside for certain is counted by DynamoDB.
func TestCountSendsNoItems(t *testing.T) {
	r := seeded(t)
	table := newTable(t, &fake{})
	f := newFake(table, dense(r, 5_000))
	table.client = f
	disc, err := NewDisc(LatLng{51.5, -0.12}, 25_000)
	if err != nil {
		t.Fatal(err)
	}
	var stats Stats
	n, err := table.Count(t.Context(), disc, func(o *SearchOptions) { o.Stats = &stats })
	if err != nil || n < 2_000 || n != len(collectIDs(t, newTableOver(t, f), disc)) || stats.Items != n {
		t.Fatalf("%d points, %+v, %v", n, stats, err)
	}
	f.sent.Store(0)
	if again, err := table.Count(t.Context(), disc); err != nil || again != n {
		t.Fatalf("%d and then %d points, %v", n, again, err)
	}
	if sent := f.sent.Load(); sent > int64(n)/3 {
		t.Errorf("%d items sent for a count of %d", sent, n)
	}
	for why, optFn := range map[string]func(*SearchOptions){
		"limit":      func(o *SearchOptions) { o.Limit = 1 },
		"order":      func(o *SearchOptions) { o.Order = ByKey() },
		"projection": func(o *SearchOptions) { o.Projection = []string{"x"} },
		"next":       func(o *SearchOptions) { o.Next = new(string) },
	} {
		if _, err := table.Count(t.Context(), disc, optFn); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

func newTableOver(t testing.TB, client DynamoDB) *Table { return newTable(t, client) }

// TestCursorIsRefused shows what is no cursor of a search: nothing is read then.
func TestCursorIsRefused(t *testing.T) {
	r := seeded(t)
	key := []byte("sixteen bytes or more")
	options := func(o *Options) { o.CursorKey = key }
	table := newTable(t, &fake{}, options)
	f := newFake(table, dense(r, 200))
	table.client = f
	disc := func(radius Meters) Region {
		d, err := NewDisc(LatLng{51.5, -0.12}, radius)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	var next string
	order := Newest("n")
	for _, err := range table.Search(t.Context(), disc(50_000), func(o *SearchOptions) { o.Order, o.Limit, o.Next = order, 3, &next }) {
		if err != nil {
			t.Fatal(err)
		}
	}
	changed := []byte(next)
	changed[len(changed)/2] ^= 1
	other, err := New(f, "other", options)
	if err != nil {
		t.Fatal(err)
	}
	f.queries.Store(0)
	for why, row := range map[string]struct {
		table  *Table
		region Region
		order  Order
		cursor string
		good   bool
	}{
		"the same search":                    {table, disc(50_000), order, next, true},
		"another Table with the same key":    {newTable(t, f, options), disc(50_000), order, next, true},
		"another region":                     {table, disc(50_001), order, next, false},
		"another order":                      {table, disc(50_000), Oldest("n"), next, false},
		"another attribute":                  {table, disc(50_000), Newest("m"), next, false},
		"another table of the same key":      {other, disc(50_000), order, next, false},
		"another key":                        {newTable(t, f), disc(50_000), order, next, false},
		"a changed cursor":                   {table, disc(50_000), order, string(changed), false},
		"a cut cursor":                       {table, disc(50_000), order, next[:len(next)-4], false},
		"a longer cursor":                    {table, disc(50_000), order, next + "AAAA", false},
		"something else":                     {table, disc(50_000), order, "page 2", false},
		"as short as it gets":                {table, disc(50_000), order, "A", false},
		"the version and a MAC, but no more": {table, disc(50_000), order, next[:23], false},
	} {
		var first error
		for _, err := range row.table.Search(t.Context(), row.region, func(o *SearchOptions) { o.Order, o.Cursor, o.Limit = row.order, row.cursor, 1 }) {
			first = err
		}
		if row.good != (first == nil) || !row.good && (!errors.Is(first, ErrCursor) || !errors.Is(first, ErrInvalid)) {
			t.Errorf("%s: error %v", why, first)
		}
	}
	if _, err := New(f, "t", func(o *Options) { o.CursorKey = key[:15] }); !errors.Is(err, ErrInvalid) {
		t.Errorf("a key of 15 bytes: error %v, want ErrInvalid", err)
	}
}

// TestBudget reads a region in parts that cost little each: nothing is lost, nothing comes
// twice, and each part is marked as one.
func TestBudget(t *testing.T) {
	r := seeded(t)
	points := dense(r, 3_000)
	table := newTable(t, &fake{})
	f := newFake(table, points)
	table.client = f
	region, err := NewDisc(LatLng{51.5, -0.12}, 15_000)
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]Order{"key": {}, "distance": ByDistance(LatLng{51.51, -0.1})} {
		var got []string
		cursor, parts := "", 0
		for {
			var stats Stats
			var last error
			for hit, err := range table.Search(t.Context(), region, func(so *SearchOptions) {
				so.Order, so.Budget, so.Cursor, so.Stats = o, 3, cursor, &stats
			}) {
				if last = err; err == nil {
					got = append(got, hit.Key.ID)
				}
			}
			if last == nil {
				break
			}
			var spent *BudgetError
			if !errors.Is(last, ErrBudget) || !errors.As(last, &spent) || spent.Cursor == cursor || spent.Spent != stats.ReadUnits || spent.Spent < spent.Budget {
				t.Fatalf("by %s: error %v after %+v", name, last, stats)
			}
			most := 6. // twice the budget
			if name == "distance" {
				most = 30 // a thin ring of a wide disc takes up to some dozen ranges, of half a unit at the least
			}
			if parts++; spent.Spent > most {
				t.Errorf("by %s: %.1f units spent", name, spent.Spent)
			}
			cursor = spent.Cursor
		}
		if o.kind == unordered {
			o = ByKey()
		}
		if want := expected(points, region, o); parts < 1 || !slices.Equal(got, want) {
			t.Errorf("by %s: %d parts, missed %v, extra %v", name, parts, difference(want, got), difference(got, want))
		}
	}
}

// TestFaults refuses every nth query: throttled ones are repeated, and nothing is lost or
// comes twice; other failures end a search, which its cursor continues.
func TestFaults(t *testing.T) {
	r := seeded(t)
	points := timed(r, dense(r, 800))
	region, err := NewDisc(LatLng{51.5, -0.12}, 20_000)
	if err != nil {
		t.Fatal(err)
	}
	throttled := &types.ProvisionedThroughputExceededException{}
	broken := errors.New("broken")
	for _, o := range []Order{{}, ByKey(), ByDistance(LatLng{51.4, -0.2}), Newest("at")} {
		for _, nth := range []int{1, 2, 3, 7} {
			synctest.Test(t, func(t *testing.T) {
				table := newTable(t, &fake{})
				f := newFake(table, points)
				f.pageSize, table.client = 5, f
				var stats Stats
				f.fail = func(query int) error {
					if query%nth == 0 && nth > 1 || nth == 1 && query < 4 {
						return throttled
					}
					return nil
				}
				got := collectIDs(t, table, region, func(so *SearchOptions) { so.Order, so.Stats = o, &stats })
				want := expected(points, region, o)
				if o.kind == unordered {
					slices.Sort(got)
					slices.Sort(want)
				}
				if !slices.Equal(got, want) || stats.Throttles == 0 || stats.Queries+stats.Throttles != int(f.queries.Load()) {
					t.Errorf("order %+v, every %d: missed %v, extra %v, %+v of %d", o, nth, difference(want, got), difference(got, want), stats, f.queries.Load())
				}
				if o.kind == unordered || o.timed() || nth == 1 {
					return
				}
				// Failures: go on from where Next says. A ring must come to its end for that.
				if o.kind == byDistance {
					f.pageSize = 50
				}
				f.fail = func(query int) error {
					if query%(10*nth) == 0 {
						return broken
					}
					return nil
				}
				got = nil
				for cursor, tries := "", 0; tries < 1000; tries++ {
					var last error
					next := ""
					for hit, err := range table.Search(t.Context(), region, func(so *SearchOptions) {
						so.Order, so.Cursor, so.Next, so.Limit = o, cursor, &next, 30
					}) {
						if last = err; err == nil {
							got = append(got, hit.Key.ID)
						}
					}
					if last != nil && !errors.Is(last, broken) {
						t.Fatal(last)
					}
					if cursor = next; last == nil && next == "" {
						break
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("order %+v, broken every %d: missed %v, extra %v", o, 10*nth, difference(want, got), difference(got, want))
				}
			})
		}
	}
}

// TestThrottledForever gives up with ErrThrottled, within the context.
func TestThrottledForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		table := newTable(t, &fake{}, func(o *Options) { o.Retries = 20 })
		f := newFake(table, nil)
		f.fail = func(int) error { return &types.ThrottlingException{} }
		table.client = f
		var last error
		for _, err := range table.Radius(t.Context(), LatLng{}, 1) {
			last = err
		}
		if n := f.queries.Load(); !errors.Is(last, ErrThrottled) || n < 21 {
			t.Errorf("error %v after %d queries", last, n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), longestWait)
		defer cancel()
		for _, err := range table.Radius(ctx, LatLng{}, 1) {
			last = err
		}
		if !errors.Is(last, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", last)
		}
	})
}

func TestSearchRefuses(t *testing.T) {
	table := newTable(t, &fake{}) // a query would find no partitions, and no error
	disc, err := NewDisc(LatLng{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	for why, row := range map[string]struct {
		region Region
		optFn  func(*SearchOptions)
	}{
		"no region":                    {nil, func(*SearchOptions) {}},
		"a limit below zero":           {disc, func(o *SearchOptions) { o.Limit = -1 }},
		"a budget below zero":          {disc, func(o *SearchOptions) { o.Budget = -1 }},
		"a budget of no number":        {disc, func(o *SearchOptions) { o.Budget = math.NaN() }},
		"a budget for the newest":      {disc, func(o *SearchOptions) { o.Order, o.Budget = Newest("at"), 9 }},
		"by distance from no place":    {disc, func(o *SearchOptions) { o.Order = ByDistance(LatLng{91, 0}) }},
		"newest by no attribute":       {disc, func(o *SearchOptions) { o.Order = Newest("") }},
		"oldest by an inner attribute": {disc, func(o *SearchOptions) { o.Order = Oldest("meta.at") }},
	} {
		var last error
		for _, err := range table.Search(t.Context(), row.region, row.optFn) {
			last = err
		}
		if !errors.Is(last, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, last)
		}
	}
	if _, err := table.Explain(nil); !errors.Is(err, ErrInvalid) {
		t.Errorf("explain nothing: error %v, want ErrInvalid", err)
	}
	for _, err := range table.Nearest(t.Context(), LatLng{91, 0}, 1) {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("nearest to no place: error %v, want ErrInvalid", err)
		}
	}
}
