package httpapi_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/askaround/askaround-go/askaround"
	"github.com/askaround/askaround-go/askaround/httpapi"
)

const systemTopic = "askaround/v1/system"

// notice is a message with a number in it.
func notice(n int) []byte { return fmt.Appendf(nil, `{"type":"notice","text":"%d"}`, n) }

func publish(t testing.TB, e *httpapi.Events, topic string, payload []byte) {
	t.Helper()
	if err := e.Publish(t.Context(), topic, payload); err != nil {
		t.Fatal(err)
	}
}

// An sse is one event, or only an id.
type sse struct{ id, event, data string }

// streaming is a client of GET /events over a socket.
type streaming struct {
	response *http.Response
	lines    *bufio.Scanner
	cancel   func()
}

// stream connects with alice's token and returns once the server has answered.
func (f *fixture) stream(t testing.TB, server *httptest.Server, query, lastID string) *streaming {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+f.token)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	response, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return &streaming{response, bufio.NewScanner(response.Body), cancel}
}

// next reads up to the next empty line; ok is false at the end.
func (s *streaming) next() (e sse, ok bool) {
	for s.lines.Scan() {
		name, value, _ := strings.Cut(s.lines.Text(), ": ")
		switch name {
		case "id":
			e.id = value
		case "event":
			e.event = value
		case "data":
			e.data = value
		case "":
			return e, true
		}
	}
	return e, false
}

// event skips what is only an id.
func (s *streaming) event(t testing.TB) sse {
	t.Helper()
	for {
		e, ok := s.next()
		if !ok {
			t.Fatalf("the stream ended: %v", s.lines.Err())
		}
		if e.event != "" {
			return e
		}
	}
}

func eventsFixture(t testing.TB) (*fixture, *httpapi.Events, *httptest.Server) {
	t.Helper()
	events := httpapi.NewEvents()
	f := newFixture(t, func(o *httpapi.Options) { o.Events = events })
	server := f.serve(t)
	t.Cleanup(events.Close) // before the server closes, which waits for its streams
	return f, events, server
}

// TestEventsCarryWhatTheCallerMayHear sends to each kind of topic.
func TestEventsCarryWhatTheCallerMayHear(t *testing.T) {
	f, events, server := eventsFixture(t)
	account := string(askaround.AccountFor(f.issuer.URL, "alice"))
	stranger := string(askaround.AccountFor(f.issuer.URL, "bob"))
	s := f.stream(t, server, "?lat=40.7&lng=-74&questions="+someQuestion, "")
	if _, ok := s.next(); !ok || s.response.StatusCode != 200 || s.response.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %v", s.response.StatusCode, s.response.Header)
	}
	cells, err := askaround.LiveTopics(askaround.Location{Lat: 40.7, Lng: -74}, askaround.DefaultRadius)
	if err != nil {
		t.Fatal(err)
	}
	other := someQuestion[:len(someQuestion)-1] + "h"
	sent := []struct {
		topic string
		mine  bool
	}{
		{"askaround/v1/account/" + account, true},
		{"askaround/v1/account/" + stranger, false},
		{systemTopic, true},
		{cells[0].String(), true},
		{"askaround/v1/geo/000001", false},
		{"askaround/v1/question/" + someQuestion, true},
		{"askaround/v1/question/" + other, false},
		{systemTopic, true}, // the last
	}
	for i, m := range sent {
		publish(t, events, m.topic, notice(i))
	}
	for i, m := range sent {
		if !m.mine {
			continue
		}
		if got := s.event(t); got.event != "notice" || got.data != string(notice(i)) {
			t.Errorf("%s: got %+v", m.topic, got)
		}
	}
}

// TestEventsResume breaks off after each event and goes on: all arrive, in order, once.
func TestEventsResume(t *testing.T) {
	f, events, server := eventsFixture(t)
	s := f.stream(t, server, "", "")
	start, _ := s.next() // an id to resume from
	const n = 20
	for i := range n {
		publish(t, events, systemTopic, notice(i))
		publish(t, events, "askaround/v1/geo/000001", notice(-1)) // for somebody else
	}
	last := start.id
	for i := range n {
		s.cancel()
		s = f.stream(t, server, "", last)
		got := s.event(t)
		if got.data != string(notice(i)) {
			t.Fatalf("after %s: %+v, want %d", last, got, i)
		}
		last = got.id
	}
}

// TestEventsForgotten: who comes back too late, from another process or with nonsense is
// told to read again.
func TestEventsForgotten(t *testing.T) {
	f, events, server := eventsFixture(t)
	s := f.stream(t, server, "", "")
	early, _ := s.next()
	s.cancel()
	for i := range 5000 {
		publish(t, events, systemTopic, notice(i))
	}
	epoch, _, _ := strings.Cut(early.id, "-")
	for why, id := range map[string]string{
		"too late":           early.id,
		"of another process": "0123456789abcdef-5000",
		"from the future":    epoch + "-5001",
		"no number":          epoch + "-x",
		"nonsense":           "x",
	} {
		s := f.stream(t, server, "", id)
		if got := s.event(t); got.event != "reset" || got.data != "{}" || got.id != epoch+"-5000" {
			t.Errorf("%s: %+v", why, got)
		}
		s.cancel()
	}
	if got := f.stream(t, server, "", epoch+"-4999").event(t); got.data != string(notice(4999)) {
		t.Errorf("one behind: %+v", got)
	}
}

