package watch

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/geoindex"
)

func slow() bool { return os.Getenv("ASKAROUND_SLOW") == "1" }

// TestNothingIsLost runs random stories of questions that come and go, positions that
// move, and connections that break, in virtual time. At rest the view is what the server
// has (goal E11).
func TestNothingIsLost(t *testing.T) {
	runs := 150
	if slow() {
		runs = 10_000
	}
	seen, requests := 0, 0
	for seed := range uint64(runs) {
		synctest.Test(t, func(t *testing.T) {
			s, r := story(t, seed)
			seen, requests = seen+s, requests+r
		})
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	t.Logf("%d runs, %d changes shown, %d pages read", runs, seen, requests)
}

func story(t *testing.T, seed uint64) (seen, requests int) {
	r := rand.New(rand.NewPCG(seed, 3))
	w := newWorld(t, rand.New(rand.NewPCG(seed, 4)))
	w.faults = true
	at := anywhere(r)
	var all, followed []askaround.QuestionID
	for range r.IntN(25) {
		all = append(all, w.ask(scatter(r, at, 12_000), time.Hour))
	}
	j := &journal{t: t, shown: map[askaround.QuestionID]askaround.Question{}}
	watcher, err := New(w, w, func(o *Options) { o.Start, o.OnChange, o.Resync = &at, j.note, 24*time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watcher.Run(ctx) }()

	pick := func() (askaround.QuestionID, bool) {
		if len(all) == 0 {
			return "", false
		}
		if r.IntN(2) == 0 {
			return all[len(all)-1], true
		}
		return all[r.IntN(len(all))], true
	}
	for range 10 + r.IntN(50) {
		time.Sleep(time.Duration(r.IntN(1500)) * time.Millisecond)
		id, some := pick()
		switch n := r.IntN(22); {
		case n == 20: // one that comes and goes while nobody listens
			w.cut()
			id := w.ask(scatter(r, at, 8_000), time.Hour)
			w.change(id, true, func(q *askaround.Question) { q.State = askaround.StateClosed })
		case n == 21:
			w.cut()
		case n < 8 || !some:
			lifetime := time.Hour
			if r.IntN(4) == 0 {
				lifetime = 4 * time.Second
			}
			all = append(all, w.ask(scatter(r, at, 12_000), lifetime))
		case n < 11:
			w.change(id, true, func(q *askaround.Question) { q.State = askaround.StateClosed })
		case n < 12:
			w.change(id, true, func(q *askaround.Question) { q.State, q.Text, q.ExpiresAt = askaround.StateClosed, "", time.Now() })
		case n < 15:
			w.change(id, false, func(q *askaround.Question) { q.Summary.Answers++ })
		case n < 17:
			at = scatter(r, at, 700)
			_ = watcher.Move(at)
		case n < 18:
			at = scatter(r, at, 9_000)
			_ = watcher.Move(at)
		default:
			followed = nil
			for range r.IntN(4) {
				id, _ := pick()
				followed = append(followed, id)
			}
			if err := watcher.Follow(followed...); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.mu.Lock()
	w.faults = false
	w.mu.Unlock()
	time.Sleep(2 * time.Minute) // for backoffs and late messages, and far below Resync
	synctest.Wait()

	if !watcher.Live() {
		t.Error("the view is not live")
	}
	truth := w.truth(at, watcher.o.Radius)
	view := map[askaround.QuestionID]askaround.Question{}
	for _, q := range watcher.Questions() {
		view[q.ID] = q.Question
		if want := truth[q.ID]; q.State != want.State || q.Text != want.Text || q.Distance != distance(want.Location, at) {
			t.Errorf("view has %+v, the server %+v", q, want)
		}
	}
	if ids(view) != ids(truth) || ids(view) != ids(j.shown) {
		t.Errorf("the view is\n%s, was told as\n%s, the server has\n%s", ids(view), ids(j.shown), ids(truth))
	}
	for _, id := range followed {
		if got, want := view[id].Summary, truth[id].Summary; got != want {
			t.Errorf("followed %s has sums %+v, want %+v", id, got, want)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	return j.seen, w.requests
}

// TestHysteresis walks with GPS noise: each cell is subscribed once and unsubscribed
// once at most (goal E10).
func TestHysteresis(t *testing.T) {
	walks := 6
	if slow() {
		walks = 60
	}
	for seed := range uint64(walks) {
		synctest.Test(t, func(t *testing.T) { walk(t, seed) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func walk(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 5))
	w := newWorld(t, rand.New(rand.NewPCG(seed, 6)))
	at := anywhere(r)
	watcher, err := New(w, w, func(o *Options) { o.Start, o.Resync = &at, 24*time.Hour })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watcher.Run(ctx) }()
	time.Sleep(5 * time.Second)
	// Standing at the edge of a cell for an hour, then 30 km straight on, a fix each
	// second and each 20 m.
	start, direction := at, r.Float64()*2*math.Pi
	noise := func() askaround.Location { return scatter(r, at, 60) }
	for range 3600 {
		_ = watcher.Move(noise())
		time.Sleep(time.Second)
	}
	synctest.Wait()
	if len(w.counts.unsubscribed) > 0 {
		t.Errorf("standing still: %d cells unsubscribed", len(w.counts.unsubscribed))
	}
	for i := range 1500 {
		at = toward(start, direction, float64(i)*20)
		_ = watcher.Move(noise())
		time.Sleep(time.Second)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	most := func(counts map[string]int) (n int) {
		for _, c := range counts {
			n = max(n, c)
		}
		return n
	}
	if s, u := most(w.counts.subscribed), most(w.counts.unsubscribed); s > 1 || u > 1 {
		t.Errorf("a cell was subscribed %d times and unsubscribed %d times", s, u)
	}
	if len(w.counts.unsubscribed) == 0 {
		t.Error("nothing was unsubscribed on 30 km")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	w := newWorld(t, nil)
	for reason, fn := range map[string]func(*Options){
		"no radius":         func(o *Options) { o.Radius = 0 },
		"a negative slack":  func(o *Options) { o.Slack = -1 },
		"not a number":      func(o *Options) { o.Slack = geoindex.Meters(math.NaN()) },
		"too large":         func(o *Options) { o.Radius = askaround.MaxLiveRadius },
		"no resync":         func(o *Options) { o.Resync = 0 },
		"no clock":          func(o *Options) { o.Clock = nil },
		"no logger":         func(o *Options) { o.Logger = nil },
		"a start on no map": func(o *Options) { o.Start = &askaround.Location{Lat: 91} },
	} {
		if _, err := New(w, w, fn); !errors.Is(err, askaround.ErrOptions) && !errors.Is(err, askaround.ErrInvalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	if _, err := New(nil, w); !errors.Is(err, askaround.ErrOptions) {
		t.Errorf("no server: %v", err)
	}
	watcher, err := New(w, w)
	if err != nil {
		t.Fatal(err)
	}
	if err := watcher.Move(askaround.Location{Lng: 181}); !errors.Is(err, askaround.ErrInvalid) {
		t.Errorf("moved off the map: %v", err)
	}
	if err := watcher.Follow("x"); !errors.Is(err, askaround.ErrNotFound) {
		t.Errorf("followed nothing: %v", err)
	}
}
