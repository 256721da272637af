package geoindex

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

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
	for range scaled(200, 50_000) {
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
