package askaround_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/api/askaround"
)

// A town is a server that does as little as the client needs.
type town struct {
	*httptest.Server
	mux *http.ServeMux

	mu       sync.Mutex
	requests []string
	keys     []string
	statuses map[string]askaround.OperationStatus // of operations
}

const operationID, questionID = "06d7k2m4n5p6q7r8s9tabcdefg", "89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg"

func newTown(t testing.TB) *town {
	t.Helper()
	s := &town{mux: http.NewServeMux(), statuses: map[string]askaround.OperationStatus{operationID: askaround.OperationStatusPending}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.URL.RequestURI())
		s.keys = append(s.keys, r.Header.Get("Idempotency-Key"))
		s.mu.Unlock()
		s.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	s.mux.HandleFunc("POST /questions", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "1")
		answer(w, http.StatusAccepted, s.operation(operationID))
	})
	s.mux.HandleFunc("GET /operations/{id}", func(w http.ResponseWriter, r *http.Request) {
		o := s.operation(r.PathValue("id"))
		if o.Status == "" {
			problem(w, http.StatusNotFound, askaround.ProblemTypeOperationNotFound, "")
			return
		}
		w.Header().Set("Retry-After", "1")
		answer(w, http.StatusOK, o)
	})
	return s
}

func (s *town) operation(id string) askaround.Operation {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := askaround.Operation{ID: id, Kind: askaround.OperationKindAsk, Status: s.statuses[id], Question: questionID}
	if o.Status == askaround.OperationStatusFailed {
		o.Failure = &askaround.Failure{Code: askaround.FailureCodeRejected, Detail: "Be kind."}
	}
	return o
}

func (s *town) set(id string, status askaround.OperationStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.statuses[id] = status
}

// seen are the requests so far that begin so.
func (s *town) seen(prefix string) (list []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if strings.HasPrefix(r, prefix) {
			list = append(list, r)
		}
	}
	return list
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func problem(w http.ResponseWriter, status int, kind askaround.ProblemType, more string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":%q,"title":"Wrong","status":%d%s}`, kind, status, more)
}

func (s *town) client(t testing.TB, optFns ...func(*askaround.Options)) *askaround.Client {
	t.Helper()
	optFns = append([]func(*askaround.Options){askaround.WithToken("t"), func(o *askaround.Options) { o.Backoff = time.Millisecond }}, optFns...)
	c, err := askaround.New(s.URL, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var view = askaround.NewQuestion{Text: "How is the view?", Kind: askaround.QuestionKindStar, Location: askaround.LatLng{Lat: 40.7, Lng: -74}}

// TestProblems: what a server, or something before it, refuses.
func TestProblems(t *testing.T) {
	const parts = `,"detail":"All of it.","errors":[{"pointer":"/text","detail":"is required"},{"parameter":"lat","detail":"must be at most 90"},{"header":"Accept","detail":"is odd"},{"detail":"and more"}]`
	for _, row := range []struct {
		why    string
		handle http.HandlerFunc
		want   string
		kind   error
		is     askaround.ProblemType
	}{
		{"with parts", func(w http.ResponseWriter, _ *http.Request) {
			problem(w, 422, askaround.ProblemTypeInvalidBody, parts)
		}, `422 Wrong: All of it.; "/text": is required; lat: must be at most 90; Accept: is odd; and more`, askaround.ErrInvalid, askaround.ProblemTypeInvalidBody},
		{"a key of another request", func(w http.ResponseWriter, _ *http.Request) {
			problem(w, 422, askaround.ProblemTypeIdempotencyKeyReused, "")
		}, "422 Wrong", askaround.ErrConflict, askaround.ProblemTypeIdempotencyKeyReused},
		{"too many, still", func(w http.ResponseWriter, _ *http.Request) {
			problem(w, 429, askaround.ProblemTypeTooManyRequests, "")
		}, "429 Wrong", askaround.ErrRateLimited, askaround.ProblemTypeTooManyRequests},
		{"an error page", func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "<h1>Bad gateway</h1>", http.StatusBadGateway)
		}, "502 Bad Gateway", askaround.ErrUnavailable, "about:blank"},
		{"a document that is cut off", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(403)
			_, _ = io.WriteString(w, `{"type":"urn:`)
		}, "403 Forbidden", askaround.ErrForbidden, "about:blank"},
	} {
		s := newTown(t)
		s.mux.HandleFunc("GET /account", row.handle)
		_, err := s.client(t).GetAccount(t.Context())
		var p *askaround.Problem
		if !errors.As(err, &p) || !errors.Is(err, row.kind) || p.Error() != row.want || p.Type != row.is || !strings.Contains(err.Error(), "get account") {
			t.Errorf("%s: %v", row.why, err)
		}
		for _, other := range []error{askaround.ErrInvalid, askaround.ErrUnauthorized, askaround.ErrForbidden, askaround.ErrNotFound, askaround.ErrConflict, askaround.ErrRateLimited, askaround.ErrUnavailable} {
			if other != row.kind && errors.Is(err, other) {
				t.Errorf("%s: is %v as well", row.why, other)
			}
		}
	}
}

