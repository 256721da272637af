package app

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	domain "github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/examples/askaround/places"
	"github.com/askaround/askaround-go/geoindex"
)

// TestStopWithWorkLeft stops an App that has no time to drain: the calls in hand end in
// order, with stores and broker still there, and what is left waits for the next start.
func TestStopWithWorkLeft(t *testing.T) {
	records, err := places.Bundled()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var log lockedBuffer
	config := Config{Dir: dir, Drain: time.Nanosecond, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	a, err := Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	running, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(running) }()
	questions := func(yield func(places.Record, error) bool) {
		for _, r := range records {
			if r.Answers = nil; !yield(r, nil) {
				return
			}
		}
	}
	if err := a.Import(t.Context(), questions, func() {}, nil); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if text := log.String(); text != "" {
		t.Errorf("told on the way out:\n%s", text)
	}

	a = start(t, Config{Dir: dir})
	client, _ := as(t, a, "ann")
	want := 0 // around the place where list looks
	for _, r := range records {
		if r.Location.LatLng().Distance(geoindex.LatLng{Lat: 51.5, Lng: -0.1}) <= domain.DefaultRadius {
			want++
		}
	}
	until(t, time.Minute, "every question listed", func() bool { return len(list(t, client)) == want })
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
