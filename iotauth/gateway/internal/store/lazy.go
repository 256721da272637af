package store

import (
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/core"
)

// How long, and how many, entries that were taken out of queues wait for a record that is
// waited for. Without it every acknowledgement of a subscriber would begin a sync, and
// the next publication wait for its end.
const (
	lazyDelay = 100 * time.Millisecond
	lazyMax   = 1024
)

// lazy is what was told and not yet appended to the journal. Its positions are the last.
type lazy struct {
	records []byte // opDequeue, one after another
	ends    []int  // of each in records
	count   int
	timer   *time.Timer
}

func (l *lazy) add(clientID string, number uint64, hurry func()) {
	if l.count == 0 {
		l.timer = time.AfterFunc(lazyDelay, hurry)
	}
	l.records = record{op: opDequeue, clientID: clientID, queued: core.Queued{Number: number}}.append(l.records)
	l.ends = append(l.ends, len(l.records))
	l.count++
}

// has reports whether p is among the positions of l, of which last is the last.
func (l *lazy) has(p, last journal.LSN) bool { return p+journal.LSN(l.count) > last }

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
	if l.count == 0 {
		return
	}
	l.timer.Stop()
	from := 0
	for _, end := range l.ends {
		s.log.Append(kind, l.records[from:end])
		from = end
	}
	l.records, l.ends, l.count = l.records[:0], l.ends[:0], 0
}
