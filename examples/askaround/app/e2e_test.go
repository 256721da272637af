package app

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/api/askaround"
	domain "github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/examples/askaround/places"
	"github.com/askaround/askaround-go/geoindex"
)

// town is the model that the system is compared with.
type town struct {
	app       *App
	users     []*askaround.Client
	tokens    []string
	questions []*asked
}

type asked struct {
	id      domain.QuestionID
	author  int
	kind    domain.Kind
	at      domain.Location
	mu      sync.Mutex
	answers map[int]domain.Value // by user: the last one given
}

// size is the in the slow suite, about a tenth of it otherwise.
func size() (questions, answers, users int) {
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		return 1_000, 10_000, 500
	}
	return 100, 800, 50
}

// TestEverybodySeesTheSame asks at real places, answers, changes and withdraws answers,
// over real sockets, and compares what the API and every subscriber have with a fold.
func TestEverybodySeesTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("thousands of requests")
	}
	nQuestions, nAnswers, nUsers := size()
	town := &town{app: start(t, Config{})}
	for i := range nUsers {
		client, token := as(t, town.app, fmt.Sprintf("user %d", i))
		town.users, town.tokens = append(town.users, client), append(town.tokens, token)
	}
	watchers := town.watch(t)
	town.ask(t, nQuestions)
	town.settle(t)
	for center, w := range watchers {
		town.checkQuestions(t, center, w)
		town.watchAnswers(t, center, w)
	}
	town.answer(t, nAnswers)
	town.settle(t)
	town.checkAPI(t)
	for center, w := range watchers {
		town.checkWatcher(t, center, w)
	}
	town.checkQueues(t)
}

// watchPlaces are where subscribers stand: in cities, at a city's edge, and far away.
var watchPlaces = []domain.Location{
	{Lat: 51.5074, Lng: -0.1278}, {Lat: 51.55, Lng: -0.17}, {Lat: 40.7506, Lng: -73.9857}, {Lat: 40.81, Lng: -74.01},
	{Lat: 48.8566, Lng: 2.3522}, {Lat: 35.6812, Lng: 139.7671}, {Lat: 35.70, Lng: 139.82}, {Lat: -33.8688, Lng: 151.2093}, {Lat: -33.84, Lng: 151.28}, {Lat: 0, Lng: 0},
}

func (town *town) watch(t *testing.T) map[domain.Location]*watcher {
	watchers := map[domain.Location]*watcher{}
	for i, center := range watchPlaces {
		topics, err := domain.LiveTopics(center, domain.DefaultRadius)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, tp := range topics {
			names = append(names, tp.String())
		}
		w := newWatcher()
		w.subscribe(t, town.app, fmt.Sprintf("geo-%d", i), town.tokens[i], names)
		watchers[center] = w
	}
	return watchers
}

// ask posts n questions at the bundled places, by all users in turn.
func (town *town) ask(t *testing.T, n int) {
	records, err := places.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	town.questions = make([]*asked, n)
	town.each(func(user int) {
		for i := user; i < n; i += len(town.users) {
			r := records[i%len(records)]
			out, err := town.users[user].AskQuestion(t.Context(), askaround.NewQuestion{
				Text: fmt.Sprintf("%d: %.80s", i, r.Question), Kind: askaround.QuestionKind(r.Kind),
				Location: askaround.LatLng{Lat: r.Location.Lat, Lng: r.Location.Lng}})
			if err != nil {
				t.Errorf("ask: %v", err)
				return
			}
			town.questions[i] = &asked{id: domain.QuestionID(out.Question), author: user, kind: r.Kind, at: r.Location, answers: map[int]domain.Value{}}
		}
	})
	if t.Failed() {
		t.FailNow()
	}
}

// each runs f for every user, sixteen at a time: one user's requests follow each other.
func (town *town) each(f func(user int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 16 {
		wg.Go(func() {
			for user := range next {
				f(user)
			}
		})
	}
	for user := range town.users {
		next <- user
	}
	close(next)
	wg.Wait()
}

// answer gives n answers, of which many replace one given before, some are repeated and
// some withdrawn.
func (town *town) answer(t *testing.T, n int) {
	perUser := n / len(town.users)
	town.each(func(user int) {
		r := rand.New(rand.NewPCG(uint64(user), 1))
		for range perUser {
			q := town.questions[r.IntN(max(10, len(town.questions)/5))] // a few questions get most answers
			if q.author == user {
				continue
			}
			if r.IntN(12) == 0 {
				if _, err := town.users[user].DeleteAnswer(t.Context(), askaround.QuestionID(q.id)); err != nil {
					t.Errorf("withdraw: %v", err)
					return
				}
				q.set(user, nil)
				continue
			}
			v := randomValue(r, q)
			for range 1 + r.IntN(2) { // a repeated request changes nothing
				if _, err := town.users[user].PutAnswer(t.Context(), askaround.QuestionID(q.id), body(v)); err != nil {
					t.Errorf("answer: %v", err)
					return
				}
			}
			q.set(user, &v)
		}
	})
	if t.Failed() {
		t.FailNow()
	}
}

func (q *asked) set(user int, v *domain.Value) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if v == nil {
		delete(q.answers, user)
	} else {
		q.answers[user] = *v
	}
}

