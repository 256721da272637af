package geoindex

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

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
