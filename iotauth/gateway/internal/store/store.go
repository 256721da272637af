package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
)

// ErrUnheld is what Wait returns after an Enqueue named a message that nobody put, or
// that was released and that the last of its sessions has let go of.
var ErrUnheld = errors.New("store: a message was queued that the store does not hold")

// kind is that of all records: the journal is the store's own.
const kind journal.Kind = 1

// Store is a [mqtt.Store] in a directory. It is safe for concurrent use.
type Store struct {
	log *journal.Log
	now func() time.Time

	mu     sync.Mutex
	state  state
	last   journal.LSN // of what was told, in lazy too
	lazy   lazy
	buf    []byte // for a record
	broken error
	closed bool
}

var _ mqtt.Store = (*Store)(nil)

// Open takes a directory, making it when it does not exist, and holds it until Close.
//
// Errors: [journal.ErrLocked], and what the file system says.
func Open(dir string, optFns ...func(*Options)) (*Store, error) {
	o := Options{Now: time.Now}
	for _, fn := range optFns {
		fn(&o)
	}
	if dir == "" {
		return nil, errors.New("store: a directory is needed")
	}
	log, err := journal.Open(dir, func(j *journal.Options) {
		j.CompactBytes, j.Logger, j.FS = o.CompactBytes, o.Logger, o.FS
	})
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	s := &Store{log: log, now: o.Now, state: newState()}
	log.Register(kind, s)
	return s, nil
}

// PutSession creates a session or replaces all of it but the queue.
func (s *Store) PutSession(r mqtt.SessionRecord) mqtt.Position {
	b := record{op: opSession, session: r}.append(nil) // is kept
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.putSession(r.ClientID, b)
	return s.append(b)
}

// DeleteSession drops a session with its queue.
func (s *Store) DeleteSession(clientID string) mqtt.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.state.deleteSession(clientID) {
		return mqtt.Position(s.last)
	}
	return s.tell(record{op: opGone, clientID: clientID})
}

// PutMessage tells a message that Enqueue will name. It keeps m, which must not change.
func (s *Store) PutMessage(id mqtt.MessageID, m *mqtt.Message) mqtt.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.putMessage(id, m)
	return s.later(record{op: opMessage, id: id, message: m})
}

// ReleaseMessage says that no Enqueue will name a message any more. What was told of it
// goes to the disk now, in one.
func (s *Store) ReleaseMessage(id mqtt.MessageID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.releaseMessage(id)
	s.flush()
}

// Enqueue adds a message to a session's queue. Without such a session it does nothing.
func (s *Store) Enqueue(clientID string, q mqtt.Queued) mqtt.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.state.messages[q.Message] == nil {
		s.broken = fmt.Errorf("%w: %d, for number %d of session %q", ErrUnheld, q.Message, q.Number, clientID)
		return mqtt.Position(s.last)
	}
	if !s.state.enqueue(clientID, newEntry(q)) {
		return mqtt.Position(s.last)
	}
	return s.later(record{op: opEnqueue, clientID: clientID, queued: q})
}

// Dequeue takes an entry out of a session's queue. It reaches the disk with what is told
// next, when it is waited for, or soon.
func (s *Store) Dequeue(clientID string, number uint64) mqtt.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.state.dequeue(clientID, number) {
		return mqtt.Position(s.last)
	}
	return s.later(record{op: opDequeue, clientID: clientID, queued: mqtt.Queued{Number: number}})
}

// PutRetained sets the retained message of a topic, or with nil removes it. It keeps m,
// which must not change.
func (s *Store) PutRetained(topic string, m *mqtt.Message, at time.Time) mqtt.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m != nil {
		s.state.retained[topic] = retained{m, at}
		return s.tell(record{op: opRetained, topic: topic, message: m, at: at})
	}
	if _, found := s.state.retained[topic]; !found {
		return mqtt.Position(s.last)
	}
	delete(s.state.retained, topic)
	return s.tell(record{op: opCleared, topic: topic})
}

// tell appends a record now. The caller holds mu, and has changed the state.
func (s *Store) tell(r record) mqtt.Position {
	s.buf = r.append(s.buf[:0])
	return s.append(s.buf)
}

func (s *Store) append(b []byte) mqtt.Position {
	s.flush()
	s.last = s.log.Append(kind, b)
	return mqtt.Position(s.last)
}

// Wait returns nil when what was told at p, and everything before, is on disk. When ctx
// ends first its error is returned and the outcome is unknown.
//
// Errors: [journal.ErrFailed] with its cause, [ErrUnheld].
func (s *Store) Wait(ctx context.Context, p mqtt.Position) error {
	if p == 0 {
		return nil
	}
	s.mu.Lock()
	if s.lazy.has(journal.LSN(p), s.last) {
		s.flush()
	}
	broken := s.broken
	s.mu.Unlock()
	if broken != nil {
		return broken
	}
	return s.log.Wait(ctx, journal.LSN(p))
}

// Close brings to the disk what was told and releases the directory. It returns the
// failure of the journal, if it had one.
func (s *Store) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.flush()
	}
	s.closed = true
	s.mu.Unlock()
	return s.log.Close()
}
