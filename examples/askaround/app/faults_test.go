package app

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/askaround/askaround-go/api/askaround"
)

// A badNetwork loses requests and responses, sends requests twice, and has something on the
// way that is overloaded.
type badNetwork struct {
	next http.RoundTripper

	mu     sync.Mutex
	random *rand.Rand

	lostRequests, lostResponses, duplicates, refusals atomic.Int64
}

var errLost = errors.New("the network lost it")

func (n *badNetwork) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	send := func() (*http.Response, error) {
		again := r.Clone(r.Context())
		again.Body = io.NopCloser(bytes.NewReader(body))
		return n.next.RoundTrip(again)
	}
	n.mu.Lock()
	fault := n.random.IntN(100)
	n.mu.Unlock()
	switch {
	case fault < 10:
		n.lostRequests.Add(1)
		return nil, errLost
	case fault < 20:
		n.lostResponses.Add(1)
		response, err := send()
		if err == nil {
			err = errors.Join(errLost, response.Body.Close())
		}
		return nil, err
	case fault < 30: // at the same moment
		n.duplicates.Add(1)
		var wg sync.WaitGroup
		wg.Go(func() {
			if response, err := send(); err == nil {
				response.Body.Close()
			}
		})
		defer wg.Wait()
		return send()
	case fault < 40:
		n.refusals.Add(1)
		return &http.Response{StatusCode: []int{429, 502, 503}[fault%3], Header: http.Header{"Retry-After": {"0"}}, Body: http.NoBody, Request: r}, nil
	}
	return send()
}

// posts is the number in the slow suite, a fiftieth of it otherwise.
func posts() int {
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		return 10_000
	}
	return 200
}

// The questions are asked in some towns, whose lists do not meet.
const towns = 20

func latitude(i int) float64 { return 40 + float64(i%towns) }

// TestEveryPostOnce posts questions through a network that loses and repeats: each is there
// in the end, once.
func TestEveryPostOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("hundreds of requests")
	}
	a := start(t, Config{})
	token, err := a.Token("ann")
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	network := &badNetwork{next: transport, random: rand.New(rand.NewPCG(seed, 0))}
	client, err := askaround.New(a.URL(), askaround.WithToken(token), func(o *askaround.Options) {
		o.HTTPClient = &http.Client{Transport: network}
		o.Attempts, o.Backoff = 20, time.Millisecond // 0.3 to the 20th: none is given up
		o.AttemptTimeout = time.Minute
	})
	if err != nil {
		t.Fatal(err)
	}
	n := posts()
	ids := make([]string, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				asked, err := client.AskQuestion(t.Context(), askaround.NewQuestion{Text: fmt.Sprint("question ", i),
					Kind: askaround.QuestionKindStar, Location: askaround.LatLng{Lat: latitude(int(i)), Lng: -0.1}})
				if err != nil {
					t.Errorf("seed %d: question %d: %v", seed, i, err)
					return
				}
				ids[i] = asked.Question
			}
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	until(t, 5*time.Minute, "everything processed", a.Idle)

	reader, _ := as(t, a, "bob")
	texts := map[string]string{} // by id
	for i := range towns {
		for q, err := range reader.Questions(t.Context(), askaround.ListQuestionsParams{Lat: latitude(i), Lng: -0.1, Limit: new(int32(100))}) {
			if err != nil {
				t.Fatal(err)
			}
			if texts[q.ID] != "" {
				t.Errorf("%s is listed twice", q.ID)
			}
			texts[q.ID] = q.Text
		}
	}
	for i, id := range ids {
		if want := fmt.Sprint("question ", i); texts[id] != want {
			t.Errorf("seed %d: %s is %q, want %q", seed, id, texts[id], want)
		}
	}
	if len(texts) != n {
		t.Errorf("seed %d: %d posts made %d questions", seed, n, len(texts))
	}
	if lost := network.lostResponses.Load(); lost == 0 || network.duplicates.Load() == 0 || network.lostRequests.Load() == 0 || network.refusals.Load() == 0 {
		t.Error("the network was good")
	}
	t.Logf("%d posts made %d questions; %d requests lost, %d responses lost, %d sent twice, %d refused", n, len(texts),
		network.lostRequests.Load(), network.lostResponses.Load(), network.duplicates.Load(), network.refusals.Load())
}
