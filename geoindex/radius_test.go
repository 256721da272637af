package geoindex

import (
	"context"
	"errors"
	"iter"
	"math"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// TestRadiusEnds shows how searches end. synctest fails where a goroutine is left behind.
func TestRadiusEnds(t *testing.T) {
	points := randomPoints(rand.New(rand.NewPCG(1, 1)), 500)
	broken := errors.New("broken")
	// search reads a thousand kilometres around London in pages of two points. A body
	// that ends early calls stop; no worker may begin a query after that but the one that
	// it was about to.
	search := func(t *testing.T, fail func(query int) error, body func(hits iter.Seq2[Hit, error], stop func())) {
		synctest.Test(t, func(t *testing.T) {
			table, stopped := newTable(t, &fake{}), int64(0)
			f := newFake(table, points)
			f.pageSize, f.fail = 2, fail
			table.client = f
			body(table.Radius(t.Context(), LatLng{51.5, -0.12}, 1e6), func() { stopped = f.queries.Load() })
			queries := f.queries.Load()
			if most := stopped + int64(table.options.Workers); stopped > 0 && queries > most {
				t.Errorf("%d queries, %d of them when the search was stopped: want at most %d", queries, stopped, most)
			}
		})
	}
	t.Run("the caller stops", func(t *testing.T) {
		search(t, nil, func(hits iter.Seq2[Hit, error], stop func()) {
			n := 0
			for _, err := range hits {
				if err != nil {
					t.Fatal(err)
				}
				if n++; n == 3 {
					stop()
					break
				}
			}
			if n != 3 {
				t.Errorf("%d hits, want 3", n)
			}
		})
	})
	t.Run("the caller's loop panics", func(t *testing.T) {
		search(t, nil, func(hits iter.Seq2[Hit, error], stop func()) {
			defer func() {
				if got := recover(); got != broken {
					t.Errorf("recovered %v, want %v", got, broken)
				}
			}()
			for range hits {
				stop()
				panic(broken)
			}
		})
	})
	t.Run("a query fails", func(t *testing.T) {
		fail := func(query int) error {
			if query == 3 {
				return broken
			}
			return nil
		}
		// How many queries the other workers get done before the failed one returns is the
		// scheduler's choice, so the error is what counts.
		search(t, fail, func(hits iter.Seq2[Hit, error], _ func()) {
			var errs []error
			for _, err := range hits {
				if err != nil {
					errs = append(errs, err)
				}
			}
			if len(errs) != 1 || !errors.Is(errs[0], broken) {
				t.Errorf("errors %v, want one: %v", errs, broken)
			}
		})
	})
	t.Run("the context ends", func(t *testing.T) {
		ended := 0
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			table := newTable(t, &fake{})
			table.client = newFake(table, points)
			for _, err := range table.Radius(ctx, LatLng{51.5, -0.12}, 1e6) {
				cancel()
				if err != nil {
					ended++
					if !errors.Is(err, context.Canceled) {
						t.Errorf("error %v, want %v", err, context.Canceled)
					}
				}
			}
		})
		if ended != 1 {
			t.Errorf("%d errors, want 1", ended)
		}
	})
}

func TestRadiusRefuses(t *testing.T) {
	table := newTable(t, &fake{}) // a query would find no partitions, and no error
	for name, row := range map[string]struct {
		center LatLng
		radius Meters
	}{
		"latitude out of range":  {LatLng{90.01, 0}, 1},
		"longitude out of range": {LatLng{0, -180.01}, 1},
		"longitude is NaN":       {LatLng{0, math.NaN()}, 1},
		"negative radius":        {LatLng{}, -1},
		"radius is NaN":          {LatLng{}, Meters(math.NaN())},
		"radius is infinite":     {LatLng{}, Meters(math.Inf(1))},
	} {
		t.Run(name, func(t *testing.T) {
			refused := 0
			for _, err := range table.Radius(t.Context(), row.center, row.radius) {
				refused++
				if !errors.Is(err, ErrInvalid) {
					t.Errorf("error %v, want ErrInvalid", err)
				}
			}
			if refused != 1 {
				t.Errorf("%d errors, want 1", refused)
			}
		})
	}
}

// TestRadiusPassesCorruptItems shows that one bad item hides no good one from a caller
// who goes on.
func TestRadiusPassesCorruptItems(t *testing.T) {
	table := newTable(t, &fake{})
	at := LatLng{48.2, 16.37}
	f := newFake(table, []Point{NewPoint(at, "a", nil), NewPoint(at, "b", nil), NewPoint(at, "c", nil)})
	for _, items := range f.partitions {
		items[1][location] = &types.AttributeValueMemberS{Value: "48.2,16.37"}
	}
	table.client = f
	good, corrupt := 0, 0
	var stats Stats
	for _, err := range table.Radius(t.Context(), at, 1, func(o *SearchOptions) { o.Stats = &stats }) {
		switch {
		case err == nil:
			good++
		case errors.Is(err, ErrCorrupt):
			corrupt++
		default:
			t.Error(err)
		}
	}
	if good != 2 || corrupt != 1 || stats.Items != 2 || stats.ItemsRead != 3 {
		t.Errorf("%d good, %d corrupt, %+v; want 2, 1, and the same in the statistics", good, corrupt, stats)
	}
}

// TestSpellingsOfOnePlace finds a point by every spelling of its place, at radius 0.
func TestSpellingsOfOnePlace(t *testing.T) {
	for name, spellings := range map[string][]LatLng{
		"the antimeridian": {{-16.8, 180}, {-16.8, -180}},
		"the north pole":   {{90, 0}, {90, 77}, {90, -180}},
		"the south pole":   {{-90, 0}, {-90, 180}, {-90, -12.5}},
		"negative zero":    {{0, 0}, {math.Copysign(0, -1), math.Copysign(0, -1)}},
	} {
		for _, at := range spellings {
			table := newTable(t, &fake{})
			table.client = newFake(table, []Point{NewPoint(at, "x", nil)})
			for _, center := range spellings {
				if d := center.Distance(at); d != 0 {
					t.Errorf("%s: %v is %v m from %v", name, center, float64(d), at)
				}
				if got := ids(t, table, center, 0); len(got) != 1 {
					t.Errorf("%s: %v finds %v at %v", name, center, got, at)
				}
			}
		}
	}
}

// TestQuarterOfTheEarth finds points on an edge of the cube from near its pole, a quarter
// of the circumference away, where S2's squared sines tell no two radii apart.
func TestQuarterOfTheEarth(t *testing.T) {
	t.Parallel()
	r := seeded(t)
	table := newTable(t, &fake{}, func(o *Options) { o.Level = 4 })
	for range scaled(60, 2_000) {
		center := near(r, LatLng{0, 135}, math.Pow(10, -3-6*r.Float64()))
		p := near(r, LatLng{30 * r.NormFloat64(), 45}, math.Pow(10, -6-8*r.Float64()))
		f := newFake(table, []Point{NewPoint(p, "x", nil)})
		table.client = f
		if got := ids(t, table, center, center.Distance(p)); len(got) != 1 {
			t.Fatalf("center %v, radius %v: %v is missed", center, float64(center.Distance(p)), p)
		}
	}
}
