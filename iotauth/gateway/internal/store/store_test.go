package store

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/google/go-cmp/cmp"
)

func TestWhatIsToldIsFound(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, at(begin))
	load(t, s)
	full := &mqtt.Message{Topic: "a/b", Payload: []byte("payload"), QoS: 1, Retain: true, PayloadFormatUTF8: true,
		ContentType: "text/plain", ResponseTopic: "answer", CorrelationData: []byte{}, UserProperties: [][2]string{{"k", "v"}, {"k", ""}}, Expiry: time.Minute}
	bare := &mqtt.Message{Topic: "b"}
	s.PutSession(persistent("one"))
	s.PutSession(persistent("two"))
	s.PutMessage(7, full)
	s.Enqueue("one", mqtt.Queued{Number: 1, Message: 7, Expires: begin.Add(time.Minute)})
	s.Enqueue("two", waiting(5, 7))
	s.PutMessage(8, bare)
	s.Enqueue("one", waiting(2, 8))
	s.PutRetained("a/b", full, begin)
	s.PutRetained("gone", full, begin)
	wait(t, s, s.PutRetained("gone", nil, begin))
	_, got := reopen(t, s, dir, at(begin))
	want := &contents{
		Sessions: map[string]mqtt.SessionRecord{"one": persistent("one"), "two": persistent("two")},
		Queues:   map[string][]mqtt.Queued{"one": {{Number: 1, Message: 7, Expires: begin.Add(time.Minute)}, waiting(2, 8)}, "two": {waiting(5, 7)}},
		Messages: map[mqtt.MessageID]*mqtt.Message{7: full, 8: bare},
		Retained: map[string]published{"a/b": {full, begin}},
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A message lives as long as a session waits for it: in memory, on disk, after a restart.
func TestMessagesAreDroppedWithTheirLastSession(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, at(begin))
	load(t, s)
	for _, id := range []string{"one", "two", "deleted"} {
		s.PutSession(persistent(id))
	}
	message := &mqtt.Message{Topic: "a", Payload: []byte("x"), QoS: 1}
	s.PutMessage(1, message)
	for _, id := range []string{"one", "two", "deleted"} {
		s.Enqueue(id, waiting(1, 1))
	}
	s.ReleaseMessage(1)
	s.ReleaseMessage(1)      // again, which is nothing
	s.PutMessage(2, message) // and then the process dies, before anything was queued
	s.Dequeue("one", 1)
	s.Dequeue("one", 1) // again, which is nothing
	s.DeleteSession("deleted")
	if held := s.state.messages[1]; held == nil || held.held != 1 {
		t.Errorf("message 1: %+v, want one session to hold it", held)
	}
	if s.state.messages[2] == nil {
		t.Error("message 2 is gone before it was released")
	}
	s, got := reopen(t, s, dir, at(begin))
	if len(got.Messages) != 1 || got.Messages[1] == nil {
		t.Errorf("found messages %v, want the first", got.Messages)
	}
	s.Dequeue("two", 1)
	if len(s.state.messages) != 0 {
		t.Errorf("%d messages are held and nobody waits", len(s.state.messages))
	}
	s.PutMessage(3, message)
	if s.ReleaseMessage(3); len(s.state.messages) != 0 {
		t.Error("a message that nobody was to get is held")
	}
	if _, got = reopen(t, s, dir, at(begin)); len(got.Messages) != 0 {
		t.Errorf("found %d messages and nobody waits", len(got.Messages))
	}
}

