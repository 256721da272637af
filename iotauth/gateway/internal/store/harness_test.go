package store

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// begin is the time of tests that need one.
var begin = time.Unix(1_800_000_000, 0)

// contents is what a store holds, as Load tells it.
type contents struct {
	Sessions map[string]mqtt.SessionRecord
	Queues   map[string][]mqtt.Queued
	Messages map[mqtt.MessageID]*mqtt.Message
	Retained map[string]published
}

type published struct {
	Message *mqtt.Message
	At      time.Time
}

func newContents() *contents {
	return &contents{map[string]mqtt.SessionRecord{}, map[string][]mqtt.Queued{}, map[mqtt.MessageID]*mqtt.Message{}, map[string]published{}}
}

// fingerprint is the same for the same contents.
func (c *contents) fingerprint() string {
	var b []byte
	for _, clientID := range slices.Sorted(maps.Keys(c.Sessions)) {
		b = record{op: opSession, session: c.Sessions[clientID]}.append(b)
		for _, e := range c.Queues[clientID] {
			b = record{op: opEnqueue, clientID: clientID, queued: e}.append(b)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Messages)) {
		b = record{op: opMessage, id: id, message: c.Messages[id]}.append(b)
	}
	for _, topic := range slices.Sorted(maps.Keys(c.Retained)) {
		b = record{op: opRetained, topic: topic, message: c.Retained[topic].Message, at: c.Retained[topic].At}.append(b)
	}
	return string(b)
}

func (c *contents) sink(t testing.TB) mqtt.StoreSink {
	return mqtt.StoreSink{
		Session: func(r mqtt.SessionRecord) { c.Sessions[r.ClientID] = r },
		Message: func(id mqtt.MessageID, m *mqtt.Message) { c.Messages[id] = m },
		Enqueue: func(clientID string, q mqtt.Queued) {
			if _, known := c.Sessions[clientID]; !known || c.Messages[q.Message] == nil {
				t.Errorf("message %d of session %q was told before one of both", q.Message, clientID)
			}
			c.Queues[clientID] = append(c.Queues[clientID], q)
		},
		Retained: func(topic string, m *mqtt.Message, at time.Time) { c.Retained[topic] = published{m, at} },
	}
}

// same compares what was put with what was found, where nil and empty are one.
var same = cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateApproxTime(0)}

func open(t testing.TB, dir string, optFns ...func(*Options)) *Store {
	t.Helper()
	s, err := Open(dir, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func load(t testing.TB, s *Store) *contents {
	t.Helper()
	c := newContents()
	if err := s.Load(c.sink(t)); err != nil {
		t.Fatal(err)
	}
	return c
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func wait(t testing.TB, s *Store, p mqtt.Position) {
	t.Helper()
	if err := s.Wait(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

// reopen closes a store and returns what the next one finds.
func reopen(t testing.TB, s *Store, dir string, optFns ...func(*Options)) (*Store, *contents) {
	t.Helper()
	closeStore(t, s)
	next := open(t, dir, optFns...)
	return next, load(t, next)
}

func at(now time.Time) func(*Options) {
	return func(o *Options) { o.Now = func() time.Time { return now } }
}

func compactBytes(n int64) func(*Options) { return func(o *Options) { o.CompactBytes = n } }
func withFS(fs journal.FileSystem) func(*Options) {
	return func(o *Options) { o.FS = fs }
}

func persistent(clientID string) mqtt.SessionRecord {
	return mqtt.SessionRecord{ClientID: clientID, Principal: "p", Expiry: time.Hour, Ends: begin.Add(time.Hour),
		Subscriptions: map[string]mqtt.Subscription{"a/#": {QoS: 1, NoLocal: true}, "$share/g/b": {RetainAsPublished: true}}, Version: 3}
}

func waiting(number uint64, id mqtt.MessageID) mqtt.Queued {
	return mqtt.Queued{Number: number, Message: id}
}
