package watch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
)

// world is a server and a broker in memory, with every fault that they may have: latency,
// messages that come twice, late and out of date, connections that break, requests that
// fail, snapshots in many pages.
type world struct {
	t testing.TB

	mu        sync.Mutex
	r         *rand.Rand
	faults    bool
	questions map[askaround.QuestionID]askaround.Question
	link      *link
	counts    struct{ subscribed, unsubscribed map[string]int }
	requests  int
}

// link is one connection of the watcher.
type link struct {
	subscribed map[string]bool
	messages   chan sent
	broken     chan struct{}
}

type sent struct {
	topic   string
	payload []byte
}

func newWorld(t testing.TB, r *rand.Rand) *world {
	w := &world{t: t, r: r, questions: map[askaround.QuestionID]askaround.Question{}}
	w.counts.subscribed, w.counts.unsubscribed = map[string]int{}, map[string]int{}
	return w
}

// draw returns a random number below n.
func (w *world) draw(n int) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.r.IntN(n)
}

// lag sleeps up to n milliseconds.
func (w *world) lag(ctx context.Context, n int) error {
	timer := time.NewTimer(time.Duration(w.draw(n*1000)) * time.Microsecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

var errFault = errors.New("injected fault")

func (w *world) fault(one int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.faults && w.r.IntN(one) == 0 {
		return errFault
	}
	return nil
}

// Run implements Broker.
func (w *world) Run(ctx context.Context, h Handler) error {
	for w.lag(ctx, 800) == nil {
		l := &link{subscribed: map[string]bool{}, messages: make(chan sent, 1000), broken: make(chan struct{})}
		w.mu.Lock()
		w.link = l
		w.mu.Unlock()
		h.Up()
		w.serve(ctx, l, h)
		w.mu.Lock()
		w.link = nil
		w.mu.Unlock()
		h.Down()
	}
	return nil
}

func (w *world) serve(ctx context.Context, l *link, h Handler) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.broken:
			return
		case m := <-l.messages:
			if w.lag(ctx, 20) != nil {
				return
			}
			h.Message(m.topic, m.payload)
		}
	}
}

// cut breaks the connection, with what is on its way.
func (w *world) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link != nil {
		close(w.link.broken)
		w.link = nil
	}
}

// Subscribe implements Broker.
func (w *world) Subscribe(ctx context.Context, filters []string) error {
	if len(filters) == 0 || len(filters) > topic.MaxFiltersPerSubscribe {
		w.t.Errorf("%d filters in a SUBSCRIBE", len(filters))
	}
	if err := errors.Join(w.lag(ctx, 100), w.fault(12)); err != nil {
		return err
	}
	w.mu.Lock()
	if w.link == nil {
		w.mu.Unlock()
		return errFault
	}
	for _, f := range filters {
		w.link.subscribed[f] = true
		w.counts.subscribed[f]++
	}
	if n := len(w.link.subscribed); n > topic.MaxSubscriptionsPerConnection-2 {
		w.t.Errorf("%d subscriptions", n)
	}
	w.mu.Unlock()
	return errors.Join(w.lag(ctx, 100), w.fault(12))
}

// Unsubscribe implements Broker.
func (w *world) Unsubscribe(ctx context.Context, filters []string) error {
	if err := errors.Join(w.lag(ctx, 100), w.fault(12)); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link == nil {
		return errFault
	}
	for _, f := range filters {
		delete(w.link.subscribed, f)
		w.counts.unsubscribed[f]++
	}
	return nil
}

// Nearby implements Server, in small pages.
func (w *world) Nearby(ctx context.Context, in askaround.NearbyInput) (askaround.QuestionPage, error) {
	if err := errors.Join(w.lag(ctx, 150), w.fault(8)); err != nil {
		return askaround.QuestionPage{}, err
	}
	w.mu.Lock()
	w.requests++
	var page askaround.QuestionPage
	for _, q := range w.questions {
		d := distance(q.Location, in.Center)
		if open(q) && d <= in.Radius && string(q.ID) > in.Cursor {
			page.Questions = append(page.Questions, askaround.QuestionView{Question: q, Distance: d})
		}
	}
	w.mu.Unlock()
	slices.SortFunc(page.Questions, func(a, b askaround.QuestionView) int { return strings.Compare(string(a.ID), string(b.ID)) })
	if most := 7; len(page.Questions) > most {
		page.Questions = page.Questions[:most]
		page.Next = string(page.Questions[most-1].ID)
	}
	return page, w.lag(ctx, 150)
}

func open(q askaround.Question) bool {
	return q.State == askaround.StateOpen && q.ExpiresAt.After(time.Now())
}

// publish sends a message to the subscriber: after a while, perhaps twice, and perhaps
// again long after.
func (w *world) publish(name string, m any) {
	payload, err := json.Marshal(m)
	if err != nil {
		w.t.Fatal(err)
	}
	w.send(name, payload)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.faults && w.r.IntN(2) == 0 {
		time.AfterFunc(time.Duration(w.r.IntN(6000))*time.Millisecond, func() { w.send(name, payload) })
	}
}

func (w *world) send(name string, payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.link != nil && w.link.subscribed[name] {
		select {
		case w.link.messages <- sent{name, payload}:
		default:
			w.t.Error("the watcher does not take its messages")
		}
	}
}

