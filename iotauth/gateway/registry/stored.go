package registry

import (
	"encoding/json"
	"fmt"

	"github.com/askaround/askaround-go/internal/journal"
)

// kindChange is the journal's only kind of record: the changes that were made together, as
// a JSON list, so that a crash leaves all of them or none.
const kindChange journal.Kind = 1

// change is a new version of an entry.
type change struct {
	Table string          `json:"t"`
	Key   string          `json:"k"`
	Seq   uint64          `json:"s,omitempty"` // in the order of creation
	Value json.RawMessage `json:"v,omitempty"` // absent where it was deleted
}

// record stages a change for the journal.
func (t *tx) record(table, key string, seq uint64, v any, deleted bool) {
	if !t.log.Durable() {
		return
	}
	c := change{Table: table, Key: key, Seq: seq}
	if !deleted {
		text, err := json.Marshal(v)
		if err != nil {
			t.err = err
			return
		}
		c.Value = text
	}
	t.changes = append(t.changes, c)
}

func (t *tx) encode() ([]byte, error) {
	if !t.log.Durable() {
		return nil, nil
	}
	return json.Marshal(t.changes)
}

// replay reads the journal, and says to it how to shorten itself.
func (r *Registry) replay() error {
	tables := r.tables()
	err := r.log.Replay(map[journal.Kind]func([]byte) error{kindChange: func(record []byte) error {
		var changes []change
		if err := json.Unmarshal(record, &changes); err != nil {
			return err
		}
		for _, c := range changes {
			t, ok := tables[c.Table]
			if !ok {
				return fmt.Errorf("a newer program wrote entries of the kind %q", c.Table)
			}
			if err := t.load(c); err != nil {
				return err
			}
			r.seq = max(r.seq, c.Seq)
		}
		return nil
	}})
	if err != nil {
		return err
	}
	r.log.Register(kindChange, snapshots{r})
	return nil
}

// snapshots are the registry's entries as records.
type snapshots struct{ r *Registry }

// Snapshot is [journal.Source]'s. Entries never change, so that writers wait only while
// pointers are copied.
func (s snapshots) Snapshot(emit func(record []byte) error) error {
	var parts []func(func(change) error) error
	s.r.mu.RLock()
	for _, t := range s.r.tables() {
		parts = append(parts, t.snapshot())
	}
	s.r.mu.RUnlock()
	for _, part := range parts {
		err := part(func(c change) error {
			record, err := json.Marshal([]change{c})
			if err != nil {
				return err
			}
			return emit(record)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
