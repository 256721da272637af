package geoindex

import (
	"bytes"
	order "cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// feedStore answers the queries of feeds, and only those; what DynamoDB really does is
// tested against internal/localaws.
type feedStore struct {
	DynamoDB   // nil: other operations panic
	partitions map[string][]feedEntry
	fail       func(query int) error

	mu      sync.Mutex
	queries int
}

type feedEntry struct {
	at   int64
	item map[string]types.AttributeValue
}

func newFeedStore(table *Table, points []Point) *feedStore {
	s := &feedStore{partitions: map[string][]feedEntry{}}
	for _, p := range points {
		item, err := table.Item(p)
		if err != nil {
			panic(err)
		}
		for _, x := range table.options.indexes() {
			part := x.name + scalar(item[x.partition])
			at, _ := strconv.ParseInt(scalar(item[x.sort]), 10, 64)
			s.partitions[part] = append(s.partitions[part], feedEntry{at, item})
		}
	}
	for _, entries := range s.partitions {
		slices.SortFunc(entries, func(a, b feedEntry) int { // newest first; ties in an order of its own
			if a.at != b.at {
				return order.Compare(b.at, a.at)
			}
			return bytes.Compare(sk(b.item), sk(a.item))
		})
	}
	return s
}

func (s *feedStore) Query(ctx context.Context, in *dynamodb.QueryInput, _ ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	s.mu.Lock()
	s.queries++
	query := s.queries
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if s.fail != nil {
		if err := s.fail(query); err != nil {
			return nil, err
		}
	}
	low, _ := strconv.ParseInt(scalar(in.ExpressionAttributeValues[":low"]), 10, 64)
	high, _ := strconv.ParseInt(scalar(in.ExpressionAttributeValues[":high"]), 10, 64)
	entries := s.partitions[*in.IndexName+scalar(in.ExpressionAttributeValues[":part"])]
	if in.ExclusiveStartKey != nil {
		start := slices.IndexFunc(entries, func(e feedEntry) bool { return bytes.Equal(sk(e.item), sk(in.ExclusiveStartKey)) })
		entries = entries[start+1:]
	}
	out := &dynamodb.QueryOutput{}
	for _, e := range entries {
		if e.at > high {
			continue
		}
		if e.at < low {
			break
		}
		out.Items = append(out.Items, maps.Clone(e.item))
		if len(out.Items) == int(*in.Limit) { // as DynamoDB does, without looking for more
			out.LastEvaluatedKey = e.item
			break
		}
	}
	out.Count, out.ScannedCount = int32(len(out.Items)), int32(len(out.Items))
	out.ConsumedCapacity = &types.ConsumedCapacity{CapacityUnits: aws.Float64(0.5)}
	return out, nil
}

func withFeed(o *Options) {
	o.FeedLevel, o.OwnerAttribute, o.TimeAttribute = 11, "user", "at"
}

func question(at LatLng, id string, when int64) Point {
	return NewPoint(at, id, map[string]types.AttributeValue{"at": number(when), "user": text("u" + id[:1])})
}

// newestOf is the answer by brute force.
func newestOf(points []Point, match func(Point) bool) []Position {
	var out []Position
	for _, p := range points {
		if match(p) {
			at, _ := strconv.ParseInt(scalar(p.Attributes["at"]), 10, 64)
			out = append(out, Position{at, p.Key})
		}
	}
	slices.SortFunc(out, func(a, b Position) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	return out
}

// TestNewest compares feeds of many kinds with brute force, whole and in pages.
func TestNewest(t *testing.T) {
	r := seeded(t)
	table := newTable(t, &fake{}, withFeed)
	times := map[string]func(i int) int64{
		"steady":         func(i int) int64 { return 1_589_202_456 + int64(60*i) },
		"all at once":    func(i int) int64 { return 7 },
		"few times":      func(i int) int64 { return int64(i % 5) },
		"by chance":      func(i int) int64 { return r.Int64() - r.Int64() },
		"in bursts":      func(i int) int64 { return int64(i%10) + 1_000_000*int64(i/10) },
		"at both ends":   func(i int) int64 { return []int64{math.MinInt64, math.MaxInt64, 0}[i%3] },
		"since 1970, ns": func(i int) int64 { return 1_589_202_456_000_000_000 + r.Int64N(1e15) },
	}
	for why, when := range times {
		for round := range scaled(4, 12) {
			center := adversarial[r.IntN(len(adversarial))]
			radius := Meters(math.Pow(10, 2+2.1*r.Float64()))
			if round == 0 {
				radius = 0
			}
			var points []Point
			for i := range r.IntN(400) {
				points = append(points, question(near(r, center, math.Pow(10, -3*r.Float64())), fmt.Sprintf("%d", i), when(i)))
			}
			points = append(points, question(center, "c", when(len(points))))
			store := newFeedStore(table, points)
			table.client = store
			want := newestOf(points, func(p Point) bool { return center.Distance(p.Location) <= radius })
			got := feedPositions(t, table.Newest(t.Context(), center, radius))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("%s, %v m around %v: %s", why, radius, center, diff)
			}
			limit := 1 + r.IntN(30)
			if diff := cmp.Diff(want, inPages(t, limit, func(o func(*FeedOptions)) []Position {
				return feedPositions(t, table.Newest(t.Context(), center, radius, o))
			})); diff != "" {
				t.Fatalf("%s, %v m around %v, in pages of %d: %s", why, radius, center, limit, diff)
			}
		}
	}
}

func feedPositions(t testing.TB, feed func(func(FeedItem, error) bool)) []Position {
	t.Helper()
	var out []Position
	for item, err := range feed {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, item.Position())
	}
	return out
}