func randomValue(r *rand.Rand, q *asked) domain.Value {
	if q.kind == domain.KindStar {
		return domain.Value{Kind: q.kind, Stars: domain.HalfStars(r.IntN(11))}
	}
	d, bearing := 0.065*math.Sqrt(r.Float64()), 2*math.Pi*r.Float64() // degrees: up to 7.2 km
	return domain.Value{Kind: q.kind, Location: domain.Location{
		Lat: q.at.Lat + d*math.Cos(bearing), Lng: q.at.Lng + d*math.Sin(bearing)/math.Cos(q.at.Lat*math.Pi/180)}}
}

func body(v domain.Value) askaround.AnswerValue {
	if v.Kind == domain.KindStar {
		return askaround.Stars(float64(v.Stars) / 2)
	}
	return askaround.Place(v.Location.Lat, v.Location.Lng)
}

func (town *town) settle(t *testing.T) {
	quiet := 0
	until(t, 3*time.Minute, "everything processed", func() bool {
		if quiet++; !town.app.Idle() {
			quiet = 0
		}
		return quiet > 20 // what the last stage published is on its way too
	})
}

// fold is what the answers that stand add up to.
func (q *asked) fold() (s domain.Summary, heat map[string]int64) {
	heat = map[string]int64{}
	for _, v := range q.answers {
		s.Answers++
		if v.Kind == domain.KindStar {
			s.SumHalfStars += int64(v.Stars)
			s.Histogram[v.Stars]++
			continue
		}
		heat[geoindex.CellAt(v.Location.LatLng()).Parent(domain.HeatCellLevel).Token()]++
	}
	return s, heat
}

func (town *town) checkQuestions(t *testing.T, center domain.Location, w *watcher) {
	var want, got []string
	for _, q := range town.questions {
		if center.LatLng().Distance(q.at.LatLng()) <= domain.DefaultRadius {
			want = append(want, string(q.id))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, q := range w.questions {
		if center.LatLng().Distance(q.Location.LatLng()) <= domain.DefaultRadius {
			got = append(got, string(id))
		}
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(w.bad) > 0 {
		t.Errorf("questions seen from %v: %s %v", center, diff, w.bad)
	}
}

// watchAnswers subscribes to the topics of the questions in sight, at most fifty to a
// connection.
func (town *town) watchAnswers(t *testing.T, center domain.Location, w *watcher) {
	var names []string
	for _, q := range town.questions {
		if center.LatLng().Distance(q.at.LatLng()) <= domain.DefaultRadius {
			tp, err := topic.NewQuestion(string(q.id))
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, tp.String())
		}
	}
	for i := 0; len(names) > 0; i++ {
		n := min(topic.MaxSubscriptionsPerConnection, len(names))
		w.subscribe(t, town.app, fmt.Sprintf("question-%v-%d", center, i), town.tokens[0], names[:n])
		names = names[n:]
	}
}

func (town *town) checkAPI(t *testing.T) {
	for i, q := range town.questions {
		out, err := town.users[0].GetQuestion(t.Context(), askaround.QuestionID(q.id))
		if err != nil {
			t.Fatalf("question %d: %v", i, err)
		}
		want, wantHeat := q.fold()
		got := domain.Summary{Answers: out.Summary.Answers, SumHalfStars: out.Summary.SumHalfStars}
		copy(got.Histogram[:], out.Summary.Histogram)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("question %d (%s): %s", i, q.kind, diff)
		}
		heat := map[string]int64{}
		if out.Heat != nil {
			for _, part := range *out.Heat {
				for cell, n := range part.Cells {
					heat[cell] += n
				}
			}
		}
		if diff := cmp.Diff(wantHeat, heat); diff != "" {
			t.Errorf("heat of question %d: %s", i, diff)
		}
	}
}

// checkWatcher compares the last messages with the fold of what was in sight.
func (town *town) checkWatcher(t *testing.T, center domain.Location, w *watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, q := range town.questions {
		if _, inSight := w.questions[q.id]; !inSight || len(w.bad) > 0 {
			continue
		}
		got, heard := w.summaries[q.id]
		want, wantHeat := q.fold()
		if !heard && want.Answers > 0 && center.LatLng().Distance(q.at.LatLng()) <= domain.DefaultRadius {
			t.Errorf("question %d has %d answers, of which nothing was heard", i, want.Answers)
		}
		if want.Version = got.Version; heard && want != got {
			t.Errorf("the last summary of question %d heard is %+v, want %+v", i, got, want)
		}
		heat := map[string]int64{}
		for key, part := range w.heat {
			if key[:len(q.id)] == string(q.id) {
				for cell, n := range part.Cells {
					heat[cell] += n
				}
			}
		}
		if diff := cmp.Diff(wantHeat, heat); heard && diff != "" {
			t.Errorf("the last heat of question %d heard: %s", i, diff)
		}
	}
	if len(w.bad) > 0 {
		t.Errorf("unreadable messages: %v", w.bad)
	}
}

func (town *town) checkQueues(t *testing.T) {
	r := town.app.Resources()
	for _, url := range []string{r.QuestionsQueue, r.StarAnswersQueue, r.GeoAnswersQueue, r.QuestionsDeadLetters, r.StarAnswersDeadLetters, r.GeoAnswersDeadLetters} {
		visible, inFlight, delayed, err := town.app.local.SQS().Depth(url)
		if err != nil || visible+inFlight+delayed != 0 {
			t.Errorf("%s holds %d+%d+%d messages, %v", url, visible, inFlight, delayed, err)
		}
	}
}