// TestKeys: a call has one key, however often it is sent, and another call another.
func TestKeys(t *testing.T) {
	s := newTown(t)
	broken := 0
	s.mux.HandleFunc("PUT /questions/{id}/answer", func(w http.ResponseWriter, r *http.Request) {
		if broken++; broken%3 != 0 {
			panic(http.ErrAbortHandler)
		}
		answer(w, http.StatusAccepted, s.operation(operationID))
	})
	c := s.client(t)
	for range 2 {
		if _, err := c.PutAnswer(t.Context(), questionID, askaround.Stars(4.5)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.AskQuestion(t.Context(), view, askaround.Key("mine")); err != nil {
		t.Fatal(err)
	}
	k := s.keys
	if len(k) != 7 || k[0] == "" || k[0] != k[1] || k[1] != k[2] || k[3] == k[0] || k[3] != k[5] || k[6] != "mine" {
		t.Errorf("keys %q", k)
	}
}

// TestPages reads a list in pages, and no further than is wanted.
func TestPages(t *testing.T) {
	s := newTown(t)
	s.mux.HandleFunc("GET /questions", func(w http.ResponseWriter, r *http.Request) {
		switch r.FormValue("cursor") {
		case "":
			answer(w, 200, map[string]any{"items": []any{map[string]any{"id": "a"}, map[string]any{"id": "b"}}, "nextCursor": "x y"})
		case "x y":
			answer(w, 200, map[string]any{"items": []any{map[string]any{"id": "c"}}, "nextCursor": "end"})
		default:
			problem(w, 400, askaround.ProblemTypeInvalidCursor, "")
		}
	})
	var got []string
	var last error
	list := s.client(t).Questions(t.Context(), askaround.ListQuestionsParams{Lat: 1, Lng: 2, Limit: new(int32(2))})
	for q, err := range list {
		if last = err; err == nil {
			got = append(got, q.ID)
		}
	}
	if !slices.Equal(got, []string{"a", "b", "c"}) || !errors.Is(last, askaround.ErrInvalid) || len(s.seen("GET /questions")) != 3 {
		t.Errorf("%q %v %q", got, last, s.requests)
	}
	for range list { // once more from the beginning
		break
	}
	if again := s.seen("GET /questions"); len(again) != 4 || again[3] != again[0] {
		t.Errorf("%q", again)
	}
}

// TestWait: told, asked, failed, gone.
func TestWait(t *testing.T) {
	t.Run("asked, where nothing is told", func(t *testing.T) {
		t.Parallel()    // it waits
		s := newTown(t) // without events
		asked, err := s.client(t).AskQuestion(t.Context(), view)
		if err != nil || asked.Question != questionID {
			t.Fatal(asked, err)
		}
		s.set(operationID, askaround.OperationStatusSucceeded)
		if o, err := asked.Wait(t.Context()); err != nil || o.Status != askaround.OperationStatusSucceeded {
			t.Error(o, err)
		}
		if len(s.seen("GET /operations")) != 1 {
			t.Errorf("%q", s.requests)
		}
	})
	t.Run("failed", func(t *testing.T) {
		t.Parallel() // it waits
		s := newTown(t)
		s.set(operationID, askaround.OperationStatusFailed)
		o, err := s.client(t).Pending(operationID).Wait(t.Context())
		var failure *askaround.Failure
		if !errors.As(err, &failure) || failure.Code != askaround.FailureCodeRejected || o.Failure != failure || !strings.Contains(err.Error(), "Be kind.") {
			t.Error(o, err)
		}
	})
	t.Run("gone", func(t *testing.T) {
		t.Parallel() // it waits
		s := newTown(t)
		if _, err := s.client(t).Pending("none").Wait(t.Context()); !errors.Is(err, askaround.ErrNotFound) {
			t.Error(err)
		}
	})
	t.Run("the context ends", func(t *testing.T) {
		t.Parallel() // it waits
		s := newTown(t)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := s.client(t).Pending(operationID).Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
	})
}

// TestWaitEvents: an outcome that is told before anybody asks; one connection for all.
func TestWaitEvents(t *testing.T) {
	s := newTown(t)
	news := make(chan string)
	s.mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = io.WriteString(w, "id: start\n\n")
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case text := <-news:
				if text == "" {
					return
				}
				_, _ = io.WriteString(w, text)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			}
		}
	})
	const n = 20
	c := s.client(t)
	var wg sync.WaitGroup
	for i := range n {
		id := fmt.Sprintf("o%d", i)
		s.set(id, askaround.OperationStatusPending)
		wg.Go(func() {
			o, err := c.Pending(id).Wait(t.Context())
			if err != nil || o.ID != id || o.Status != askaround.OperationStatusSucceeded {
				t.Errorf("%s: %v %v", id, o, err)
			}
		})
	}
	// Who waits asks once when the connection has begun; from then on it is told.
	for deadline := time.Now().Add(time.Minute); len(s.seen("GET /operations/")) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not everybody waits")
		}
	}
	for i := range n {
		for range 2 { // an event may come twice
			news <- fmt.Sprintf("id: %d\nevent: operation\ndata: {\"type\":\"operation\",\"operation\":{\"id\":\"o%d\",\"kind\":\"ask\",\"status\":\"succeeded\"}}\n\n", i, i)
		}
		if i == n/2 {
			news <- "" // the connection ends, and another goes on
		}
	}
	wg.Wait()
	if opened := s.seen("GET /events"); len(opened) != 2 {
		t.Errorf("%d connections", len(opened))
	}
}

