package store

import (
	"maps"
	"slices"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
)

// Load reads the directory and hands over what was kept. It must be called once, first.
// What has expired meanwhile is dropped: sessions, but for those whose will is yet to be
// published, waiting messages, retained messages.
//
// Errors: [journal.CorruptError], [journal.VersionError], [ErrRecord], [ErrVersion], what
// the file system says.
func (s *Store) Load(sink mqtt.StoreSink) error {
	err := s.log.Replay(map[journal.Kind]func([]byte) error{kind: func(b []byte) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.state.replay(b)
	}})
	if err != nil {
		return err
	}
	sessions, err := s.settle()
	if err != nil {
		return err
	}
	now := s.now()
	sessions = slices.DeleteFunc(sessions, func(r mqtt.SessionRecord) bool { return s.expire(r, now) })
	s.expireRetained(now)
	s.deliver(sessions, sink)
	return nil
}

// settle ends the replay, and returns the sessions.
func (s *Store) settle() (sessions []mqtt.SessionRecord, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.state.settle(); err != nil {
		return nil, err
	}
	for _, clientID := range slices.Sorted(maps.Keys(s.state.sessions)) {
		r, err := parse(s.state.sessions[clientID].record)
		if err != nil {
			return nil, err
		}
		sessions = append(sessions, r.session)
	}
	return sessions, nil
}

// expire drops a session or what has expired of its queue, and reports whether the
// session is gone.
func (s *Store) expire(r mqtt.SessionRecord, now time.Time) (gone bool) {
	if !r.Ends.IsZero() && !r.Ends.After(now) && r.Will == nil {
		s.DeleteSession(r.ClientID)
		return true
	}
	for _, e := range slices.Clone(s.state.sessions[r.ClientID].queue) {
		if e.expires != 0 && e.expires <= now.UnixNano() {
			s.Dequeue(r.ClientID, e.number)
		}
	}
	return false
}

func (s *Store) expireRetained(now time.Time) {
	for topic, r := range s.state.retained {
		if r.Expiry > 0 && !r.at.Add(r.Expiry).After(now) {
			s.PutRetained(topic, nil, now)
		}
	}
}

func (s *Store) deliver(sessions []mqtt.SessionRecord, sink mqtt.StoreSink) {
	for _, r := range sessions {
		sink.Session(r)
	}
	for _, id := range slices.Sorted(maps.Keys(s.state.messages)) {
		sink.Message(id, s.state.messages[id].Message)
	}
	for _, r := range sessions {
		for _, e := range s.state.sessions[r.ClientID].queue {
			sink.Enqueue(r.ClientID, e.queued())
		}
	}
	for _, topic := range slices.Sorted(maps.Keys(s.state.retained)) {
		r := s.state.retained[topic]
		sink.Retained(topic, r.Message, r.at)
	}
}
