package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/api/askaround"
	domain "github.com/askaround/askaround-go/askaround"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	if dir := os.Getenv(childDir); dir != "" {
		if err := child(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// start runs an App until the test ends.
func start(t testing.TB, config Config) *App {
	t.Helper()
	a, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("Run: %v", err)
			}
		case <-time.After(time.Minute):
			t.Error("Run did not end within a minute")
		}
	})
	return a
}

// transport is shared: thousands of requests must not use up the ports.
var transport = &http.Transport{MaxIdleConnsPerHost: 64}

// as returns a client of the API for a user, and the user's token.
func as(t testing.TB, a *App, user string) (*askaround.Client, string) {
	t.Helper()
	token, err := a.Token(user)
	if err != nil {
		t.Fatal(err)
	}
	client, err := askaround.New(a.URL(), askaround.WithToken(token), func(o *askaround.Options) {
		o.HTTPClient = &http.Client{Transport: transport}
		o.AttemptTimeout = 30 * time.Second
	})
	if err != nil {
		t.Fatal(err)
	}
	return client, token
}

func until(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", limit, what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// watcher is somebody's MQTT client: what arrived, the latest of each.
type watcher struct {
	mu        sync.Mutex
	questions map[domain.QuestionID]domain.Question
	summaries map[domain.QuestionID]domain.Summary
	heat      map[string]domain.HeatPart // by question and part
	bad       []string
}

func newWatcher() *watcher {
	return &watcher{questions: map[domain.QuestionID]domain.Question{}, summaries: map[domain.QuestionID]domain.Summary{}, heat: map[string]domain.HeatPart{}}
}

func (w *watcher) receive(payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var kind struct{ Type string }
	err := json.Unmarshal(payload, &kind)
	switch kind.Type {
	case domain.TypeQuestion:
		var m domain.QuestionMessage
		if err = json.Unmarshal(payload, &m); err == nil && m.Question.Summary.Version >= w.questions[m.Question.ID].Summary.Version {
			w.questions[m.Question.ID] = m.Question
		}
	case domain.TypeSummary:
		var m domain.SummaryMessage
		if err = json.Unmarshal(payload, &m); err == nil && m.Version >= w.summaries[m.Question].Version {
			w.summaries[m.Question] = m.Summary
		}
	case domain.TypeHeat:
		var m domain.HeatMessage
		if err = json.Unmarshal(payload, &m); err == nil {
			key := string(m.Question) + "/" + m.Part
			if m.Version >= w.heat[key].Version {
				w.heat[key] = m.HeatPart
			}
		}
	}
	if err != nil {
		w.bad = append(w.bad, fmt.Sprintf("%v: %s", err, payload))
	}
}

// subscribe connects with paho over TCP and subscribes to topics, eight at a time.
func (w *watcher) subscribe(t testing.TB, a *App, id, token string, topics []string) {
	t.Helper()
	socket, err := net.Dial("tcp", a.MQTTAddr())
	if err != nil {
		t.Fatal(err)
	}
	client := paho.NewClient(paho.ClientConfig{Conn: socket, OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(p paho.PublishReceived) (bool, error) { w.receive(p.Packet.Payload); return true, nil },
	}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := client.Connect(ctx, &paho.Connect{ClientID: id, CleanStart: true, KeepAlive: 60, UsernameFlag: true, Username: "me", PasswordFlag: true, Password: []byte(token)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Disconnect(&paho.Disconnect{}) })
	for len(topics) > 0 {
		n := min(8, len(topics))
		var s paho.Subscribe
		for _, name := range topics[:n] {
			s.Subscriptions = append(s.Subscriptions, paho.SubscribeOptions{Topic: name, QoS: 1})
		}
		if _, err := client.Subscribe(ctx, &s); err != nil {
			t.Fatalf("subscribe %v: %v", topics[:n], err)
		}
		topics = topics[n:]
	}
}
