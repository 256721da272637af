package geoindex

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// TestHistogramLearns shows what a histogram makes of what it is shown, and that it
// keeps apart what is empty and what is not known.
func TestHistogramLearns(t *testing.T) {
	h := NewHistogram()
	at := CellAt(LatLng{51.5, -0.12})
	block, bin := leavesOf(at.Parent(blockLevel).s2()), leavesOf(at.Parent(binLevel).s2())
	expect := func(why string, run leaves, want float64, known bool) {
		t.Helper()
		if got, ok := h.expect(run); ok != known || got < want-0.01 || got > want+0.01 {
			t.Errorf("%s: %v items, known %v; want %v, %v", why, got, ok, want, known)
		}
	}
	many := func(n int) []CellID { return slices.Repeat([]CellID{at}, n) }
	expect("at first", bin, 0, false)
	h.observe(bin, slices.Values(many(40)), 40, 1)
	expect("a bin of 40", bin, 40, true)
	expect("half of it", leaves{bin.min, bin.min + (bin.max-bin.min)/2 - 1}, 20, true)
	h.observe(bin, slices.Values(many(10)), 30, 1) // a filter let 10 of 30 pass
	expect("what was read last", bin, 30, true)
	h.observe(block, slices.Values(many(512)), 512, 1)
	expect("the whole block", block, 512, true)
	h.observe(block, slices.Values([]CellID{}), 256, 1) // only counted
	expect("evenly, of a count", bin, 1, true)
	next := leavesOf(at.Parent(blockLevel).s2().Next())
	expect("its neighbour", next, 0, false)
	if items, ok := h.suppose(next); !ok || items < 200 {
		t.Errorf("its neighbour is supposed to hold %v, %v; want the mean of what is known", items, ok)
	}
}

// TestHistogramForgets bounds its memory, and keeps what was seen last.
func TestHistogramForgets(t *testing.T) {
	h := NewHistogram()
	var last CellID
	for i, c := 0, CellAt(LatLng{}).Parent(blockLevel).s2(); i < maxBlocks+100; i, c = i+1, c.NextWrap() {
		last = CellID(c.RangeMin())
		h.observe(leaves{last, last}, slices.Values([]CellID{last}), 1, 1)
	}
	if n := len(h.blocks); n > maxBlocks {
		t.Errorf("%d blocks, want at most %d", n, maxBlocks)
	}
	if _, ok := h.expect(leaves{last, last}); !ok {
		t.Error("the last one is forgotten")
	}
}

func TestHistogramIsKept(t *testing.T) {
	h := NewHistogram()
	points := dense(rand.New(rand.NewPCG(1, 2)), 1_000)
	learn(h, points)
	h.weigh(100, 3)
	data, err := h.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := NewHistogram()
	if err := again.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	for _, p := range points {
		run := leavesOf(p.Key.Cell.Parent(8).s2())
		want, _ := h.expect(run)
		if got, ok := again.expect(run); !ok || got < want-8 || got > want+8 { // bins are rounded
			t.Fatalf("%v items, %v; want %v", got, ok, want)
		}
	}
	if again.size() != h.size() {
		t.Errorf("items of %v bytes, want %v", again.size(), h.size())
	}
	for cut := range data {
		if err := again.UnmarshalBinary(data[:cut]); !errors.Is(err, ErrInvalid) {
			t.Fatalf("cut at %d: error %v, want ErrInvalid", cut, err)
		}
	}
}

// TestHistogramStays: what was written, read and written again is the same, whatever share of
// a bin was seen.
func TestHistogramStays(t *testing.T) {
	h := NewHistogram()
	b := h.block(CellAt(LatLng{1, 2}).Parent(blockLevel))
	for i := range bins {
		b.items[i], b.seen[i] = float32(i), float32(i%256)/255
	}
	b.seen[0] = 1e-6 // hardly anything, but not nothing
	once, err := h.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	again := NewHistogram()
	if err := again.UnmarshalBinary(once); err != nil {
		t.Fatal(err)
	}
	for id, read := range again.blocks {
		for i := range bins {
			if was := h.blocks[id].seen[i]; read.seen[i] == 0 != (was == 0) || math.Abs(float64(read.seen[i]-was)) > 1.0/255 {
				t.Errorf("bin %d: %v was read as %v", i, was, read.seen[i])
			}
		}
	}
	if twice, err := again.MarshalBinary(); err != nil || !bytes.Equal(once, twice) {
		t.Errorf("written again it differs, %v", err)
	}
}

func FuzzHistogram(f *testing.F) {
	h := NewHistogram()
	learn(h, dense(rand.New(rand.NewPCG(1, 2)), 10))
	data, err := h.MarshalBinary()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte{histogramVersion})
	f.Fuzz(func(t *testing.T, data []byte) {
		h := NewHistogram()
		if err := h.UnmarshalBinary(data); err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		once, err := h.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := h.UnmarshalBinary(once); err != nil {
			t.Fatal(err)
		}
		if twice, err := h.MarshalBinary(); err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%x and then %x, %v", once, twice, err)
		}
	})
}