// TestEventsEnd: with the token, with the source, and with the client.
func TestEventsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := httpapi.NewEvents()
		known := &staticVerifier{httpapi.Identity{Account: "06d7k2m4n5p6q7r8s9tabcdefg", Expires: time.Now().Add(time.Minute)}}
		handler, err := httpapi.New(newFake(), known, func(o *httpapi.Options) { o.Events = events })
		if err != nil {
			t.Fatal(err)
		}
		open := func(ctx context.Context) time.Duration {
			r := httptest.NewRequestWithContext(ctx, "GET", "/events", nil)
			r.Header.Set("Authorization", "Bearer x")
			w := httptest.NewRecorder()
			start := time.Now()
			handler.ServeHTTP(w, r)
			if w.Code != 200 {
				t.Errorf("%d %s", w.Code, w.Body)
			}
			took := time.Since(start)
			if beats := strings.Count(w.Body.String(), "id: "); beats != 1+int(took/(15*time.Second)) {
				t.Errorf("%d ids in %v", beats, took)
			}
			return took
		}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
		defer cancel()
		if took := open(ctx); took != 40*time.Second {
			t.Errorf("the client went after %v", took)
		}
		if took := open(t.Context()); took != 20*time.Second {
			t.Errorf("the token expired after %v", took)
		}
		known.identity.Expires = time.Now().Add(time.Hour)
		events.Close()
		events.Close()
		if took := open(t.Context()); took != 0 {
			t.Errorf("the source was closed, and the stream lasted %v", took)
		}
		if err := events.Publish(t.Context(), systemTopic, notice(1)); err != nil {
			t.Errorf("published to nobody: %v", err)
		}
	})
}

// TestEventsRefused are requests for streams that cannot be.
func TestEventsRefused(t *testing.T) {
	f, events, server := eventsFixture(t)
	for query, status := range map[string]int{
		"?lat=1": 400, "?lng=1": 400, "?radius=5": 400, "?lat=1&lng=1&radius=16094": 400, "?lat=1&lng=1&radius=0.5": 400,
		"?questions=": 400, "?questions=x": 400, "?questions=" + someQuestion + ",": 400, "?questions=" + someQuestion + "&questions=" + someQuestion: 400,
		"?questions=" + strings.Repeat(someQuestion+",", 100) + someQuestion: 400, "?topic=x": 400,
	} {
		if response, body := f.do(t, f.request("GET", "/events"+query, "")); response.StatusCode != status {
			t.Errorf("%s: %d %s", query, response.StatusCode, body)
		}
	}
	r := f.request("GET", "/events", "")
	r.Header.Set("Accept", "application/json")
	if response, _ := f.do(t, r); response.StatusCode != 406 {
		t.Errorf("JSON: %d", response.StatusCode)
	}
	if response, _ := over(t, server, f.request("HEAD", "/events", "")); response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("HEAD: %d", response.StatusCode)
	}
	var open []*streaming
	for range 10 {
		open = append(open, f.stream(t, server, "", ""))
	}
	if response, _ := f.do(t, f.request("GET", "/events", "")); response.StatusCode != 429 || response.Header.Get("Retry-After") == "" {
		t.Errorf("an eleventh stream: %d", response.StatusCode)
	}
	alice := f.token
	f.token = f.issuer.token(t, "bob", nil)
	if s := f.stream(t, server, "", ""); s.response.StatusCode != 200 {
		t.Errorf("another account: %d", s.response.StatusCode)
	}
	f.token = alice
	events.Close()
	for _, s := range open {
		for _, ok := s.next(); ok; _, ok = s.next() {
		}
	}
	for _, payload := range []string{"", "x", "[]", `{"text":"no type"}`, `{"type":""}`, `{"type":"a\nb"}`, `{"type":7}`} {
		if err := events.Publish(t.Context(), systemTopic, []byte(payload)); err == nil {
			t.Errorf("%q was published", payload)
		}
	}
	none := newFixture(t)
	if response, _ := none.do(t, none.request("GET", "/events", "")); response.StatusCode != 404 {
		t.Errorf("no source: %d", response.StatusCode)
	}
}

// TestEventsUnderLoad: several publishers, several readers; each reader gets each message
// of the system topic once and in the order of its publisher.
func TestEventsUnderLoad(t *testing.T) {
	f, events, server := eventsFixture(t)
	const publishers, readers, each = 4, 5, 200
	var reading, publishing sync.WaitGroup
	for range readers {
		s := f.stream(t, server, "", "")
		s.next()
		reading.Go(func() {
			next := make([]int, publishers)
			for range publishers * each {
				e, ok := s.next()
				for ok && e.event == "" {
					e, ok = s.next()
				}
				var p, i int
				if _, err := fmt.Sscanf(e.data, `{"type":"notice","text":"%d/%d"}`, &p, &i); err != nil || !ok || next[p] != i {
					t.Errorf("%+v: want %d of %d: %v", e, next[p], p, err)
					return
				}
				next[p]++
			}
		})
	}
	for p := range publishers {
		publishing.Go(func() {
			for i := range each {
				if err := events.Publish(context.Background(), systemTopic, fmt.Appendf(nil, `{"type":"notice","text":"%d/%d"}`, p, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	publishing.Wait()
	reading.Wait()
}
