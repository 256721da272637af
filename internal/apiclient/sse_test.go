package apiclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
)

// streams are texts of streams, and what is in them.
var streams = []struct {
	why, text string
	want      []Event
	lastID    string
}{
	{"an event", "id: 1\nevent: summary\ndata: {}\n\n", []Event{{"1", "summary", []byte("{}")}}, "1"},
	{"lines of data are joined", "data: a\ndata:\ndata:  b\n\n", []Event{{"", "message", []byte("a\n\n b")}}, ""},
	{"CR and CRLF end lines", "data: a\r\rdata: b\r\n\r\n", []Event{{"", "message", []byte("a")}, {"", "message", []byte("b")}}, ""},
	{"comments say nothing", ": hello\n\n:\n\ndata: a\n\n", []Event{{"", "message", []byte("a")}}, ""},
	{"an id without data moves on", "id: 7\n\ndata: a\n\n", []Event{{"7", "message", []byte("a")}}, "7"},
	{"an id without a value forgets", "id: 7\ndata: a\n\nid\ndata: b\n\n", []Event{{"7", "message", []byte("a")}, {"", "message", []byte("b")}}, ""},
	{"an id with a NUL is none", "id: 1\n\nid: 2\x00\ndata: a\n\n", []Event{{"1", "message", []byte("a")}}, "1"},
	{"a type without data is forgotten", "event: x\n\ndata: a\n\n", []Event{{"", "message", []byte("a")}}, ""},
	{"empty data is an event", "data\n\n", []Event{{"", "message", []byte{}}}, ""},
	{"what breaks off is dropped", "data: a\n\nid: 9\ndata: b\n", []Event{{"", "message", []byte("a")}}, ""},
	{"other fields are ignored", "date: a\nDATA: b\ndata: c\n\n", []Event{{"", "message", []byte("c")}}, ""},
	{"a byte order mark at the beginning", "\ufeffdata: a\n\n", []Event{{"", "message", []byte("a")}}, ""},
	{"a byte order mark later", "data: a\n\n\ufeffdata: b\n\n", []Event{{"", "message", []byte("a")}}, ""},
	{"only one space is taken away", "data:  a\n\n", []Event{{"", "message", []byte(" a")}}, ""},
}

func events(t testing.TB, r *EventReader) []Event {
	t.Helper()
	var list []Event
	for {
		event, err := r.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, event)
	}
}

func TestEventReader(t *testing.T) {
	for _, row := range streams {
		for _, r := range []io.Reader{strings.NewReader(row.text), iotest.OneByteReader(strings.NewReader(row.text))} {
			reader := NewEventReader(r, "")
			if diff := cmp.Diff(row.want, events(t, reader), cmp.Transformer("text", func(b []byte) string { return string(b) })); diff != "" || reader.LastID != row.lastID {
				t.Errorf("%s: %s, last id %q", row.why, diff, reader.LastID)
			}
		}
	}
	reader := NewEventReader(strings.NewReader("retry: 1500\n\nretry: 1.5\n\nretry: -1\n\n"), "")
	if events(t, reader); reader.Retry != 1500*time.Millisecond {
		t.Errorf("retry %v", reader.Retry)
	}
	if _, err := NewEventReader(io.MultiReader(strings.NewReader("data: "), zeros{}), "").Next(); !errors.Is(err, ErrEventTooLong) {
		t.Error(err)
	}
}

// parse.mjs reads streams from standard input, a list of texts, with the npm package
// eventsource-parser, and writes the events of each.
const parseProgram = `import { createParser } from %q;
process.stdin.setEncoding("utf8"); // characters may lie across two chunks
let input = "";
for await (const chunk of process.stdin) input += chunk;
console.log(JSON.stringify(JSON.parse(input).map((text) => {
  const events = [];
  const parser = createParser({ onEvent: (e) => events.push({ Type: e.event ?? "message", Data: e.data }) });
  parser.feed(text);
  return events;
})));`

// TestEventReaderAgrees compares with a reader that nobody here wrote.
func TestEventReaderAgrees(t *testing.T) {
	node := foreign.Need(t, "node")
	library, err := filepath.Abs(foreign.NeedPackage(t, "../../api", "eventsource-parser/dist/index.js"))
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	texts := make([]string, 2000)
	for i := range texts {
		texts[i] = randomStream(r)
	}
	input, err := json.Marshal(texts)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), node, "--input-type=module", "-e", fmt.Sprintf(parseProgram, library))
	command.Stdin = bytes.NewReader(input)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var want [][]struct{ Type, Data string }
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatal(err)
	}
	for i, text := range texts {
		var got []struct{ Type, Data string }
		for _, e := range events(t, NewEventReader(strings.NewReader(text), "")) {
			got = append(got, struct{ Type, Data string }{e.Type, string(e.Data)})
		}
		if !slices.Equal(got, want[i]) {
			t.Fatalf("seed %d: %q: %q, the library says %q", seed, text, got, want[i])
		}
	}
}

// randomStream puts together what streams are made of, and what they are not.
func randomStream(r *rand.Rand) string {
	end := []string{"\n", "\r\n", "\r"}[r.IntN(3)]
	var b strings.Builder
	for range r.IntN(12) {
		b.WriteString([]string{"data: a", "data:b", "data", "data:  c", "event: x", "event", "id: 1", "id", "retry: 5", ": note", "", "", "", "other: y", "data: é:z"}[r.IntN(15)])
		b.WriteString(end)
	}
	return b.String() + "data: last" + end + end
}

