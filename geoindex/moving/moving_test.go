package moving

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("AWS_CA_BUNDLE") // breaks clients with an HTTP client of their own
	os.Exit(m.Run())
}

// counting is a client that counts updates, and those that change the key of the index.
type counting struct {
	DynamoDB
	mu              sync.Mutex
	updates, rekeys int
}

func (c *counting) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, optFns ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	out, err := c.DynamoDB.UpdateItem(ctx, in, optFns...)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.updates++
	names := slices.Collect(maps.Values(in.ExpressionAttributeNames))
	if err == nil && slices.Contains(names, cellPart) {
		c.rekeys++
	}
	return out, err
}

func created(t testing.TB, optFns ...func(*Options)) (*Table, *counting) {
	t.Helper()
	local, err := localaws.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	client := &counting{DynamoDB: dynamodb.NewFromConfig(local.Config())}
	table, err := New(client, "fleet", optFns...)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return table, client
}

func seeded(t testing.TB) *rand.Rand {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

var london = geoindex.LatLng{Lat: 51.5074, Lng: -0.1278}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

var values = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{})

func TestMoveAndGet(t *testing.T) {
	table, _ := created(t)
	if _, err := table.Get(t.Context(), "bus", true); !errors.Is(err, geoindex.ErrNotFound) {
		t.Errorf("before any position: error %v, want ErrNotFound", err)
	}
	first := Position{ID: "bus", Location: london, Version: 10, Attributes: map[string]types.AttributeValue{"line": text("7"), "a.b": text("x")}}
	next := Position{ID: "bus", Location: geoindex.LatLng{Lat: 51.6, Lng: -0.2}, Version: 20, Attributes: map[string]types.AttributeValue{"line": text("8")}}
	for _, c := range []struct {
		why  string
		move Position
		err  error
		want Position
	}{
		{"the first position", first, nil, first},
		{"the same once more", first, ErrLate, first},
		{"an older one", Position{ID: "bus", Location: next.Location, Version: 9}, ErrLate, first},
		{"a newer one, with one attribute", next, nil, Position{"bus", next.Location, 20, map[string]types.AttributeValue{"line": text("8"), "a.b": text("x")}}},
		{"a late one, of the old cell", Position{ID: "bus", Location: london, Version: 15}, ErrLate, Position{"bus", next.Location, 20, map[string]types.AttributeValue{"line": text("8"), "a.b": text("x")}}},
	} {
		if err := table.Move(t.Context(), c.move); !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want %v", c.why, err, c.err)
		}
		got, err := table.Get(t.Context(), "bus", true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got, values); diff != "" {
			t.Errorf("%s: %s", c.why, diff)
		}
	}
	if err := table.Delete(t.Context(), "bus"); err != nil {
		t.Fatal(err)
	}
	if err := table.Move(t.Context(), first); err != nil {
		t.Errorf("after delete, with an old version: %v", err)
	}
}

// TestSearch moves objects at random, in two processes, and compares searches with brute
// force. The engine's index is up to date at once.
func TestSearch(t *testing.T) {
	r := seeded(t)
	for _, margin := range []geoindex.Meters{-1, 25, 400} {
		table, client := created(t, func(o *Options) { o.Margin = margin })
		other, err := New(client, "fleet", func(o *Options) { o.Margin, o.Remember = margin, 3 })
		if err != nil {
			t.Fatal(err)
		}
		centers := []geoindex.LatLng{london, {Lat: 90}, {Lat: -16.8, Lng: 179.9999}, {Lat: 35.264389682754654, Lng: 45}, {Lat: 0, Lng: -180}}
		at := map[string]geoindex.LatLng{}
		for v := range int64(600) {
			id := fmt.Sprint(r.IntN(60))
			from, known := at[id]
			if !known || r.IntN(10) == 0 {
				from = centers[r.IntN(len(centers))]
			}
			p := Position{ID: id, Location: near(r, from, 0.002), Version: v}
			if err := []*Table{table, other}[r.IntN(2)].Move(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			at[id] = p.Location
			if v%20 != 0 {
				continue
			}
			center, radius := centers[r.IntN(len(centers))], geoindex.Meters(math.Pow(10, 4.3*r.Float64()))
			var want, got []string
			for id, place := range at {
				if center.Distance(place) <= radius {
					want = append(want, id)
				}
			}
			for hit, err := range table.Search(t.Context(), center, radius) {
				if err != nil {
					t.Fatal(err)
				}
				if hit.Location != at[hit.ID] || hit.Distance != center.Distance(hit.Location) {
					t.Fatalf("%s at %v, %v m", hit.ID, hit.Location, hit.Distance)
				}
				got = append(got, hit.ID)
			}
			slices.Sort(want)
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("margin %v, %v m around %v: %s", margin, radius, center, diff)
			}
		}
	}
}

func near(r *rand.Rand, p geoindex.LatLng, degrees float64) geoindex.LatLng {
	p.Lat = min(90, max(-90, p.Lat+degrees*r.NormFloat64()))
	p.Lng = math.Remainder(p.Lng+degrees*r.NormFloat64(), 360)
	return p
}

