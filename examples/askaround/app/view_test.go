package app

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/autopaho"

	"github.com/askaround/askaround-go/api/askaround"
	domain "github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/remote"
	"github.com/askaround/askaround-go/askaround/watch"
)

// TestWatcherFromAfar: a program with a token, an HTTP client and an MQTT connection sees
// what is asked around it, how the sums move, and what is closed.
func TestWatcherFromAfar(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	a := start(t, Config{})
	here := askaround.LatLng{Lat: 48.2, Lng: 16.37}
	author, _ := as(t, a, "ann")
	reader, token := as(t, a, "ben")
	ask := func(text string, at askaround.LatLng) string {
		asked, err := author.AskQuestion(t.Context(), askaround.NewQuestion{Text: text, Kind: askaround.QuestionKindStar, Location: at})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := asked.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		return asked.Question
	}
	before := ask("Was there before?", here)
	far := ask("Is far away?", askaround.LatLng{Lat: 47, Lng: 15})

	broker := watch.NewMQTT(autopaho.ClientConfig{
		ServerUrls:      []*url.URL{{Scheme: "mqtt", Host: a.MQTTAddr()}},
		KeepAlive:       30,
		ConnectUsername: "ben", ConnectPassword: []byte(token),
	})
	start := domain.Location(here)
	w, err := watch.New(remote.New(reader), broker, func(o *watch.Options) { o.Start = &start })
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	shown := func(id string) *domain.Question {
		for _, q := range w.Questions() {
			if string(q.ID) == id {
				return &q.Question
			}
		}
		return nil
	}
	until(t, time.Minute, "the snapshot is shown", func() bool { return shown(before) != nil })
	late := ask("Was asked later?", askaround.LatLng{Lat: 48.21, Lng: 16.36})
	until(t, time.Minute, "a new question is shown", func() bool { return shown(late) != nil })
	if shown(far) != nil {
		t.Error("a question 150 km away is shown")
	}

	if err := w.Follow(domain.QuestionID(late)); err != nil {
		t.Fatal(err)
	}
	answered, err := reader.PutAnswer(t.Context(), late, askaround.Stars(4.5))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := answered.Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "the sum of what is followed moves", func() bool {
		q := shown(late)
		return q != nil && q.Summary.Answers == 1 && q.Summary.SumHalfStars == 9
	})
	if err := author.CloseQuestion(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	until(t, time.Minute, "a closed question is gone", func() bool { return shown(late) == nil })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
