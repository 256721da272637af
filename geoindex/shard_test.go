package geoindex

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShardKeys(t *testing.T) {
	hot := CellAt(LatLng{51.5, -0.12}).Parent(6)
	table := newTable(t, &fake{}, func(o *Options) { o.Shards = map[CellID]int{hot: 3} })
	if diff := cmp.Diff([]string{"4877", "4877#1", "4877#2"}, partitionsRead(table, hot)); diff != "" {
		t.Errorf("of a hot cell: %s", diff)
	}
	cold := CellAt(manhattan).Parent(6)
	if diff := cmp.Diff([]string{cold.Token()}, partitionsRead(table, cold)); diff != "" {
		t.Errorf("of any other: %s", diff)
	}
	used := map[string]int{}
	for i := range 3_000 {
		p := NewPoint(LatLng{51.5, -0.12}, fmt.Sprint(i), nil)
		item, err := table.Item(p)
		if err != nil {
			t.Fatal(err)
		}
		used[scalar(item[partitionKey])]++
		if diff := cmp.Diff(scalar(table.PrimaryKey(p.Key)[partitionKey]), scalar(item[partitionKey])); diff != "" {
			t.Fatal(diff)
		}
	}
	if diff := cmp.Diff(partitionsRead(table, hot), slices.Sorted(maps.Keys(used))); diff != "" {
		t.Errorf("used: %s", diff)
	}
	for key, n := range used {
		if n < 850 || n > 1150 { // five standard deviations and more
			t.Errorf("%s has %d of 3,000", key, n)
		}
	}
}

// partitionsRead are the partition keys that a search of a cell reads.
func partitionsRead(table *Table, cell CellID) (keys []string) {
	for _, q := range table.layout.reads(table.layout.partition(CellID(cell.s2().RangeMin())), "") {
		keys = append(keys, scalar(q.values[":pk"]))
	}
	return keys
}

func TestShardedItems(t *testing.T) {
	hot := CellAt(manhattan).Parent(6)
	client := newEngine(t)
	table := created(t, client, func(o *Options) { o.Shards = map[CellID]int{hot: 16} })
	points := manyPoints(0)
	for i := range 60 {
		points = append(points, NewPoint(manhattan, fmt.Sprint(i), nil))
	}
	if _, err := table.PutBatch(t.Context(), slices.Values(points)); err != nil {
		t.Fatal(err)
	}
	if found, err := table.GetBatch(t.Context(), keys(points)); err != nil || len(found) != 60 {
		t.Errorf("%d found, %v", len(found), err)
	}
	if err := table.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	n := 0
	for _, err := range table.Radius(t.Context(), manhattan, 10) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 60 {
		t.Errorf("a search found %d of 60", n)
	}
	if _, err := table.Move(t.Context(), points[7].Key, versioned.Location); err != nil {
		t.Error(err)
	}
	if _, err := table.Get(t.Context(), KeyAt(versioned.Location, "7")); err != nil {
		t.Error(err)
	}
}

// TestShardsTeach shows that the histogram learns as much from shards as from one partition.
func TestShardsTeach(t *testing.T) {
	r := seeded(t)
	points := dense(r, 5_000)
	region, err := NewDisc(LatLng{51.5, -0.12}, 200_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, shards := range []int{1, 5} {
		table := newTable(t, &fake{})
		table.layout = sharded{cells(6), shards}
		f := newFake(table, points)
		f.pageSize, table.client = 97, f
		if n := len(collectIDs(t, table, region)); n != len(points) {
			t.Fatalf("%d shards: %d of %d points found", shards, n, len(points))
		}
		plan, err := table.Explain(region)
		if err != nil {
			t.Fatal(err)
		}
		var items, units float64
		for _, q := range plan.Queries {
			items, units = items+q.Items, units+q.ReadUnits
		}
		if !plan.Known || math.Abs(plan.Items-5_000) > 50 || math.Abs(items-plan.Items) > 1 || math.Abs(units-plan.ReadUnits) > 1 {
			t.Errorf("%d shards: %.1f items are expected, in queries of %.1f items and %.1f units, not %.1f", shards, plan.Items, items, units, plan.ReadUnits)
		}
	}
}

func TestShardsRefused(t *testing.T) {
	hot := CellAt(manhattan)
	for why, shards := range map[string]map[CellID]int{
		"a single shard":          {hot.Parent(6): 1},
		"257 shards":              {hot.Parent(6): 257},
		"a cell of another level": {hot.Parent(5): 2},
		"a cell that is none":     {0: 2},
	} {
		if _, err := New(&fake{}, "t", func(o *Options) { o.Shards = shards }); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}

// TestHottestPartition measures what shards do for a world in which the n-th largest
// city writes a share of 1/n.
func TestHottestPartition(t *testing.T) {
	r := seeded(t)
	var cities []LatLng
	var weights []float64
	sum := 0.0
	for i := range 1_000 {
		cities = append(cities, LatLng{math.Asin(1.6*r.Float64()-0.8) * 180 / math.Pi, 360*r.Float64() - 180})
		sum += 1 / float64(i+1)
		weights = append(weights, sum)
	}
	plain := newTable(t, &fake{})
	writes, cells := map[string]int{}, map[CellID]int{}
	var points []Point
	for i := range 50_000 {
		city, _ := slices.BinarySearch(weights, sum*r.Float64())
		p := NewPoint(near(r, cities[city], 0.05), fmt.Sprint(i), nil)
		points = append(points, p)
		writes[partitionOf(plain, p.Key)]++
		cells[p.Key.Cell.Parent(6)]++
	}
	hot := map[CellID]int{}
	for cell, n := range cells {
		if share := float64(n) / float64(len(points)); share > 0.01 {
			hot[cell] = min(maxShards, 1+int(math.Ceil(share/0.01)))
		}
	}
	sharded := newTable(t, &fake{}, func(o *Options) { o.Shards = hot })
	spread := map[string]int{}
	for _, p := range points {
		spread[partitionOf(sharded, p.Key)]++
	}
	most := func(m map[string]int) float64 {
		return float64(slices.Max(slices.Collect(maps.Values(m)))) / float64(len(points))
	}
	t.Logf("hottest partition key: %.1f %% of the writes, %.2f %% with shards for %d of %d cells", 100*most(writes), 100*most(spread), len(hot), len(cells))
	if most(writes) < 0.08 || most(spread) > 0.0125 {
		t.Errorf("hottest %.4f and %.4f", most(writes), most(spread))
	}
}

// partitionOf returns the partition key of an item.
func partitionOf(t *Table, k Key) string { return scalar(t.PrimaryKey(k)[partitionKey]) }