func geoTopic(t testing.TB, q askaround.Question) string {
	tp, err := topic.NewGeo(geoindex.CellAt(q.Location.LatLng()).Parent(topic.CellLevel).Token())
	if err != nil {
		t.Fatal(err)
	}
	return tp.String()
}

func questionTopic(t testing.TB, id askaround.QuestionID) string {
	tp, err := topic.NewQuestion(string(id))
	if err != nil {
		t.Fatal(err)
	}
	return tp.String()
}

var encoding = "0123456789abcdefghijklmnopqrstuv"

// ask stores a question, which was accepted some time before, and tells of it.
func (w *world) ask(at askaround.Location, lifetime time.Duration) askaround.QuestionID {
	suffix := make([]byte, 26)
	for i := range suffix {
		suffix[i] = encoding[w.draw(32)]
	}
	accepted := time.Now().Add(-time.Duration(w.draw(3000)) * time.Millisecond)
	q := askaround.Question{
		ID:   askaround.QuestionID(geoindex.KeyAt(at.LatLng(), string(suffix)).String()),
		Text: "Is it open?", Kind: askaround.KindStar, Location: at, Radius: askaround.DefaultRadius,
		State: askaround.StateOpen, CreatedAt: accepted, ExpiresAt: accepted.Add(lifetime),
	}
	w.mu.Lock()
	w.questions[q.ID] = q
	w.mu.Unlock()
	w.tell(q, true, false)
	return q.ID
}

// tell publishes after the lag of the stream.
func (w *world) tell(q askaround.Question, all, sums bool) {
	geo, own := geoTopic(w.t, q), questionTopic(w.t, q.ID)
	time.AfterFunc(time.Duration(w.draw(200))*time.Millisecond, func() {
		if all {
			w.publish(geo, askaround.QuestionMessage{Type: askaround.TypeQuestion, Question: q})
			w.publish(own, askaround.QuestionMessage{Type: askaround.TypeQuestion, Question: q})
		}
		if sums {
			w.publish(own, askaround.SummaryMessage{Type: askaround.TypeSummary, Question: q.ID, Summary: q.Summary})
		}
	})
}

// change changes a stored question.
func (w *world) change(id askaround.QuestionID, all bool, do func(*askaround.Question)) {
	w.mu.Lock()
	q := w.questions[id]
	q.Summary.Version++
	do(&q)
	w.questions[id] = q
	w.mu.Unlock()
	w.tell(q, all, true)
}

// truth returns what is to be seen from a place.
func (w *world) truth(at askaround.Location, radius geoindex.Meters) map[askaround.QuestionID]askaround.Question {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := map[askaround.QuestionID]askaround.Question{}
	for id, q := range w.questions {
		if open(q) && distance(q.Location, at) <= radius {
			out[id] = q
		}
	}
	return out
}

// toward returns the place some metres from a place in a direction of radians from north.
func toward(from askaround.Location, direction float64, meters float64) askaround.Location {
	const radius = 6_371_010 // of the sphere that distances are on, about
	d, lat, lng := meters/radius, from.Lat*math.Pi/180, from.Lng*math.Pi/180
	to := math.Asin(math.Sin(lat)*math.Cos(d) + math.Cos(lat)*math.Sin(d)*math.Cos(direction))
	lng += math.Atan2(math.Sin(direction)*math.Sin(d)*math.Cos(lat), math.Cos(d)-math.Sin(lat)*math.Sin(to))
	degrees := math.Remainder(lng*180/math.Pi, 360)
	return askaround.Location{Lat: to * 180 / math.Pi, Lng: max(-180, min(180, degrees))}
}

// scatter returns a random place within some metres, evenly.
func scatter(r *rand.Rand, center askaround.Location, meters float64) askaround.Location {
	return toward(center, r.Float64()*2*math.Pi, meters*math.Sqrt(r.Float64()))
}

// anywhere returns a random place, one in four of them where maps have seams.
func anywhere(r *rand.Rand) askaround.Location {
	seams := []askaround.Location{{Lat: 90}, {Lat: -90}, {Lat: -17.8, Lng: 180}, {Lat: 52.2, Lng: -180}, {Lat: 35.2643897, Lng: 45}, {Lng: 45}}
	if n := r.IntN(4 * len(seams)); n < len(seams) {
		return scatter(r, seams[n], 2_000)
	}
	return askaround.Location{Lat: math.Asin(2*r.Float64()-1) * 180 / math.Pi, Lng: r.Float64()*360 - 180}
}

// journal checks that changes of the view make sense, and keeps what they come to.
type journal struct {
	t     testing.TB
	shown map[askaround.QuestionID]askaround.Question
	seen  int
}

func (j *journal) note(c Change) {
	j.seen++
	old, shown := j.shown[c.Question.ID]
	switch {
	case c.Kind == Added && shown:
		j.t.Errorf("%s is shown twice", c.Question.ID)
	case c.Kind != Added && !shown:
		j.t.Errorf("%s is %s but was not shown", c.Question.ID, c.Kind)
	case c.Kind == Changed && c.Question.Summary.Version <= old.Summary.Version && c.Question.State == old.State:
		j.t.Errorf("%s changed from version %d to %d", c.Question.ID, old.Summary.Version, c.Question.Summary.Version)
	}
	if c.Kind == Removed {
		delete(j.shown, c.Question.ID)
	} else {
		j.shown[c.Question.ID] = c.Question
	}
}

func ids[V any](m map[askaround.QuestionID]V) string {
	var out []string
	for id := range m {
		out = append(out, string(id))
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}
