package watch

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/eclipse/paho.golang/autopaho"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/internal/broker"
	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

var expiry = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// town is the whole application in process: tables, queues, workers, and an MQTT broker
// behind a socket whose connections the test can cut.
type town struct {
	t       *testing.T
	service *askaround.Service
	broker  *broker.Broker
	url     *url.URL

	mu    sync.Mutex
	conns []net.Conn
}

func account(name string) askaround.AccountID {
	return askaround.AccountFor("https://issuer.test", name)
}

func openTown(t *testing.T) *town {
	t.Helper()
	local, err := localaws.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	db, queues := dynamodb.NewFromConfig(local.Config()), sqs.NewFromConfig(local.Config())
	r, err := askaround.Provision(t.Context(), db, queues, "watch-")
	if err != nil {
		t.Fatal(err)
	}
	b, err := broker.New(func(o *broker.Options) {
		o.Authenticate = func(_ context.Context, c broker.Connect) (broker.Session, error) {
			return broker.Session{Subject: c.Token, CanSubscribe: func(f string) bool { return !strings.Contains(f, "system") }}, nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	town := &town{t: t, broker: b, url: &url.URL{Scheme: "mqtt", Host: listener.Addr().String()}}
	served := make(chan error, 1)
	go func() { served <- b.Serve(context.Background(), &spy{listener, town}) }()
	worker, err := askaround.NewWorker(db, queues, r, b)
	if err != nil {
		t.Fatal(err)
	}
	if town.service, err = askaround.NewService(db, queues, r); err != nil {
		t.Fatal(err)
	}
	stop := town.pump(local, r, worker)
	t.Cleanup(func() {
		stop()
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := errors.Join(b.Shutdown(ctx), <-served, local.Close()); err != nil {
			t.Error(err)
		}
	})
	return town
}

// pump runs the event source mappings that the test needs.
func (town *town) pump(local *localaws.Local, r askaround.Resources, w *askaround.Worker) (stop func()) {
	town.t.Helper()
	report := func(o *pump.StreamOptions) { o.ReportBatchItemFailures = true }
	var mappings []*pump.Mapping
	add := func(m *pump.Mapping, err error) {
		if err != nil {
			town.t.Fatal(err)
		}
		mappings = append(mappings, m)
	}
	add(pump.Queue(local, r.QuestionsQueue, w.ProcessQuestions))
	add(pump.Queue(local, r.StarAnswersQueue, w.ProcessAnswers))
	add(pump.Window(local, r.Answers, w.AggregateAnswers, report))
	add(pump.Stream(local, r.Questions, w.PublishQuestions, report))
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for _, m := range mappings {
		running.Go(func() {
			if err := m.Run(ctx); err != nil {
				town.t.Error(err)
			}
		})
	}
	return func() { cancel(); running.Wait() }
}

// spy keeps the connections that the broker accepts.
type spy struct {
	net.Listener
	town *town
}

func (s *spy) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err == nil {
		s.town.mu.Lock()
		s.town.conns = append(s.town.conns, conn)
		s.town.mu.Unlock()
	}
	return conn, err
}

// cut breaks all connections.
func (town *town) cut() {
	town.mu.Lock()
	defer town.mu.Unlock()
	for _, conn := range town.conns {
		_ = conn.Close()
	}
	town.conns = nil
}

func (town *town) mqtt() *MQTT {
	return NewMQTT(autopaho.ClientConfig{
		ServerUrls: []*url.URL{town.url}, KeepAlive: 30, ConnectUsername: "watcher", ConnectPassword: []byte("watcher"),
		ReconnectBackoff: func(int) time.Duration { return time.Millisecond },
		ClientConfig:     paho.ClientConfig{ClientID: "watcher"},
	})
}

// patience bounds waits that end much earlier unless something is wrong.
const patience = time.Minute

func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", patience, what)
		case <-tick.C:
		}
	}
}