// inPages reads page after page, each from the text of the last position.
func inPages(t testing.TB, limit int, read func(func(*FeedOptions)) []Position) []Position {
	t.Helper()
	var all []Position
	var after Position
	for {
		page := read(func(o *FeedOptions) { o.Limit, o.After = limit, after })
		all = append(all, page...)
		if len(page) < limit {
			return all
		}
		var err error
		if after, err = ParsePosition(page[len(page)-1].String()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestByOwner(t *testing.T) {
	r := seeded(t)
	table := newTable(t, &fake{}, withFeed)
	var points []Point
	for i := range 500 {
		points = append(points, question(randomPlace(r), fmt.Sprint(i), int64(r.IntN(100))))
	}
	table.client = newFeedStore(table, points)
	want := newestOf(points, func(p Point) bool { return scalar(p.Attributes["user"]) == "u3" })
	if len(want) < 50 {
		t.Fatalf("%d items of the owner", len(want))
	}
	if diff := cmp.Diff(want, feedPositions(t, table.ByOwner(t.Context(), "u3"))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, inPages(t, 7, func(o func(*FeedOptions)) []Position {
		return feedPositions(t, table.ByOwner(t.Context(), "u3", o))
	})); diff != "" {
		t.Error(diff)
	}
	if got := feedPositions(t, table.ByOwner(t.Context(), "nobody")); got != nil {
		t.Errorf("nobody's: %v", got)
	}
}

// TestFirstPage holds the cost of the first page at any density. Items are even around
// the centre, or crowded in one place of the disc.
func TestFirstPage(t *testing.T) {
	r := seeded(t)
	table := newTable(t, &fake{}, withFeed)
	const radius = 5 * Mile
	for _, density := range []int{0, 3, 20, 100, 1_000} { // items in the disc
		for why, spread := range map[string]func(LatLng) LatLng{
			"even":    func(c LatLng) LatLng { return inDisc(r, c, 3*radius) },
			"crowded": func(c LatLng) LatLng { return inDisc(r, inDisc(r, c, radius/2), radius/4) },
		} {
			var read, queries []int
			for range scaled(3, 8) {
				center := inDisc(r, LatLng{51.5, -0.12}, 100*Mile)
				var points []Point
				for i := range density * 9 {
					points = append(points, question(spread(center), fmt.Sprint(i), 1_700_000_000+r.Int64N(30*24*3600)))
				}
				table.client = newFeedStore(table, points)
				var stats Stats
				feed := table.Newest(t.Context(), center, radius, func(o *FeedOptions) { o.Limit, o.Stats = 20, &stats })
				feedPositions(t, feed)
				read, queries = append(read, stats.ItemsRead), append(queries, stats.Queries)
			}
			t.Logf("%6d in the disc, %-7s: %4.1f items read, at most %d; %4.1f queries, at most %d",
				density, why, mean(read), slices.Max(read), mean(queries), slices.Max(queries))
			if mean(read) > 60 {
				t.Errorf("%d in the disc, %s: %.1f items read, want at most 60", density, why, mean(read))
			}
		}
	}
}

func mean(values []int) float64 {
	sum := 0
	for _, v := range values {
		sum += v
	}
	return float64(sum) / float64(len(values))
}

// inDisc returns a place evenly within a disc that is small and not near a pole.
func inDisc(r *rand.Rand, c LatLng, radius Meters) LatLng {
	d, bearing := float64(radius/EarthRadius)*math.Sqrt(r.Float64())*180/math.Pi, 2*math.Pi*r.Float64()
	return LatLng{c.Lat + d*math.Cos(bearing), c.Lng + d*math.Sin(bearing)/math.Cos(c.Lat*math.Pi/180)}
}

// TestFeedOfAnEngine runs against a DynamoDB that speaks the protocol: expiry, filters,
// projections, updates and errors.
func TestFeedOfAnEngine(t *testing.T) {
	clock := &hand{time.Unix(1_000, 0)}
	table := created(t, newEngine(t), withFeed, func(o *Options) { o.TTLAttribute, o.Clock = "ttl", clock.Now })
	r := seeded(t)
	center := LatLng{51.5, -0.12}
	var points []Point
	for i := range 300 {
		p := question(inDisc(r, center, 8*Mile), fmt.Sprint(i), int64(i/3))
		p.Attributes["even"], p.Attributes["ttl"] = number(int64(i%2)), number(int64(900+r.IntN(300)))
		points = append(points, p)
	}
	if _, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil {
		t.Fatal(err)
	}
	alive := func(p Point) bool { return !table.expired(p.Attributes) }
	around := func(p Point) bool {
		return alive(p) && scalar(p.Attributes["even"]) == "1" && center.Distance(p.Location) <= 5*Mile
	}
	options := func(o *FeedOptions) {
		o.Filter, o.Projection = expression.Name("even").Equal(expression.Value(1)), []string{"user"}
	}
	if diff := cmp.Diff(newestOf(points, around), feedPositions(t, table.Newest(t.Context(), center, 5*Mile, options))); diff != "" {
		t.Errorf("around: %s", diff)
	}
	own := func(p Point) bool { return alive(p) && scalar(p.Attributes["user"]) == "u1" }
	if diff := cmp.Diff(newestOf(points, own), feedPositions(t, table.ByOwner(t.Context(), "u1"))); diff != "" {
		t.Errorf("of an owner: %s", diff)
	}
	for item, err := range table.Newest(t.Context(), center, 5*Mile, options) {
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]types.AttributeValue{"user": text("u" + item.Key.ID[:1]), "at": number(item.Time)}
		if diff := cmp.Diff(want, item.Attributes, attributes); diff != "" {
			t.Fatalf("projected: %s", diff)
		}
	}
}

// TestFeedFollowsMoves: the feed's cell moves with the item, and is none of its attributes.
func TestFeedFollowsMoves(t *testing.T) {
	table := created(t, newEngine(t), withFeed)
	p := question(LatLng{51.5, -0.12}, "1", 7)
	if err := table.Put(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	moved, err := table.Move(t.Context(), p.Key, manhattan)
	if err != nil {
		t.Fatal(err)
	}
	if got := feedPositions(t, table.Newest(t.Context(), p.Location, Mile)); got != nil {
		t.Errorf("at the old place: %v", got)
	}
	if diff := cmp.Diff([]Position{{7, moved.Key}}, feedPositions(t, table.Newest(t.Context(), manhattan, Mile))); diff != "" {
		t.Errorf("at the new place: %s", diff)
	}
	got, err := table.Get(t.Context(), moved.Key)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(p.Attributes, got.Attributes, attributes); diff != "" {
		t.Error(diff)
	}
}

func TestFeedRefuses(t *testing.T) {
	plain := newTable(t, &fake{})
	table := newTable(t, &fake{}, withFeed)
	at := LatLng{51.5, -0.12}
	for why, feed := range map[string]func(func(FeedItem, error) bool){
		"a table without a feed":   plain.Newest(t.Context(), at, Mile),
		"a table without owners":   plain.ByOwner(t.Context(), "u"),
		"an owner without a name":  table.ByOwner(t.Context(), ""),
		"a disc of too many cells": table.Newest(t.Context(), at, 100*Mile),
		"a place that is none":     table.Newest(t.Context(), LatLng{91, 0}, Mile),
		"a limit below zero":       table.Newest(t.Context(), at, Mile, func(o *FeedOptions) { o.Limit = -1 }),
	} {
		n := 0
		for _, err := range feed {
			if n++; !errors.Is(err, ErrInvalid) {
				t.Errorf("%s: error %v, want ErrInvalid", why, err)
			}
		}
		if n != 1 {
			t.Errorf("%s: %d errors", why, n)
		}
	}
	for _, s := range []string{"", "7", "7.", "x.487604d21ca04f17-a", "+7.487604d21ca04f17-a", "7.487604d21ca04f17-"} {
		if _, err := ParsePosition(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("position %q: error %v, want ErrInvalid", s, err)
		}
	}
}

// TestFeedErrors: what was yielded before the n-th query failed is right, and the error is told.
func TestFeedErrors(t *testing.T) {
	r := seeded(t)
	table := newTable(t, &fake{}, withFeed)
	center := LatLng{51.5, -0.12}
	var points []Point
	for i := range 300 {
		points = append(points, question(inDisc(r, center, 5*Mile), fmt.Sprint(i), int64(i)))
	}
	want := newestOf(points, func(p Point) bool { return center.Distance(p.Location) <= 5*Mile })
	for n := 1; n < 60; n += 7 {
		store := newFeedStore(table, points)
		store.fail = func(query int) error {
			if query == n {
				return errThrottled
			}
			return nil
		}
		table.client = store
		var got []Position
		var failed error
		for item, err := range table.Newest(t.Context(), center, 5*Mile) {
			if failed = err; err != nil {
				continue
			}
			got = append(got, item.Position())
		}
		if !errors.Is(failed, ErrThrottled) {
			t.Fatalf("query %d: error %v, want ErrThrottled", n, failed)
		}
		if len(got) >= len(want) || !slices.Equal(got, want[:len(got)]) {
			t.Errorf("query %d: %d items are not the first ones", n, len(got))
		}
	}
}

func FuzzParsePosition(f *testing.F) {
	f.Add("7.487604d21ca04f17-a")
	f.Add("-9223372036854775808.487604d21ca04f17-a.b")
	f.Add("7.")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParsePosition(s)
		if err != nil {
			return
		}
		if p.String() != s || p.Key.Validate() != nil {
			t.Fatalf("%q became %q", s, p)
		}
	})
}