// TestHysteresis: one that wavers on a border keeps its key; one that drives changes it
// about once a cell.
func TestHysteresis(t *testing.T) {
	r := seeded(t)
	border := borderOf(geoindex.CellAt(london).Parent(16))
	for _, c := range []struct {
		why          string
		margin       geoindex.Meters
		fewest, most int // changes of key in 200 positions
	}{
		{"with a margin", 25, 1, 1},
		{"without", -1, 50, 200},
	} {
		table, client := created(t, func(o *Options) { o.Margin = c.margin })
		for v := range int64(200) {
			if err := table.Move(t.Context(), Position{ID: "x", Location: near(r, border, 0.00003), Version: v}); err != nil {
				t.Fatal(err)
			}
		}
		if client.rekeys < c.fewest || client.rekeys > c.most {
			t.Errorf("%s: %d changes of key in 200 positions, want %d to %d", c.why, client.rekeys, c.fewest, c.most)
		}
		t.Logf("%s: %d changes of key, %d requests for 200 positions", c.why, client.rekeys, client.updates)
	}
}

// borderOf returns a place on the edge of a cell.
func borderOf(c geoindex.CellID) geoindex.LatLng {
	p, q := c.Center(), c.EdgeNeighbors()[0].Center()
	for range 60 {
		m := geoindex.LatLng{Lat: (p.Lat + q.Lat) / 2, Lng: (p.Lng + q.Lng) / 2}
		if c.Contains(geoindex.CellAt(m)) {
			p = m
		} else {
			q = m
		}
	}
	return p
}

// TestMoveRaces: of racing positions the newest stays, and each is stored or late.
func TestMoveRaces(t *testing.T) {
	table, _ := created(t)
	r := seeded(t)
	var positions []Position
	for v := range int64(200) {
		positions = append(positions, Position{ID: "x", Location: near(r, london, 0.01), Version: v})
	}
	last := positions[len(positions)-1]
	r.Shuffle(len(positions), func(i, j int) { positions[i], positions[j] = positions[j], positions[i] })
	var working sync.WaitGroup
	for i := range 4 {
		working.Go(func() {
			for j := i; j < len(positions); j += 4 {
				if err := table.Move(t.Context(), positions[j]); err != nil && !errors.Is(err, ErrLate) {
					t.Error(err)
				}
			}
		})
	}
	working.Wait()
	got, err := table.Get(t.Context(), "x", true)
	if err != nil || got.Version != last.Version || got.Location != last.Location {
		t.Errorf("%+v, %v; want the newest", got, err)
	}
	n := 0
	for hit, err := range table.Search(t.Context(), last.Location, 0) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if hit.ID != "x" {
			t.Errorf("found %s", hit.ID)
		}
	}
	if n != 1 {
		t.Errorf("found %d times", n)
	}
}

func TestRefuses(t *testing.T) {
	for why, fn := range map[string]func(*Options){
		"partitions too coarse":         func(o *Options) { o.Level = 3 },
		"index cells above partitions":  func(o *Options) { o.Level, o.IndexLevel = 12, 11 },
		"a margin of miles":             func(o *Options) { o.Margin = geoindex.Mile },
		"a margin of no number":         func(o *Options) { o.Margin = geoindex.Meters(math.NaN()) },
		"a search of less than 4 cells": func(o *Options) { o.MaxCells = 3 },
	} {
		if _, err := New(&counting{}, "t", fn); !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	table, err := New(&counting{}, "t") // a request would panic
	if err != nil {
		t.Fatal(err)
	}
	for why, p := range map[string]Position{
		"no id":              {Location: london},
		"a place beyond":     {ID: "x", Location: geoindex.LatLng{Lat: 91}},
		"the layout's names": {ID: "x", Location: london, Attributes: map[string]types.AttributeValue{"k": text("")}},
	} {
		if err := table.Move(t.Context(), p); !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	for _, err := range table.Search(t.Context(), london, -1) {
		if !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("a radius below zero: error %v, want ErrInvalid", err)
		}
	}
}

// failing is a client whose n-th query fails, or ends the context.
type failing struct {
	DynamoDB
	mu      sync.Mutex
	queries int
	fail    func(query int) error
}

func (f *failing) Query(ctx context.Context, in *dynamodb.QueryInput, optFns ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	f.mu.Lock()
	f.queries++
	err := f.fail(f.queries)
	f.mu.Unlock()
	if err != nil {
		return nil, err
	}
	limited := *in
	limited.Limit = aws.Int32(3)
	return f.DynamoDB.Query(ctx, &limited, optFns...)
}

// TestSearchEndsEarly: what ends a search is told.
func TestSearchEndsEarly(t *testing.T) {
	table, client := created(t)
	r := seeded(t)
	for i := range 100 {
		if err := table.Move(t.Context(), Position{ID: fmt.Sprint(i), Location: near(r, london, 0.01)}); err != nil {
			t.Fatal(err)
		}
	}
	broken := errors.New("connection reset")
	for n := 1; n <= 40; n += 3 {
		ctx, cancel := context.WithCancel(t.Context())
		for why, fail := range map[string]func(int) error{
			"broken": func(q int) error {
				if q == n {
					return broken
				}
				return nil
			},
			"cancelled": func(q int) error {
				if q == n {
					cancel()
					return ctx.Err()
				}
				return nil
			},
		} {
			f := &failing{DynamoDB: client, fail: fail}
			table.client = f
			var last error
			hits := 0
			for _, err := range table.Search(ctx, london, 10_000) {
				if last = err; err == nil {
					hits++
				}
			}
			switch {
			case f.queries < n && (hits != 100 || last != nil) && ctx.Err() == nil:
				t.Errorf("%s, untouched: %d hits, error %v", why, hits, last)
			case f.queries >= n && !errors.Is(last, broken) && !errors.Is(last, context.Canceled):
				t.Errorf("%s at query %d of %d: error %v after %d hits", why, n, f.queries, last, hits)
			}
		}
		cancel()
	}
}
