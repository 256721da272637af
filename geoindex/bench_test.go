package geoindex

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var radii = []Meters{1_000, 5 * Mile, 25_000, 100_000}

func BenchmarkDistance(b *testing.B) {
	p, q := LatLng{51.5, -0.12}, LatLng{51.6, 0.1}
	for b.Loop() {
		_ = p.Distance(q)
	}
}

func BenchmarkCover(b *testing.B) {
	for b.Loop() {
		if _, err := Cover(LatLng{51.51, -0.13}, 5*Mile, 10); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPlan measures from a disc to its ranges of keys, with nothing known and with
// all: once computed, once remembered.
func BenchmarkPlan(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	learned := NewHistogram()
	learn(learned, dense(r, 20_000))
	at := LatLng{51.51, -0.13}
	for name, h := range map[string]*Histogram{"cold": NewHistogram(), "learned": learned} {
		for _, radius := range radii {
			disc, err := NewDisc(at, radius)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%s/%.0fm", name, radius), func(b *testing.B) {
				b.ReportAllocs()
				p := planner{layout: cells(6), histogram: h, maxCells: 64, maxQueries: 64}
				ranges := 0
				for b.Loop() {
					ranges = len(must(p.plan(disc)).spans)
				}
				b.ReportMetric(float64(ranges), "queries/op")
			})
		}
	}
	b.Run("remembered", func(b *testing.B) {
		table := newTable(b, &fake{})
		b.ReportAllocs()
		for b.Loop() {
			disc, err := NewDisc(at, 5*Mile)
			if err != nil {
				b.Fatal(err)
			}
			table.planFor(disc, false)
		}
	})
}

// dense returns n points of 220 bytes around London, as questions of a city lie.
func dense(r *rand.Rand, n int) []Point {
	points := make([]Point, n)
	for i := range points {
		points[i] = NewPoint(near(r, LatLng{51.5, -0.12}, 0.2), fmt.Sprintf("user%06d-%010d", r.IntN(1e6), i), map[string]types.AttributeValue{
			"text":  &types.AttributeValueMemberS{Value: fmt.Sprintf("%0100d", i)},
			"state": &types.AttributeValueMemberS{Value: "open"},
			"n":     &types.AttributeValueMemberN{Value: "12345"},
		})
	}
	return points
}

// BenchmarkRadius searches 20,000 dense points over the wire protocol of an engine in
// this process, beside the brute force of reading the whole table.
func BenchmarkRadius(b *testing.B) {
	client := newEngine(b)
	table := created(b, client)
	r := rand.New(rand.NewPCG(1, 1))
	points := dense(r, 20_000)
	fill(b, client, table, points)
	for _, radius := range radii[:3] {
		b.Run(fmt.Sprintf("%.0fm/index", radius), func(b *testing.B) {
			b.ReportAllocs()
			var total, stats Stats
			i := 0
			for b.Loop() {
				i++
				for _, err := range table.Radius(b.Context(), points[i*7919%len(points)].Location, radius, func(o *SearchOptions) { o.Stats = &stats }) {
					if err != nil {
						b.Fatal(err)
					}
				}
				total.Queries += stats.Queries
				total.ItemsRead += stats.ItemsRead
				total.Items += stats.Items
				total.ReadUnits += stats.ReadUnits
			}
			report(b, total)
		})
		b.Run(fmt.Sprintf("%.0fm/scan", radius), func(b *testing.B) {
			b.ReportAllocs()
			var total Stats
			i := 0
			for b.Loop() {
				i++
				scan(b, client, table, points[i*7919%len(points)].Location, radius, &total)
			}
			report(b, total)
		})
	}
}

func report(b *testing.B, total Stats) {
	n := float64(b.N)
	b.ReportMetric(float64(total.Queries)/n, "queries/op")
	b.ReportMetric(float64(total.ItemsRead)/n, "items_read/op")
	b.ReportMetric(float64(total.Items)/n, "items/op")
	b.ReportMetric(total.ReadUnits/n, "read_units/op")
}

// scan is the baseline: every item, and the same distance.
func scan(b *testing.B, client *dynamodb.Client, table *Table, center LatLng, radius Meters, total *Stats) {
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{TableName: &table.name, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal})
	for pages.HasMorePages() {
		out, err := pages.NextPage(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		total.add(page{scanned: int(out.ScannedCount), units: *out.ConsumedCapacity.CapacityUnits})
		for _, item := range out.Items {
			p, err := table.ParseItem(item)
			if err != nil {
				b.Fatal(err)
			}
			if center.Distance(p.Location) <= radius {
				total.Items++
			}
		}
	}
}

// BenchmarkStream reports the most memory that a search holds while it streams: it does
// not grow with the number of its hits.
func BenchmarkStream(b *testing.B) {
	for _, n := range []int{5_000, 50_000} {
		b.Run(fmt.Sprintf("%d", n), func(b *testing.B) {
			table := newTable(b, &fake{})
			table.client = newFake(table, dense(rand.New(rand.NewPCG(1, 1)), n))
			disc, err := NewDisc(LatLng{51.5, -0.12}, 100_000)
			if err != nil {
				b.Fatal(err)
			}
			collectIDs(b, table, disc)
			var most, base uint64
			for b.Loop() {
				base, most = liveHeap(), 0
				hits := 0
				for _, err := range table.Search(b.Context(), disc) {
					if err != nil {
						b.Fatal(err)
					}
					if hits++; hits%(n/8) == 0 {
						most = max(most, liveHeap())
					}
				}
			}
			b.ReportMetric(float64(int64(most)-int64(base))/1024, "live_KB")
		})
	}
}

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
