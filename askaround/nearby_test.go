package askaround

import (
	"bytes"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// askMany asks n questions at random places around center, at various times.
func askMany(t *testing.T, w *world, seed uint64, n int, center Location, radius geoindex.Meters) []Question {
	t.Helper()
	r := newRand(t, seed)
	ids := make([]QuestionID, n)
	for i := range ids {
		ids[i] = w.ask(KindStar, around(r, center, radius))
		if r.IntN(3) > 0 { // some share their time
			w.clock.Advance(time.Duration(r.IntN(5000)) * time.Millisecond)
		}
	}
	w.run()
	questions := make([]Question, n)
	for i, id := range ids {
		questions[i] = w.question(id).Question
	}
	return questions
}

// search reads all pages.
func (w *world) search(in NearbyInput) []QuestionView {
	w.t.Helper()
	var all []QuestionView
	for pages := 0; ; pages++ {
		page, err := w.service.Nearby(w.ctx(), in)
		if err != nil {
			w.t.Fatal(err)
		}
		if in.Limit > 0 && len(page.Questions) > in.Limit || page.Next != "" && len(page.Questions) == 0 || pages > 1000 {
			w.t.Fatalf("page of %d questions, next %q", len(page.Questions), page.Next)
		}
		all = append(all, page.Questions...)
		if page.Next == "" {
			return all
		}
		in.Cursor = page.Next
	}
}

// naiveNearby filters and sorts all questions.
func naiveNearby(all []Question, in NearbyInput) []QuestionID {
	var found []Question
	for _, q := range all {
		if q.Location.LatLng().Distance(in.Center.LatLng()) <= in.Radius {
			found = append(found, q)
		}
	}
	slices.SortFunc(found, func(a, b Question) int {
		if in.Order == OrderNearest {
			da, db := a.Location.LatLng().Distance(in.Center.LatLng()), b.Location.LatLng().Distance(in.Center.LatLng())
			if da != db {
				return int(math.Copysign(1, float64(da-db)))
			}
		} else if c := b.CreatedAt.Compare(a.CreatedAt); c != 0 {
			return c
		}
		return strings.Compare(string(a.ID), string(b.ID))
	})
	ids := []QuestionID{}
	for _, q := range found {
		ids = append(ids, q.ID)
	}
	return ids
}

func idsOf(views []QuestionView) []QuestionID {
	ids := []QuestionID{}
	for _, v := range views {
		ids = append(ids, v.ID)
	}
	return ids
}

func TestNearbyAgainstBruteForce(t *testing.T) {
	questions := 50
	if slow() {
		questions = 120
	}
	for _, center := range []Location{manhattan, {-16.8, 179.99}, {89.95, 20}} {
		w := newWorld(t)
		all := askMany(t, w, 21, questions, center, 12_000)
		r := newRand(t, 22)
		for range 12 {
			in := NearbyInput{
				Account: account(0),
				Center:  Location{math.Min(90, center.Lat+(r.Float64()-0.5)/10), math.Max(-180, math.Min(180, center.Lng+(r.Float64()-0.5)/10))},
				Radius:  geoindex.Meters(1 + r.Float64()*20_000),
				Order:   []Order{OrderNewest, OrderNearest}[r.IntN(2)],
				Limit:   5 + r.IntN(60),
			}
			got := w.search(in)
			if diff := cmp.Diff(naiveNearby(all, in), idsOf(got)); diff != "" {
				t.Fatalf("%+v: (-want +got)\n%s", in, diff)
			}
			for _, v := range got {
				if !v.Mine || v.Distance != v.Location.LatLng().Distance(in.Center.LatLng()) || v.Distance > in.Radius {
					t.Errorf("view %+v", v)
				}
			}
		}
	}
}

// TestPagesAreStable: questions that come and go between pages neither repeat nor hide
// another one.
func TestPagesAreStable(t *testing.T) {
	for _, order := range []Order{OrderNewest, OrderNearest} {
		w := newWorld(t)
		all := askMany(t, w, 31, 60, manhattan, 3000)
		in := NearbyInput{Center: manhattan, Order: order, Limit: 7}
		seen := map[QuestionID]int{}
		for {
			page, err := w.service.Nearby(w.ctx(), in)
			if err != nil {
				t.Fatal(err)
			}
			for _, q := range page.Questions {
				seen[q.ID]++
			}
			if page.Next == "" {
				break
			}
			in.Cursor = page.Next
			w.clock.Advance(time.Second)
			w.ask(KindStar, manhattan)
			w.run()
		}
		for _, q := range all {
			if seen[q.ID] != 1 {
				t.Errorf("%s: question %s was seen %d times", order, q.ID, seen[q.ID])
			}
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s: %s was seen %d times", order, id, n)
			}
		}
	}
}

