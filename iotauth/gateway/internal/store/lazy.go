package store

import (
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
)

// For how long records that need no hurry wait for one that does, how many, and how many
// bytes of them. Without it every acknowledgement of a subscriber would begin a sync, for
// which the next publication waits; and a publication's first record would begin one that
// its last has missed.
const (
	lazyDelay = 100 * time.Millisecond
	lazyMax   = 1024
	lazyBytes = 64 << 10
)

// lazy is what was told and not yet appended to the journal. Its positions are the last.
type lazy struct {
	records []byte // one after another
	ends    []int  // of each in records
	timer   *time.Timer
}

// later tells a record that goes to the journal with the next one that is hurried. The
// caller holds mu, and has changed the state.
func (s *Store) later(r record) mqtt.Position {
	l := &s.lazy
	if len(l.ends) == 0 {
		l.timer = time.AfterFunc(lazyDelay, s.hurry)
	}
	l.records = r.append(l.records)
	l.ends = append(l.ends, len(l.records))
	s.last++
	if len(l.ends) == lazyMax || len(l.records) >= lazyBytes {
		s.flush()
	}
	return mqtt.Position(s.last)
}

// has reports whether p is among the positions of l, of which last is the last.
func (l *lazy) has(p, last journal.LSN) bool { return p+journal.LSN(len(l.ends)) > last }

// hurry is what the timer calls.
func (s *Store) hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.flush()
	}
}

// flush appends what waits. The caller holds mu.
func (s *Store) flush() {
	l := &s.lazy
	if len(l.ends) == 0 {
		return
	}
	l.timer.Stop()
	from := 0
	for _, end := range l.ends {
		s.log.Append(kind, l.records[from:end])
		from = end
	}
	l.ends = l.ends[:0]
	if l.records = l.records[:0]; cap(l.records) > 2*lazyBytes {
		l.records = nil
	}
}