// A subscriber is an MQTT client of the test's.
type subscriber struct {
	topics chan string
	news   chan []byte
}

func (s subscriber) Subscribe(ctx context.Context, topic string, ready func(), receive func([]byte)) error {
	s.topics <- topic
	ready()
	for {
		select {
		case payload := <-s.news:
			receive(payload)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// TestWaitPush: the outcome by MQTT; other messages, and other operations, are not it.
func TestWaitPush(t *testing.T) {
	s := newTown(t)
	s.mux.HandleFunc("GET /account", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, askaround.Account{Topics: askaround.AccountTopics{Account: "my/topic"}})
	})
	push := subscriber{make(chan string, 1), make(chan []byte)}
	c := s.client(t, func(o *askaround.Options) { o.Push = push })
	done := make(chan error, 1)
	go func() {
		_, err := c.Pending(operationID).Wait(t.Context())
		done <- err
	}()
	if topic := <-push.topics; topic != "my/topic" {
		t.Errorf("subscribed to %q", topic)
	}
	for _, payload := range []string{"", "{}", `{"type":"notice","text":"x"}`,
		`{"type":"operation","operation":{"id":"another","status":"failed"}}`,
		`{"type":"operation","operation":{"id":"` + operationID + `","status":"pending"}}`,
		`{"type":"operation","operation":{"id":"` + operationID + `","status":"succeeded"}}`} {
		push.news <- []byte(payload)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	if len(s.seen("GET /events")) != 0 {
		t.Errorf("%q", s.requests)
	}
}

func TestEvents(t *testing.T) {
	s := newTown(t)
	s.mux.HandleFunc("GET /events", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		switch r.Header.Get("Last-Event-ID") {
		case "":
			_, _ = io.WriteString(w, "id: 1\nevent: notice\ndata: {\"type\":\"notice\",\"text\":\"Hello\"}\n\n")
		case "1":
			_, _ = io.WriteString(w, "id: 2\nevent: reset\ndata: {}\n\nevent: confetti\ndata: {\"type\":\"confetti\"}\n\n")
		default:
			w.Header().Del("Content-Type")
			problem(w, 403, askaround.ProblemTypeForbidden, "")
		}
	})
	var got []string
	for e, err := range s.client(t).Events(t.Context(), askaround.StreamEventsParams{Questions: &[]string{"q1", "q2"}}) {
		switch m, messageErr := e.Message(); {
		case err != nil:
			got = append(got, fmt.Sprint(errors.Is(err, askaround.ErrForbidden)))
		case messageErr != nil:
			got = append(got, e.Type)
		default:
			got = append(got, m.(askaround.NoticeMessage).Text)
		}
	}
	if !slices.Equal(got, []string{"Hello", askaround.EventReset, "confetti", "true"}) {
		t.Errorf("%q", got)
	}
	if r := s.seen("GET /events"); r[0] != "GET /events?questions=q1,q2" || len(r) != 3 {
		t.Errorf("%q", r)
	}
}

// TestRest calls what is called nowhere else.
func TestRest(t *testing.T) {
	s := newTown(t)
	for _, pattern := range []string{"POST /questions/{id}/close", "DELETE /questions/{id}", "PUT /questions/{id}/watch", "DELETE /questions/{id}/watch"} {
		first := true
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) {
			if first { // all of them may be repeated
				first = false
				problem(w, 503, askaround.ProblemTypeUnavailable, "")
				return
			}
			w.WriteHeader(http.StatusNoContent)
		})
	}
	s.mux.HandleFunc("GET /questions/{id}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, askaround.Question{ID: r.PathValue("id")})
	})
	s.mux.HandleFunc("DELETE /questions/{id}/answer", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 202, s.operation(operationID))
	})
	s.mux.HandleFunc("GET /questions/{id}/answer", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, askaround.Answer{Question: r.PathValue("id"), Stars: new(2.5)})
	})
	s.mux.HandleFunc("GET /watches", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, 200, askaround.WatchList{Items: []askaround.Watch{{Question: "q"}}})
	})
	s.mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		answer(w, 200, askaround.Live{Endpoints: []string{r.FormValue("lat")}})
	})
	c, ctx := s.client(t), t.Context()
	q, err := c.GetQuestion(ctx, questionID)
	a, err1 := c.GetAnswer(ctx, questionID)
	watches, err2 := c.ListWatches(ctx)
	live, err3 := c.GetLive(ctx, askaround.GetLiveParams{Lat: 40.5})
	gone, err4 := c.DeleteAnswer(ctx, questionID)
	o, err5 := c.GetOperation(ctx, operationID)
	if err := errors.Join(err, err1, err2, err3, err4, err5, c.CloseQuestion(ctx, questionID), c.DeleteQuestion(ctx, questionID), c.WatchQuestion(ctx, questionID), c.UnwatchQuestion(ctx, questionID)); err != nil {
		t.Fatal(err)
	}
	if q.ID != questionID || *a.Stars != 2.5 || watches[0].Question != "q" || live.Endpoints[0] != "40.5" || gone.ID != operationID || o.ID != operationID {
		t.Error(q, a, watches, live, gone, o)
	}
	if n := len(s.seen("POST")) + len(s.seen("PUT")) + len(s.seen("DELETE")); n != 9 {
		t.Errorf("%d writes", n)
	}
	if _, err := askaround.New("server"); !errors.Is(err, askaround.ErrOptions) {
		t.Error(err)
	}
	if p := askaround.Place(1, 2); p.Location.Lat != 1 || p.Location.Lng != 2 {
		t.Error(p)
	}
}