// TestThroughMQTT keeps a view of the real application through a real broker, while
// questions come and go and connections break.
func TestThroughMQTT(t *testing.T) {
	town := openTown(t)
	r := rand.New(rand.NewPCG(1, 1))
	at := askaround.Location{Lat: 51.5, Lng: -0.12}
	j := &journal{t: t, shown: map[askaround.QuestionID]askaround.Question{}}
	watcher, err := New(town.service, town.mqtt(), func(o *Options) { o.Start, o.OnChange = &at, j.note })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- watcher.Run(ctx) }()

	var asked []askaround.QuestionID
	var pending []askaround.OperationID
	for i := range 60 {
		op, err := town.service.Ask(t.Context(), askaround.AskInput{
			Account: account("author"), Text: "Is it open?", Kind: askaround.KindStar, Location: scatter(r, at, 9_000),
		})
		if err != nil {
			t.Fatal(err)
		}
		asked, pending = append(asked, op.Question), append(pending, op.ID)
		if i%10 == 3 {
			_ = town.service.Close(t.Context(), account("author"), asked[r.IntN(len(asked))])
		}
		if i%12 == 5 {
			town.cut()
		}
		if i%15 == 7 {
			at = scatter(r, at, 1_500)
			if err := watcher.Move(at); err != nil {
				t.Fatal(err)
			}
		}
	}
	waitFor(t, "all questions are there", func() bool {
		pending = slices.DeleteFunc(pending, func(id askaround.OperationID) bool {
			op, err := town.service.Operation(t.Context(), account("author"), id)
			return err == nil && op.Status != askaround.StatusPending
		})
		return len(pending) == 0
	})
	settled := func() bool {
		truth := map[askaround.QuestionID]bool{}
		in := askaround.NearbyInput{Center: at, Limit: askaround.MaxLimit}
		page, err := town.service.Nearby(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		for _, q := range page.Questions {
			truth[q.ID] = true
		}
		view := map[askaround.QuestionID]bool{}
		for _, q := range watcher.Questions() {
			view[q.ID] = true
		}
		return watcher.Live() && len(truth) > 20 && ids(view) == ids(truth)
	}
	waitFor(t, "the view is what the server has", settled)

	// The sums of a followed question move.
	followed := watcher.Questions()[0].ID
	if err := watcher.Follow(followed); err != nil {
		t.Fatal(err)
	}
	_, err = town.service.Answer(t.Context(), askaround.AnswerInput{
		Account: account("neighbour"), Question: followed, Value: askaround.Value{Kind: askaround.KindStar, Stars: 9},
	})
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the answer is in the view", func() bool {
		q, ok := shown(watcher, followed)
		return ok && q.Summary.SumHalfStars == 9
	})
	// And what is deleted goes away.
	if err := town.service.Delete(t.Context(), account("author"), followed); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the deleted question is gone", func() bool { _, ok := shown(watcher, followed); return !ok })
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if len(j.shown) != len(watcher.Questions()) {
		t.Errorf("told of %d questions, shows %d", len(j.shown), len(watcher.Questions()))
	}
}

// shown returns a question of the watcher's view.
func shown(w *Watcher, id askaround.QuestionID) (askaround.Question, bool) {
	for _, q := range w.Questions() {
		if q.ID == id {
			return q.Question, true
		}
	}
	return askaround.Question{}, false
}

// TestRefused: a subscription that the broker does not grant is an error.
func TestRefused(t *testing.T) {
	town := openTown(t)
	m := town.mqtt()
	if err := m.Subscribe(t.Context(), []string{"askaround/v1/geo/89c25c"}); err == nil {
		t.Error("subscribed without a connection")
	}
	ctx, cancel := context.WithCancel(t.Context())
	up := make(chan struct{}, 10)
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx, signals(up)) }()
	<-up
	if err := m.Subscribe(ctx, []string{"askaround/v1/geo/89c25c", "askaround/v1/system"}); !errors.Is(err, ErrRefused) {
		t.Errorf("a forbidden topic: %v", err)
	}
	if err := m.Subscribe(ctx, []string{"askaround/v1/geo/89c25c"}); err != nil {
		t.Errorf("an allowed topic: %v", err)
	}
	if err := m.Unsubscribe(ctx, []string{"askaround/v1/geo/89c25c"}); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// signals tells of connections.
type signals chan struct{}

func (s signals) Up()                    { s <- struct{}{} }
func (s signals) Down()                  {}
func (s signals) Message(string, []byte) {}
