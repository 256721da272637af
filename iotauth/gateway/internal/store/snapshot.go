package store

import "slices"

// Snapshot is the journal's: it emits records that make the present state. The lock is
// held for one message or session at a time, so that clients go on; ranging over a map
// is correct where others change it in between, and what they changed stands in the
// journal behind.
//
// Messages come first: one that is gone when its turn comes is in no queue that comes
// later, and one that is put later stands in the journal.
func (s *Store) Snapshot(emit func([]byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := snapshotWriter{store: s, emit: emit}
	for id, m := range s.state.messages {
		w.unlocked(record{op: opMessage, id: id, message: m.Message})
	}
	for topic, r := range s.state.retained {
		w.unlocked(record{op: opRetained, topic: topic, message: r.Message, at: r.at})
	}
	for clientID, held := range s.state.sessions {
		w.session(clientID, held.record, slices.Clone(held.queue))
	}
	s.flush() // the snapshot counts once the journal has what is appended now
	return w.err
}

// snapshotWriter emits without the store's lock. After an error it emits nothing.
type snapshotWriter struct {
	store *Store
	emit  func([]byte) error
	buf   []byte
	err   error
}

// unlocked gives up the lock, which the caller holds, while it emits.
func (w *snapshotWriter) unlocked(r record) {
	w.store.mu.Unlock()
	defer w.store.mu.Lock()
	w.record(r)
}

func (w *snapshotWriter) record(r record) {
	w.buf = r.append(w.buf[:0])
	w.bytes(w.buf)
}

func (w *snapshotWriter) bytes(b []byte) {
	if w.err == nil {
		w.err = w.emit(b)
	}
}

func (w *snapshotWriter) session(clientID string, b []byte, q queue) {
	w.store.mu.Unlock()
	defer w.store.mu.Lock()
	w.bytes(b)
	for _, e := range q {
		w.record(record{op: opEnqueue, clientID: clientID, queued: e.queued()})
	}
}