func TestExpiredQuestionsAreHiddenAtOnce(t *testing.T) {
	w := newWorld(t)
	old := w.ask(KindStar, manhattan)
	w.run()
	w.clock.Advance(QuestionLifetime - time.Second)
	fresh := w.ask(KindStar, manhattan)
	w.run()
	if got := w.search(NearbyInput{Center: manhattan}); len(got) != 2 || got[0].ID != fresh {
		t.Errorf("a second before: %v", idsOf(got))
	}
	w.clock.Advance(time.Second)
	if got := w.search(NearbyInput{Center: manhattan}); len(got) != 1 || got[0].ID != fresh {
		t.Errorf("at its time: %v", idsOf(got))
	}
	if _, err := w.service.Question(w.ctx(), account(0), old); err == nil {
		t.Error("it can be read by its id")
	}
}

// TestNearbyListsOpenQuestions: a closed one can be read by its id, and is not listed.
func TestNearbyListsOpenQuestions(t *testing.T) {
	w := newWorld(t)
	closed, open := w.ask(KindStar, manhattan), w.ask(KindStar, manhattan)
	w.run()
	if err := w.service.Close(w.ctx(), account(0), closed); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]QuestionID{open}, idsOf(w.search(NearbyInput{Center: manhattan}))); diff != "" {
		t.Errorf("listed (-want +got)\n%s", diff)
	}
	if q := w.question(closed); q.State != StateClosed {
		t.Errorf("question %+v", q)
	}
}

// TestNearbyPassesOverCorruptItems: each kind of damage costs its own question, and is
// told.
func TestNearbyPassesOverCorruptItems(t *testing.T) {
	for reason, damage := range map[string]item{
		"a location of another type": {"l": str("40.7,-74.0")},
		"a location beyond a pole":   {"l": &types.AttributeValueMemberB{Value: bytes.Repeat([]byte{0x7f}, 16)}},
		"a state of another type":    {attrState: num(1)},
		"a count that is text":       {attrAnswers: str("many")},
		"a time that is text":        {attrCreatedAt: str("today")},
	} {
		t.Run(reason, func(t *testing.T) {
			w := newWorld(t)
			first, bad, last := w.ask(KindStar, manhattan), w.ask(KindStar, manhattan), w.ask(KindStar, manhattan)
			w.run()
			w.damage(bad, damage)
			var log bytes.Buffer
			w.service.options.Logger = slog.New(slog.NewTextHandler(&log, nil))
			got := idsOf(w.search(NearbyInput{Center: manhattan}))
			want := []QuestionID{first, last}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("listed (-want +got)\n%s", diff)
			}
			if !strings.Contains(log.String(), string(bad)) {
				t.Errorf("the log does not name %s: %s", bad, &log)
			}
		})
	}
}

// damage overwrites attributes of a question's item.
func (w *world) damage(id QuestionID, attributes item) {
	w.t.Helper()
	key, err := id.key()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := w.db.GetItem(w.ctx(), &dynamodb.GetItemInput{TableName: &w.resources.Questions, Key: w.service.index.PrimaryKey(key)})
	if err != nil || out.Item == nil {
		w.t.Fatal(out, err)
	}
	for name, v := range attributes {
		if out.Item[name] == nil {
			w.t.Fatalf("the item has no attribute %q", name)
		}
		out.Item[name] = v
	}
	if _, err := w.db.PutItem(w.ctx(), &dynamodb.PutItemInput{TableName: &w.resources.Questions, Item: out.Item}); err != nil {
		w.t.Fatal(err)
	}
}

