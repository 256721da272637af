package fence

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/geoindex/moving"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// fleet is a table, and a mapping of its stream that runs until the test ends.
func fleet(t testing.TB) (*localaws.Local, *moving.Table) {
	t.Helper()
	local, err := localaws.Open(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = local.Close() })
	table, err := moving.New(dynamodb.NewFromConfig(local.Config()), "fleet")
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Create(t.Context()); err != nil {
		t.Fatal(err)
	}
	return local, table
}

// pumped runs h on the stream until it has read all of it.
func pumped(t testing.TB, local *localaws.Local, h StreamHandler) {
	t.Helper()
	m, err := pump.Stream(local, "fleet", pump.StreamHandler(h), func(o *pump.StreamOptions) {
		o.BatchSize, o.RetryDelay, o.ReportBatchItemFailures = 7, time.Millisecond, true
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	deadline := time.After(30 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); !m.Idle(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("the stream was not read to its end in 30 s")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
}

// TestExactlyOnce moves objects through fences while the receiver fails at random, before
// and behind taking the events. By their ids, each transition is told once.
func TestExactlyOnce(t *testing.T) {
	local, table := fleet(t)
	r := seeded(t)
	set, err := NewSet(randomFences(t, r, 50, 5.5)...)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Event{}
	last := map[string]*Fix{}
	for v := range int64(300) {
		id := fmt.Sprintf("bus %d", r.IntN(5))
		next := fix(randomPlace(r), v)
		if last[id] != nil && r.IntN(2) == 0 {
			next.Location = around(r, last[id].Location, 100_000)
		}
		if err := table.Move(t.Context(), moving.Position{ID: id, Location: next.Location, Version: v}); err != nil {
			t.Fatal(err)
		}
		for _, e := range set.Evaluate(Change{id, last[id], next}) {
			want[e.ID()] = e
		}
		last[id] = next
		late := moving.Position{ID: id, Location: randomPlace(r), Version: v - 1}
		if err := table.Move(t.Context(), late); !errors.Is(err, moving.ErrLate) {
			t.Fatal(err)
		}
	}
	if err := table.Delete(t.Context(), "bus 0"); err != nil {
		t.Fatal(err)
	}
	for _, e := range set.Evaluate(Change{"bus 0", last["bus 0"], nil}) {
		want[e.ID()] = e
	}

	var mu sync.Mutex
	got, told := map[string]Event{}, 0
	pumped(t, local, Handler(func() *Set { return set }, func(_ context.Context, found []Event) error {
		mu.Lock()
		defer mu.Unlock()
		if rand.IntN(4) == 0 {
			return errors.New("failed before")
		}
		for _, e := range found {
			told++
			if old, ok := got[e.ID()]; ok && old != e {
				t.Errorf("%s was %+v and is %+v", e.ID(), old, e)
			}
			got[e.ID()] = e
		}
		if rand.IntN(4) == 0 {
			return errors.New("failed behind")
		}
		return nil
	}))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if told <= len(want) || len(want) < 50 {
		t.Errorf("%d events, told %d times: nothing came twice", len(want), told)
	}
}

func TestHandlerReportsTheRecord(t *testing.T) {
	record := func(seq string, keys map[string]events.DynamoDBAttributeValue, image map[string]events.DynamoDBAttributeValue) events.DynamoDBEventRecord {
		return events.DynamoDBEventRecord{Change: events.DynamoDBStreamRecord{Keys: keys, NewImage: image, SequenceNumber: seq}}
	}
	key := map[string]events.DynamoDBAttributeValue{"id": events.NewStringAttribute("x")}
	good := map[string]events.DynamoDBAttributeValue{"l": events.NewBinaryAttribute(make([]byte, 16)), "v": events.NewNumberAttribute("1")}
	for why, bad := range map[string]events.DynamoDBEventRecord{
		"no key":            record("2", nil, good),
		"no images":         record("2", key, nil),
		"no location":       record("2", key, map[string]events.DynamoDBAttributeValue{"v": events.NewNumberAttribute("1")}),
		"no version":        record("2", key, map[string]events.DynamoDBAttributeValue{"l": good["l"]}),
		"a short location":  record("2", key, map[string]events.DynamoDBAttributeValue{"l": events.NewBinaryAttribute([]byte{1}), "v": good["v"]}),
		"a broken version":  record("2", key, map[string]events.DynamoDBAttributeValue{"l": good["l"], "v": events.NewNumberAttribute("1.5")}),
		"an id of a number": record("2", map[string]events.DynamoDBAttributeValue{"id": events.NewNumberAttribute("1")}, good),
	} {
		set, err := NewSet()
		if err != nil {
			t.Fatal(err)
		}
		h := Handler(func() *Set { return set }, func(context.Context, []Event) error { return nil })
		got, err := h(t.Context(), events.DynamoDBEvent{Records: []events.DynamoDBEventRecord{record("1", key, good), bad, record("3", key, good)}})
		want := events.DynamoDBEventResponse{BatchItemFailures: []events.DynamoDBBatchItemFailure{{ItemIdentifier: "2"}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v %s", why, err, diff)
		}
		if _, err := ChangeOf(bad.Change); !errors.Is(err, geoindex.ErrCorrupt) {
			t.Errorf("%s: error %v, want ErrCorrupt", why, err)
		}
	}
}

// TestRoam follows Tile38's "Roaming Geofences": nearby with every position, or once
// without dwelling, and faraway once.
func TestRoam(t *testing.T) {
	for _, noDwell := range []bool{false, true} {
		local, table := fleet(t)
		roam := &Roam{Table: table, Radius: 1000, NoDwell: noDwell, Match: func(id string) bool { return id != "ghost" }}
		var got []string
		emit := func(_ context.Context, found []RoamEvent) error {
			for _, e := range found {
				got = append(got, fmt.Sprintf("%d %s %s %s", e.Version, e.Kind, e.Object, e.Other))
			}
			return nil
		}
		far := geoindex.LatLng{Lat: 33.6, Lng: -112.268}
		step := func(id string, at geoindex.LatLng, v int64) {
			t.Helper()
			if err := table.Move(t.Context(), moving.Position{ID: id, Location: at, Version: v}); err != nil {
				t.Fatal(err)
			}
			pumped(t, local, roam.Handler(emit))
		}
		step("ghost", middle, 1)
		step("ann", middle, 2)
		step("bob", far, 3)
		step("bob", inside, 4)
		step("bob", middle, 5)
		step("cid", geoindex.LatLng{Lat: 33.4625, Lng: -112.268}, 6)
		step("bob", far, 7)
		if err := table.Delete(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		pumped(t, local, roam.Handler(emit))
		want := []string{
			"4 nearby bob ann", "5 nearby bob ann",
			"6 nearby cid ann", "6 nearby cid bob",
			"7 faraway bob ann", "7 faraway bob cid",
			"2 faraway ann cid",
		}
		if noDwell {
			want = slices.Delete(want, 1, 2)
		}
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("no dwelling %v: %s", noDwell, diff)
		}
	}
}
