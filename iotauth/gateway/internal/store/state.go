package store

import (
	"fmt"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// state is what the records of the journal describe.
type state struct {
	sessions map[string]*session
	messages map[mqtt.MessageID]*message
	retained map[string]retained
}

type session struct {
	record []byte // of opSession, as it stands in the journal
	queue  queue
}

type message struct {
	*mqtt.Message
	held int  // by entries of queues, and until it is released by who put it
	put  bool // and not released
}

type retained struct {
	*mqtt.Message
	at time.Time
}

func newState() state {
	return state{map[string]*session{}, map[mqtt.MessageID]*message{}, map[string]retained{}}
}

// replay applies a record of the journal. Records may tell what a snapshot before them
// has already, and even what it has no longer: an entry may name a message that was
// dropped since, where its end follows. So nothing is dropped until settle.
func (s *state) replay(b []byte) error {
	r, err := parse(b)
	if err != nil {
		return err
	}
	switch r.op {
	case opSession:
		s.putSession(r.session.ClientID, b)
	case opGone:
		delete(s.sessions, r.clientID)
	case opMessage:
		s.messages[r.id] = &message{Message: r.message}
	case opEnqueue:
		if held := s.sessions[r.clientID]; held != nil {
			held.queue.put(newEntry(r.queued))
		}
	case opDequeue:
		if held := s.sessions[r.clientID]; held != nil {
			held.queue.remove(r.queued.Number)
		}
	case opRetained:
		s.retained[r.topic] = retained{r.message, r.at}
	case opCleared:
		delete(s.retained, r.topic)
	}
	return nil
}

// settle counts who holds each message, and drops those that nobody does.
func (s *state) settle() error {
	for clientID, held := range s.sessions {
		for _, e := range held.queue {
			m := s.messages[e.id]
			if m == nil {
				return fmt.Errorf("%w: message %d, number %d of session %q, is missing", ErrRecord, e.id, e.number, clientID)
			}
			m.held++
		}
	}
	for id, m := range s.messages {
		if m.held == 0 {
			delete(s.messages, id)
		}
	}
	return nil
}

func (s *state) putSession(clientID string, record []byte) {
	if held := s.sessions[clientID]; held != nil {
		held.record = record
		return
	}
	s.sessions[clientID] = &session{record: record}
}

func (s *state) deleteSession(clientID string) (found bool) {
	held, found := s.sessions[clientID]
	if !found {
		return false
	}
	for _, e := range held.queue {
		s.release(e.id)
	}
	delete(s.sessions, clientID)
	return true
}

// putMessage holds the message until it is released.
func (s *state) putMessage(id mqtt.MessageID, m *mqtt.Message) {
	if known := s.messages[id]; known != nil {
		known.Message = m
		return
	}
	s.messages[id] = &message{Message: m, held: 1, put: true}
}

func (s *state) releaseMessage(id mqtt.MessageID) {
	if m := s.messages[id]; m != nil && m.put {
		m.put = false
		s.release(id)
	}
}

// enqueue reports whether the session is there.
func (s *state) enqueue(clientID string, e entry) (found bool) {
	held, found := s.sessions[clientID]
	if !found {
		return false
	}
	s.messages[e.id].held++
	if old, replaced := held.queue.put(e); replaced {
		s.release(old.id)
	}
	return true
}

func (s *state) dequeue(clientID string, number uint64) (found bool) {
	held := s.sessions[clientID]
	if held == nil {
		return false
	}
	e, found := held.queue.remove(number)
	if found {
		s.release(e.id)
	}
	return found
}

func (s *state) release(id mqtt.MessageID) {
	m := s.messages[id]
	if m.held--; m.held == 0 {
		delete(s.messages, id)
	}
}