func TestNearbyValidates(t *testing.T) {
	w := newWorld(t)
	askMany(t, w, 41, 5, manhattan, 1000)
	good := NearbyInput{Center: manhattan, Limit: 2}
	page, err := w.service.Nearby(w.ctx(), good)
	if err != nil || page.Next == "" {
		t.Fatal(page, err)
	}
	with := func(change func(*NearbyInput)) NearbyInput {
		in := good
		change(&in)
		return in
	}
	radius := func(r geoindex.Meters) NearbyInput { return with(func(in *NearbyInput) { in.Radius = r }) }
	cursor := func(c string) NearbyInput { return with(func(in *NearbyInput) { in.Cursor = c }) }
	for _, test := range []struct {
		reason string
		in     NearbyInput
		want   []string
	}{
		{"defaults", NearbyInput{Center: manhattan}, nil},
		{"the largest radius", radius(MaxRadius), nil},
		{"a larger one", radius(MaxRadius + 1), []string{"/radius"}},
		{"a negative one", radius(-1), []string{"/radius"}},
		{"NaN", radius(geoindex.Meters(math.NaN())), []string{"/radius"}},
		{"infinity", radius(geoindex.Meters(math.Inf(1))), []string{"/radius"}},
		{"a place nowhere", NearbyInput{Center: Location{91, math.NaN()}}, []string{"/lat", "/lng"}},
		{"an order", with(func(in *NearbyInput) { in.Order = "best" }), []string{"/order"}},
		{"a limit below", with(func(in *NearbyInput) { in.Limit = -1 }), []string{"/limit"}},
		{"a limit above", with(func(in *NearbyInput) { in.Limit = 101 }), []string{"/limit"}},
		{"the next page", cursor(page.Next), nil},
		{"the next page with another limit", with(func(in *NearbyInput) { in.Cursor, in.Limit = page.Next, 1 }), nil},
		{"the radius spelled out is the default", with(func(in *NearbyInput) { in.Cursor, in.Radius = page.Next, DefaultRadius }), nil},
		{"a cursor of another order", with(func(in *NearbyInput) { in.Cursor, in.Order = page.Next, OrderNearest }), []string{"/cursor"}},
		{"a cursor of another place", with(func(in *NearbyInput) { in.Cursor, in.Center.Lat = page.Next, 40 }), []string{"/cursor"}},
		{"a cursor of another radius", with(func(in *NearbyInput) { in.Cursor, in.Radius = page.Next, 10 }), []string{"/cursor"}},
		{"no cursor", cursor("x"), []string{"/cursor"}},
		{"a cut cursor", cursor(page.Next[:len(page.Next)-3]), []string{"/cursor"}},
		{"a cursor of a later version", cursor("2" + page.Next[1:]), []string{"/cursor"}},
		{"a cursor that was changed", cursor(page.Next[:30] + string(page.Next[30]^1) + page.Next[31:]), []string{"/cursor"}},
	} {
		_, err := w.service.Nearby(w.ctx(), test.in)
		if diff := cmp.Diff(test.want, pointers(t, test.reason, err)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.reason, diff)
		}
	}
}

func TestLiveTopics(t *testing.T) {
	r := newRand(t, 51)
	sum, most := 0, 0
	const discs = 3000
	for range discs {
		center := Location{math.Asin(2*r.Float64()-1) * 180 / math.Pi, r.Float64()*360 - 180}
		topics, err := LiveTopics(center, 0)
		if err != nil {
			t.Fatal(err)
		}
		sum, most = sum+len(topics), max(most, len(topics))
		carried := map[topic.Geo]bool{}
		for _, tp := range topics {
			carried[tp] = true
		}
		if len(carried) != len(topics) || !slices.IsSortedFunc(topics, func(a, b topic.Geo) int { return strings.Compare(a.Cell(), b.Cell()) }) {
			t.Fatalf("topics repeat or are not sorted: %v", topics)
		}
		if math.Abs(center.Lat) > 89.9 {
			continue // around scatters by longitude, and would take for ever at a pole
		}
		for range 5 {
			at := around(r, center, DefaultRadius)
			id := QuestionID(geoindex.KeyAt(at.LatLng(), digest("x")).String())
			tp, err := geoTopic(id)
			if err != nil || !carried[tp] {
				t.Fatalf("a question at %v, %v m from %v, is on %v, which is not among %v", at, at.LatLng().Distance(center.LatLng()), center, tp, topics)
			}
		}
	}
	if mean := float64(sum) / discs; mean < 6.5 || mean > 8.5 || most > 14 {
		t.Errorf("%.1f topics in the mean, %d at most", mean, most)
	}
	for range 300 {
		center := Location{math.Asin(2*r.Float64()-1) * 180 / math.Pi, r.Float64()*360 - 180}
		topics, err := LiveTopics(center, MaxLiveRadius)
		if err != nil || len(topics) > 30 {
			t.Fatalf("%v: %d topics, %v", center, len(topics), err)
		}
	}
	for reason, err := range map[string]error{
		"/radius": second(LiveTopics(manhattan, MaxLiveRadius+1)),
		"/lat":    second(LiveTopics(Location{Lat: 100}, 0)),
	} {
		if got := pointers(t, reason, err); fmt.Sprint(got) != "["+reason+"]" {
			t.Errorf("%s: %v", reason, got)
		}
	}
}