func FuzzEventReader(f *testing.F) {
	for _, row := range streams {
		f.Add([]byte(row.text), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		whole := NewEventReader(bytes.NewReader(text), "")
		want := events(t, whole)
		// However it arrives, and written anew, it says the same.
		at = max(0, min(at, len(text)))
		parts := NewEventReader(io.MultiReader(bytes.NewReader(text[:at]), bytes.NewReader(text[at:])), "")
		if diff := cmp.Diff(want, events(t, parts)); diff != "" {
			t.Fatal(diff)
		}
		var again bytes.Buffer
		for _, e := range want {
			fmt.Fprintf(&again, "id: %s\nevent: %s\n", e.ID, e.Type)
			for line := range strings.SplitSeq(string(e.Data), "\n") {
				fmt.Fprintf(&again, "data: %s\n", line)
			}
			again.WriteString("\n")
		}
		if diff := cmp.Diff(want, events(t, NewEventReader(&again, ""))); diff != "" {
			t.Fatal(diff)
		}
	})
}

// feed answers with streams of events, and notes what each was to resume after.
type feed struct {
	parts   []string // of one connection each; "" refuses for now
	resumed []string
}

func (f *feed) open(t *Transport) Stream {
	return Stream{Open: func(ctx context.Context, lastID string) (*http.Response, error) {
		f.resumed = append(f.resumed, lastID)
		n := len(f.resumed) - 1
		if n >= len(f.parts) {
			return nil, errBroken
		}
		return &http.Response{Body: io.NopCloser(strings.NewReader(f.parts[n]))}, nil
	}}
}

func TestFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, err := NewTransport("http://x", Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := &feed{parts: []string{"id: 1\ndata: a\n\nid: 2\n\n", "id: 3\ndata: b\n\ndata: cut", "data: c\n\n"}}
		var got []string
		stream := f.open(transport)
		var opened []bool
		stream.Opened = func(resumed bool) { opened = append(opened, resumed) }
		err = transport.Follow(t.Context(), stream, func(e Event) bool { got = append(got, string(e.Data)); return true })
		if !errors.Is(err, errBroken) || !slices.Equal(got, []string{"a", "b", "c"}) || !slices.Equal(f.resumed, []string{"", "2", "3", "3"}) || !slices.Equal(opened, []bool{false, true, true}) {
			t.Errorf("%v %q, resumed after %q, opened %v", err, got, f.resumed, opened)
		}

		f = &feed{parts: []string{"", "", "", "", "", ""}}
		if err = transport.Follow(t.Context(), f.open(transport), nil); !errors.Is(err, io.EOF) || len(f.resumed) != DefaultAttempts {
			t.Errorf("streams without a word: %v after %d", err, len(f.resumed))
		}

		f = &feed{parts: []string{"data: a\n\ndata: b\n\n"}}
		if err = transport.Follow(t.Context(), f.open(transport), func(Event) bool { return false }); err != nil || len(f.resumed) != 1 {
			t.Errorf("a reader that has enough: %v", err)
		}
	})
}

// TestFollowSilence: a connection that says nothing at all is given up.
func TestFollowSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transport, err := NewTransport("http://x", Options{})
		if err != nil {
			t.Fatal(err)
		}
		began, n := time.Now(), 0
		err = transport.Follow(t.Context(), Stream{Open: func(context.Context, string) (*http.Response, error) {
			if n++; n > 1 {
				return nil, errBroken
			}
			r, w := io.Pipe()
			go func() {
				time.Sleep(Silence - time.Second)
				_, _ = io.WriteString(w, ":\n")
			}()
			return &http.Response{Body: r}, nil
		}}, func(Event) bool { return true })
		if waited := time.Since(began); !errors.Is(err, errBroken) || waited < 2*Silence-time.Second || waited > 2*Silence {
			t.Errorf("%v after %v", err, waited)
		}
	})
}

func TestPages(t *testing.T) {
	one, two := "1", "2"
	pages := map[string]struct {
		items []int
		next  *string
	}{"": {[]int{1, 2}, &one}, "1": {nil, &two}, "2": {[]int{3}, nil}}
	reads := 0
	read := func(cursor *string) ([]int, *string, error) {
		reads++
		at := ""
		if cursor != nil {
			at = *cursor
		}
		return pages[at].items, pages[at].next, nil
	}
	var got []int
	for n, err := range Pages(read) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, n)
	}
	if !slices.Equal(got, []int{1, 2, 3}) || reads != 3 {
		t.Errorf("%v in %d reads", got, reads)
	}
	for n := range Pages(read) {
		if n == 2 {
			break
		}
	}
	if reads != 4 {
		t.Errorf("a page was read that nobody wanted: %d reads", reads)
	}
	errs := 0
	for _, err := range Pages(func(*string) ([]int, *string, error) { return nil, nil, errBroken }) {
		if errors.Is(err, errBroken) {
			errs++
		}
	}
	if errs != 1 {
		t.Errorf("%d errors", errs)
	}
}
