package geoindex

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestCompatAgainstBruteForce compares searches of tables of dynamodb-geo with the distance
// to every point.
func TestCompatAgainstBruteForce(t *testing.T) {
	t.Parallel()
	searches := scaled(15, 1_000)
	r := seeded(t)
	points := randomPoints(r, 500)
	all := newOracle(points)
	client := newEngine(t)
	var tables []*Table
	for i, c := range []Compat{{HashKeyLength: 1}, {}, {HashKeyLength: 3, LatitudeFirst: true}, {HashKeyLength: 3, Unsigned: true}, {HashKeyLength: 6, JavaNumbers: true}} {
		table, err := New(client, fmt.Sprint("compat", i), compatible(&c), func(o *Options) { o.MaxCells = 4 + r.IntN(60) })
		if err != nil {
			t.Fatal(err)
		}
		if err := table.Create(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, table)
	}
	found, refused := 0, 0
	for range searches {
		center, table := randomPlace(r), tables[r.IntN(len(tables))]
		radius := randomRadius(r, center, points)
		if length := table.options.Compat.HashKeyLength; length > 2 && radius > 1e6 || length > 3 && radius > 3e4 {
			radius = 1e4
		}
		want, _ := all.within(center, radius)
		got, err := compatSearch(t, table, center, radius, r)
		if errors.Is(err, ErrInvalid) && center.Distance(LatLng{-35.2643896, -45}) < radius+1e5 {
			refused++
			continue
		}
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%+v, center %v, radius %v: missed %v, extra %v, error %v", *table.options.Compat, center, float64(radius), difference(want, got), difference(got, want), err)
		}
		found += len(got)
	}
	t.Logf("%d points found in %d searches, %d refused at the corner of many hash keys", found, searches, refused)
	if found < 3*searches || refused > searches/5 {
		t.Errorf("the test looks at little")
	}
}

// compatSearch reads a disc in some order, in pages by cursor, and counts it.
func compatSearch(t *testing.T, table *Table, center LatLng, radius Meters, r *rand.Rand) (got []string, err error) {
	order := []Order{{}, ByKey(), ByDistance(center), Newest("x")}[r.IntN(4)]
	limit, cursor := 0, ""
	if r.IntN(2) == 0 && order.kind != unordered {
		limit = 1 + r.IntN(40)
		if radius > 3e5 { // each page asks for all hash keys again
			limit += 200
		}
	}
	for more := true; more; more = cursor != "" {
		for hit, err := range table.Radius(t.Context(), center, radius, func(o *SearchOptions) {
			o.Order, o.Limit, o.Cursor = order, limit, cursor
			if limit > 0 {
				o.Next = &cursor
			}
		}) {
			if err != nil {
				return nil, err
			}
			got = append(got, hit.Key.ID)
		}
	}
	disc, err := NewDisc(center, radius)
	if err != nil {
		return nil, err
	}
	n, err := table.Count(t.Context(), disc)
	if err == nil && n != len(got) {
		t.Errorf("%d counted, %d found", n, len(got))
	}
	slices.Sort(got)
	return got, err
}

func TestCompatNearest(t *testing.T) {
	r := seeded(t)
	points := randomPoints(r, 300)
	table := created(t, newEngine(t), compatible(CompatNPM()))
	if _, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil {
		t.Fatal(err)
	}
	for _, center := range adversarial {
		var want, got []Meters
		for _, p := range points {
			want = append(want, center.Distance(p.Location))
		}
		slices.Sort(want)
		for hit, err := range table.Nearest(t.Context(), center, 7) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, center.Distance(hit.Location))
			if ratio := float64(hit.Distance() / center.Distance(hit.Location)); hit.Distance() > 1 && math.Abs(ratio-6_367_000/6_371_008.8) > 1e-12 {
				t.Errorf("%v: distance is %v of that of the mean radius", center, ratio)
			}
		}
		if !slices.Equal(got, want[:7]) {
			t.Errorf("%v: distances %v, want %v", center, got, want[:7])
		}
	}
}

// TestCompatOnePlace: cursors go on in the middle of a cell, whose items no condition tells
// apart, also where a page is of one item and a budget of one page.
func TestCompatOnePlace(t *testing.T) {
	table := created(t, newEngine(t), compatible(CompatNPM()))
	var points []Point
	for i := range 60 {
		points = append(points, NewPoint(LatLng{51.5, -0.12}, fmt.Sprintf("p%02d", i), map[string]types.AttributeValue{"x": text(strings.Repeat("x", 3000))}))
	}
	if _, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		why    string
		set    func(*SearchOptions)
		remove bool // the item that a page ended with
	}{
		{"a budget", func(o *SearchOptions) { o.Budget = 0.5 }, false},
		{"a limit", func(o *SearchOptions) { o.Limit = 7 }, true},
	} {
		var got []string
		cursor := ""
		for pages := 1; pages == 1 || cursor != ""; pages++ {
			for hit, err := range table.Radius(t.Context(), LatLng{51.5, -0.12}, 10, func(o *SearchOptions) { o.Cursor, o.Next = cursor, &cursor }, c.set) {
				if errors.Is(err, ErrBudget) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, hit.Key.ID)
			}
			if pages > 200 {
				t.Fatalf("%s: no end after %d pages, %d hits", c.why, pages, len(got))
			}
			if c.remove && pages == 3 {
				if err := table.Delete(t.Context(), KeyAt(LatLng{51.5, -0.12}, got[len(got)-1])); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) || len(got) != len(points) {
			t.Errorf("%s: %d hits, want %d in order: %v", c.why, len(got), len(points), got)
		}
	}
}
