package store

import (
	"maps"
	"slices"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/core"
)

// Load reads the directory and hands over what was kept. It must be called once, first.
// What has expired meanwhile is dropped: sessions, waiting messages, retained messages.
// The connections that were open when the process ended have ended now: their sessions'
// Ends is counted from now.
//
// Errors: [journal.CorruptError], [journal.VersionError], [ErrRecord], [ErrVersion], what
// the file system says.
func (s *Store) Load(sink core.StoreSink) error {
	err := s.log.Replay(map[journal.Kind]func([]byte) error{kind: func(b []byte) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.state.replay(b)
	}})
	if err == nil {
		s.mu.Lock()
		err = s.state.settle()
		s.mu.Unlock()
	}
	if err != nil {
		return err
	}
	now := s.now()
	sessions, err := s.expire(now)
	if err != nil {
		return err
	}
	s.expireRetained(now)
	s.deliver(sessions, sink)
	return nil
}

// expire drops the sessions and entries whose time is over, and returns the others.
func (s *Store) expire(now time.Time) (kept []core.SessionRecord, err error) {
	for _, clientID := range slices.Sorted(maps.Keys(s.state.sessions)) {
		held := s.state.sessions[clientID]
		r, err := parse(held.record)
		if err != nil {
			return nil, err
		}
		ends := r.session.Ends
		if ends.IsZero() {
			ends = now.Add(r.session.Expiry)
		}
		if !ends.After(now) {
			s.DeleteSession(clientID)
			continue
		}
		if r.session.Ends.IsZero() {
			r.session.Ends = ends
			s.PutSession(r.session)
		}
		for _, e := range slices.Clone(held.queue) {
			if e.expires != 0 && e.expires <= now.UnixNano() {
				s.Dequeue(clientID, e.number)
			}
		}
		kept = append(kept, r.session)
	}
	return kept, nil
}

func (s *Store) expireRetained(now time.Time) {
	for topic, r := range s.state.retained {
		if r.Expiry > 0 && !r.at.Add(r.Expiry).After(now) {
			s.PutRetained(topic, nil, now)
		}
	}
}

func (s *Store) deliver(sessions []core.SessionRecord, sink core.StoreSink) {
	for _, r := range sessions {
		sink.Session(r)
	}
	for _, id := range slices.Sorted(maps.Keys(s.state.messages)) {
		sink.Message(id, s.state.messages[id].Message)
	}
	for _, r := range sessions {
		for _, e := range s.state.sessions[r.ClientID].queue {
			sink.Enqueue(r.ClientID, e.number, e.id, e.time())
		}
	}
	for _, topic := range slices.Sorted(maps.Keys(s.state.retained)) {
		r := s.state.retained[topic]
		sink.Retained(topic, r.Message, r.at)
	}
}