func TestLoadDropsWhatHasExpired(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, at(begin))
	load(t, s)
	message := &mqtt.Message{Topic: "a", QoS: 1}
	s.PutMessage(1, message)
	s.PutMessage(2, message)
	for clientID, ends := range map[string]time.Time{"kept": begin.Add(2 * time.Hour), "over": begin.Add(time.Hour), "will": begin, "connected": {}} {
		r := persistent(clientID)
		r.Ends = ends
		if clientID == "will" { // the broker publishes it, and ends the session
			r.Will, r.WillAt = message, begin
		}
		s.PutSession(r)
		s.Enqueue(clientID, mqtt.Queued{Number: 1, Message: 1, Expires: begin.Add(time.Hour)})
		s.Enqueue(clientID, mqtt.Queued{Number: 2, Message: 2, Expires: begin.Add(3 * time.Hour)})
	}
	s.PutRetained("a", message, begin)
	s.PutRetained("over", &mqtt.Message{Topic: "over", Expiry: time.Hour}, begin)
	later := begin.Add(time.Hour)
	s, got := reopen(t, s, dir, at(later))
	connected := persistent("connected")
	connected.Ends = time.Time{}
	will := persistent("will")
	will.Ends, will.Will, will.WillAt = begin, message, begin
	kept := persistent("kept")
	kept.Ends = begin.Add(2 * time.Hour)
	second := []mqtt.Queued{{Number: 2, Message: 2, Expires: begin.Add(3 * time.Hour)}}
	want := &contents{
		Sessions: map[string]mqtt.SessionRecord{"kept": kept, "connected": connected, "will": will},
		Queues:   map[string][]mqtt.Queued{"kept": second, "connected": second, "will": second},
		Messages: map[mqtt.MessageID]*mqtt.Message{2: message},
		Retained: map[string]published{"a": {message, begin}},
	}
	if diff := cmp.Diff(want, got, same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// And it is dropped for good, whatever the clock says.
	if _, got = reopen(t, s, dir, at(begin)); !cmp.Equal(want, got, same) {
		t.Errorf("again (-want +got):\n%s", cmp.Diff(want, got, same))
	}
}

// A session that is put again keeps its queue; one that is deleted first does not.
func TestPutSessionLeavesTheQueue(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, at(begin))
	load(t, s)
	for _, id := range []string{"kept", "anew"} {
		s.PutSession(persistent(id))
		s.PutMessage(1, &mqtt.Message{Topic: "a"})
		s.Enqueue(id, waiting(1, 1))
	}
	s.DeleteSession("anew")
	for _, id := range []string{"kept", "anew"} {
		s.PutSession(persistent(id))
	}
	_, got := reopen(t, s, dir, at(begin))
	if diff := cmp.Diff(map[string][]mqtt.Queued{"kept": {waiting(1, 1)}}, got.Queues, same); diff != "" {
		t.Errorf("queues (-want +got):\n%s", diff)
	}
	if len(got.Sessions) != 2 {
		t.Errorf("sessions %v, want both", got.Sessions)
	}
}

func TestDequeueReachesTheDiskInTime(t *testing.T) {
	for name, then := range map[string]func(t *testing.T, s *Store, p mqtt.Position){
		"when it is waited for":    func(t *testing.T, s *Store, p mqtt.Position) { wait(t, s, p) },
		"with what is hurried":     func(t *testing.T, s *Store, _ mqtt.Position) { wait(t, s, s.PutSession(persistent("two"))) },
		"with a publication":       func(_ *testing.T, s *Store, _ mqtt.Position) { s.PutMessage(2, &mqtt.Message{}); s.ReleaseMessage(2) },
		"soon":                     func(t *testing.T, s *Store, _ mqtt.Position) { waitForFlush(t, s) },
		"when the store is closed": func(t *testing.T, s *Store, _ mqtt.Position) { closeStore(t, s) },
		"when too many others follow": func(_ *testing.T, s *Store, _ mqtt.Position) {
			for n := range uint64(lazyMax - 1) {
				s.Dequeue("one", n+2)
			}
		},
		"when it would be too much": func(_ *testing.T, s *Store, _ mqtt.Position) {
			s.PutMessage(2, &mqtt.Message{Payload: make([]byte, lazyBytes)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, at(begin))
			load(t, s)
			s.PutSession(persistent("one"))
			s.PutMessage(1, &mqtt.Message{Topic: "a"})
			for n := range uint64(lazyMax) {
				s.Enqueue("one", waiting(n+1, 1))
			}
			s.ReleaseMessage(1)
			p := s.Dequeue("one", 1)
			if n := len(s.lazy.ends); n != 1 {
				t.Fatalf("%d wait, want 1", n)
			}
			then(t, s, p)
			if n := len(s.lazy.ends); n != 0 {
				t.Errorf("%d still wait", n)
			}
			wait(t, s, mqtt.Position(s.last))
		})
	}
}

func waitForFlush(t *testing.T, s *Store) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		s.mu.Lock()
		count := len(s.lazy.ends)
		s.mu.Unlock()
		if count == 0 {
			return
		}
	}
	t.Fatal("not flushed after ten seconds")
}

