package watch

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/golang/geo/s2"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex"
)

// delivery counts what a way of subscribing delivers of questions around clients.
type delivery struct{ wanted, delivered, both int }

func (d *delivery) count(wanted, delivered bool) {
	if wanted {
		d.wanted++
	}
	if delivered {
		d.delivered++
	}
	if wanted && delivered {
		d.both++
	}
}

func (d *delivery) recall() float64    { return float64(d.both) / float64(d.wanted) }
func (d *delivery) relevance() float64 { return float64(d.both) / float64(d.delivered) }

// originalTopic is the topic of the original application: the first five decimal digits
// of the signed S2 leaf cell id.
func originalTopic(l askaround.Location) string {
	id := strconv.FormatInt(int64(s2.CellIDFromLatLng(s2.LatLngFromDegrees(l.Lat, l.Lng))), 10)
	digits := 5
	if id[0] == '-' {
		digits++
	}
	return id[:digits]
}

// TestRecallAndRelevance scatters questions evenly around clients everywhere, seams of
// maps included, and counts those that are wanted (within five miles) and those that are
// delivered, by the cells that a client subscribes to and by the original's single cell
// (goal E09, defect 14).
func TestRecallAndRelevance(t *testing.T) {
	clients := 1_500
	if slow() {
		clients = 15_000
	}
	r := rand.New(rand.NewPCG(9, 9))
	// Which questions a subscription may deliver at all: of the original's cells, which are
	// up to some 60 km across, to the farthest corner.
	const far, questions = 90_000, 600
	var exact, slack, original delivery
	most := 0
	for range clients {
		at := anywhere(r)
		cells, wider := map[string]bool{}, map[string]bool{}
		if err := cover(cells, at, askaround.DefaultRadius); err != nil {
			t.Fatal(err)
		}
		if err := cover(wider, at, askaround.DefaultRadius+DefaultSlack); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(cells))
		key := originalTopic(at)
		for i := range questions {
			reach := float64(far)
			if i%2 == 0 { // half of them nearer, where subscriptions to cells end
				reach = 30_000
			}
			q := scatter(r, at, reach)
			wanted := distance(q, at) <= askaround.DefaultRadius
			topic := geoTopic(t, askaround.Question{Location: q})
			if i%2 == 0 {
				exact.count(wanted, cells[topic])
				slack.count(wanted, wider[topic])
			} else {
				original.count(wanted, originalTopic(q) == key)
			}
		}
	}
	t.Logf("cells of the disc:      recall %.1f %%, relevance %.1f %%, at most %d cells", 100*exact.recall(), 100*exact.relevance(), most)
	t.Logf("the most that is kept:  recall %.1f %%, relevance %.1f %%", 100*slack.recall(), 100*slack.relevance())
	t.Logf("the original's cell:    recall %.1f %%, relevance %.1f %%", 100*original.recall(), 100*original.relevance())
	if exact.recall() != 1 || slack.recall() != 1 {
		t.Errorf("recall %v and %v: a question was lost", exact.recall(), slack.recall())
	}
	if exact.relevance() < 0.36 {
		t.Errorf("relevance %.3f", exact.relevance())
	}
	if original.recall() > 0.9 || original.relevance() > 0.15 {
		t.Errorf("the original is better than it was: recall %.3f, relevance %.3f", original.recall(), original.relevance())
	}
}

// TestNothingOutside: what is shown lies within the radius, by the index's own distance.
func TestNothingOutside(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 2))
	for range 300 {
		at := anywhere(r)
		v := newView(askaround.DefaultRadius, askaround.DefaultRadius+DefaultSlack)
		v.move(at)
		v.begin(at, askaround.Question{}.CreatedAt)
		want := 0
		var snapshot []askaround.Question
		for range 60 {
			q := askaround.Question{Location: scatter(r, at, 10_000), State: askaround.StateOpen, ExpiresAt: expiry}
			q.ID = askaround.QuestionID(geoindex.KeyAt(q.Location.LatLng(), strconv.Itoa(r.Int())).String())
			snapshot = append(snapshot, q)
			if q.Location.LatLng().Distance(at.LatLng()) <= askaround.DefaultRadius {
				want++
			}
		}
		v.merge(snapshot, expiry.AddDate(-1, 0, 0))
		list := v.list()
		if len(list) != want {
			t.Fatalf("at %v: %d shown, want %d", at, len(list), want)
		}
		for _, q := range list {
			if q.Distance > askaround.DefaultRadius {
				t.Errorf("at %v: %v m away", at, q.Distance)
			}
		}
	}
}