// FuzzCursor shows that no text but a cursor is taken for one.
func FuzzCursor(f *testing.F) {
	table := newTable(f, &fake{}, func(o *Options) { o.CursorKey = bytes.Repeat([]byte("k"), 16) })
	disc, err := NewDisc(LatLng{1, 2}, 3)
	if err != nil {
		f.Fatal(err)
	}
	orders := []Order{ByKey(), ByDistance(LatLng{4, 5}), Newest("at")}
	for i, o := range orders {
		p := position{distance: 7, value: sortValueOf(text("2023")), key: KeyAt(LatLng{1, 2}, "id")}
		f.Add(i, table.sign(searchIdentity(disc, o), o, &p))
	}
	f.Fuzz(func(t *testing.T, i int, cursor string) {
		o := orders[uint(i)%3]
		p, err := table.verify(cursor, searchIdentity(disc, o), o)
		if err != nil {
			if !errors.Is(err, ErrCursor) {
				t.Fatal(err)
			}
			return
		}
		if table.sign(searchIdentity(disc, o), o, p) != cursor {
			t.Fatalf("%q is not what was signed", cursor)
		}
	})
}

// TestConcurrentSearches shares a table, its histogram and its plans between searches, for
// the race detector.
func TestConcurrentSearches(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	points := dense(r, 2_000)
	table := newTable(t, &fake{})
	table.client = newFake(table, points)
	var searching sync.WaitGroup
	for i := range 8 {
		searching.Go(func() {
			for j := range 20 {
				center := points[(i+j)%10].Location
				disc, err := NewDisc(center, 3_000)
				if err != nil {
					t.Error(err)
					return
				}
				want := len(expected(points, disc, ByKey()))
				if n, err := table.Count(t.Context(), disc); err != nil || n != want {
					t.Errorf("count %d, %v; want %d", n, err, want)
				}
				if got := len(collectIDs(t, table, disc)); got != want {
					t.Errorf("%d hits, want %d", got, want)
				}
				if _, err := table.Histogram().MarshalBinary(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	searching.Wait()
}

// TestPlansAreRemembered shows that a plan made with statistics is kept, that one without
// is not, and that one that proves wrong is made anew.
func TestPlansAreRemembered(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	table := newTable(t, &fake{})
	f := newFake(table, dense(r, 2_000))
	table.client = f
	disc, err := NewDisc(LatLng{51.5, -0.12}, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	cold := must(table.planFor(disc, false))
	if must(table.planFor(disc, false)) != cold {
		t.Error("a plan is made twice")
	}
	collectIDs(t, table, disc)
	learned := must(table.planFor(disc, false))
	if learned == cold || !learned.known || cold.known {
		t.Error("after a search, its plan goes on without statistics")
	}
	collectIDs(t, table, disc)
	if must(table.planFor(disc, false)) != learned {
		t.Error("a plan that proved right is made anew")
	}
	for _, p := range dense(r, 5_000) {
		p.Key.ID = "new" + p.Key.ID
		f.put(table, p)
	}
	collectIDs(t, table, disc)
	if must(table.planFor(disc, false)) == learned {
		t.Error("a plan that proved wrong is kept")
	}
	for i := range 2 * maxPlans {
		other, err := NewDisc(LatLng{float64(i) / 10, 1}, 100)
		if err != nil {
			t.Fatal(err)
		}
		table.planFor(other, i%2 == 0)
	}
	if n := len(table.plans.byKey); n != maxPlans || table.plans.used.Len() != n {
		t.Errorf("%d plans are kept, want %d", n, maxPlans)
	}
}

func TestAdvise(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	client := newEngine(t)
	table := created(t, client)
	points := dense(r, 3_000)
	fill(t, client, table, points)
	if some, _, err := table.Sample(t.Context(), client, 500); err != nil || len(some) != 500 {
		t.Fatalf("%d points, %v; want 500", len(some), err)
	}
	sample, size, err := table.Sample(t.Context(), client, 5_000)
	if err != nil || len(sample) != 3_000 || size < 140 || size > 200 {
		t.Fatalf("%d points of %.0f bytes, %v", len(sample), size, err)
	}
	advice, err := Advise(sample, []Meters{1_000, 10_000}, func(o *AdviseOptions) { o.Items, o.ItemBytes, o.WriteUnits = 3_000, size, 10_000 })
	if err != nil {
		t.Fatal(err)
	}
	if advice.Shards != int(math.Ceil(10*advice.Hottest)) || len(advice.Others) != 12 || advice.Others[0].Level != advice.Level || advice.Hottest < 0.3 || len(advice.Radii) != 2 {
		t.Errorf("%+v", advice)
	}
	// What it foretells is what searches cost.
	var units float64
	for range 2 {
		units = 0
		for i := range 30 {
			var stats Stats
			for _, err := range table.Radius(t.Context(), sample[i*100], 10_000, func(o *SearchOptions) { o.Stats = &stats }) {
				if err != nil {
					t.Fatal(err)
				}
			}
			units += stats.ReadUnits / 30
		}
	}
	if foretold := advice.Radii[1].ReadUnits; units < foretold/2 || units > foretold*2 {
		t.Errorf("%.1f units, %.1f were foretold", units, foretold)
	}
	for why, err := range map[string]error{
		"no points": func() error { _, err := Advise(nil, []Meters{1}); return err }(),
		"no radii":  func() error { _, err := Advise(sample, nil); return err }(),
		"fewer items than points": func() error {
			_, err := Advise(sample, []Meters{1}, func(o *AdviseOptions) { o.Items = 3 })
			return err
		}(),
		"a radius below zero": func() error { _, err := Advise(sample, []Meters{-1}); return err }(),
		"a place of no kind":  func() error { _, err := Advise([]LatLng{{91, 0}}, []Meters{1}); return err }(),
		"no sample":           func() error { _, _, err := table.Sample(t.Context(), client, 0); return err }(),
	} {
		if !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
}