func TestMisuse(t *testing.T) {
	t.Run("no directory", func(t *testing.T) {
		if _, err := Open(""); err == nil {
			t.Error("opened")
		}
	})
	t.Run("a directory in use", func(t *testing.T) {
		dir := t.TempDir()
		open(t, dir)
		if _, err := Open(dir); !errors.Is(err, journal.ErrLocked) {
			t.Errorf("Open: %v", err)
		}
	})
	t.Run("told before it was loaded", func(t *testing.T) {
		s := open(t, t.TempDir())
		if err := s.Wait(t.Context(), s.PutSession(persistent("one"))); !errors.Is(err, journal.ErrReplay) {
			t.Errorf("Wait: %v", err)
		}
	})
	t.Run("a message that nobody put", func(t *testing.T) {
		s := open(t, t.TempDir())
		load(t, s)
		s.PutSession(persistent("one"))
		if err := s.Wait(t.Context(), s.Enqueue("one", waiting(1, 9))); !errors.Is(err, ErrUnheld) {
			t.Errorf("Wait: %v", err)
		}
	})
	t.Run("nothing to wait for", func(t *testing.T) {
		s := open(t, t.TempDir())
		if err := s.Wait(t.Context(), 0); err != nil {
			t.Error(err)
		}
	})
}

// What was and is no more costs nothing: neither memory nor, after compaction, disk.
func TestNothingIsKeptOfWhatWas(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, compactBytes(64<<10))
	load(t, s)
	s.PutSession(persistent("one"))
	payload := make([]byte, 1<<10)
	var p mqtt.Position
	for n := uint64(1); n <= 5000; n++ {
		s.PutMessage(mqtt.MessageID(n), &mqtt.Message{Topic: "a", Payload: payload, QoS: 1})
		p = s.Enqueue("one", waiting(n, mqtt.MessageID(n)))
		s.ReleaseMessage(mqtt.MessageID(n))
		if n > 50 {
			p = s.Dequeue("one", n-50)
		}
		if n%50 == 0 {
			wait(t, s, p)
		}
	}
	if got := len(s.state.messages); got != 50 {
		t.Errorf("%d messages in memory, want 50", got)
	}
	if got := cap(s.state.sessions["one"].queue); got > 400 {
		t.Errorf("a queue of 50 has room for %d", got)
	}
	if err := s.log.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if size := diskUse(t, dir); size > 100<<10 {
		t.Errorf("%d bytes on disk for 50 messages of 1 KiB", size)
	}
	if _, got := reopen(t, s, dir); len(got.Queues["one"]) != 50 {
		t.Errorf("found %d, want 50", len(got.Queues["one"]))
	}
}

func diskUse(t *testing.T, dir string) (size int64) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

func TestQueueKeepsItsOrder(t *testing.T) {
	var q queue
	for _, n := range []uint64{3, 5, 4, 9, 1, 5} {
		q.put(entry{number: n, id: mqtt.MessageID(n)})
	}
	for _, n := range []uint64{9, 3, 7} {
		q.remove(n)
	}
	want := []uint64{1, 4, 5}
	var got []uint64
	for _, e := range q {
		got = append(got, e.number)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, n := range want {
		if e, found := q.remove(n); !found || e.number != n {
			t.Errorf("remove(%d): %v, %v", n, e, found)
		}
	}
	if q != nil {
		t.Errorf("an empty queue keeps %d entries", cap(q))
	}
}

// Damage that a checksum does not find is told, and nothing is guessed.
func TestDamage(t *testing.T) {
	for _, tt := range []struct {
		name   string
		record []byte
		want   error
	}{
		{"of a newer version", []byte{(recordVersion+1)<<4 | opGone, 0}, ErrVersion},
		{"that says nothing known", []byte{recordVersion<<4 | 15}, ErrRecord},
		{"that is empty", nil, ErrRecord},
		{"with a rest", []byte{recordVersion<<4 | opGone, 1, 'a', 'b'}, ErrRecord},
	} {
		t.Run("a record "+tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeRecords(t, dir, tt.record)
			if err := open(t, dir).Load(newContents().sink(t)); !errors.Is(err, tt.want) {
				t.Errorf("Load: %v, want %v", err, tt.want)
			}
		})
	}
	t.Run("a queue that names a missing message", func(t *testing.T) {
		dir := t.TempDir()
		writeRecords(t, dir, record{op: opSession, session: persistent("one")}.append(nil),
			record{op: opEnqueue, clientID: "one", queued: waiting(3, 4)}.append(nil))
		err := open(t, dir).Load(newContents().sink(t))
		if want := `store: bad record: message 4, number 3 of session "one", is missing`; fmt.Sprint(err) != want {
			t.Errorf("Load: %v, want %s", err, want)
		}
	})
}

func writeRecords(t *testing.T, dir string, records ...[]byte) {
	t.Helper()
	log, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Replay(nil); err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		log.Append(kind, r)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
