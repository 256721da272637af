package app

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/askaround/askaround-go/api/askaround"
	domain "github.com/askaround/askaround-go/askaround"
)

// TestWatchListIsTold changes an account's watch list by HTTP; its devices hear of it by
// MQTT. Then the question is deleted, and nobody finds it.
func TestWatchListIsTold(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	a := start(t, Config{})
	client, token := as(t, a, "ann")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked, err := client.AskQuestion(ctx, askaround.NewQuestion{Text: "How is the view?",
		Kind: askaround.QuestionKindStar, Location: askaround.LatLng{Lat: 51.5, Lng: -0.1}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := asked.Wait(ctx); err != nil {
		t.Fatal(err)
	}

	live, err := client.GetLive(ctx, askaround.GetLiveParams{Lat: 51.5, Lng: -0.1})
	if err != nil {
		t.Fatal(err)
	}
	ready, told, ended := make(chan struct{}), make(chan domain.WatchMessage, 10), make(chan error, 1)
	device := &pahoPush{address: a.MQTTAddr(), token: token}
	go func() {
		ended <- device.Subscribe(ctx, live.Topics.Account, func() { close(ready) }, func(payload []byte) {
			var m domain.WatchMessage
			if json.Unmarshal(payload, &m) == nil && m.Type == domain.TypeWatch {
				told <- m
			}
		})
	}()
	wait(t, ready, ended)
	for _, change := range []struct {
		make     func(context.Context, string) error
		watching bool
	}{{client.WatchQuestion, true}, {client.UnwatchQuestion, false}} {
		if err := change.make(ctx, asked.Question); err != nil {
			t.Fatal(err)
		}
		if m := wait(t, told, ended); m.Watching != change.watching || string(m.Question) != asked.Question {
			t.Errorf("told %+v", m)
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}

	if err := client.DeleteQuestion(t.Context(), asked.Question); err != nil {
		t.Fatal(err)
	}
	for q, err := range client.Questions(t.Context(), askaround.ListQuestionsParams{Lat: 51.5, Lng: -0.1}) {
		if err != nil || q.ID == asked.Question {
			t.Errorf("%v, %v", q.ID, err)
		}
	}
}

// wait receives from c, or fails with what came from ended.
func wait[T any](t *testing.T, c <-chan T, ended <-chan error) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case err := <-ended:
		t.Fatalf("the connection ended: %v", err)
	}
	return v
}
