package localaws

import (
	"encoding/binary"
	"errors"
	"maps"
	"sync"
)

// checkpoints remember how far the consumers of streams have come.
type checkpoints struct {
	mu        sync.Mutex
	positions map[string]string // by consumer and shard
}

// Checkpoint returns the position that was stored under name, "" where none was.
func (l *Local) Checkpoint(name string) string {
	l.checkpoints.mu.Lock()
	defer l.checkpoints.mu.Unlock()
	return l.checkpoints.positions[name]
}

// SetCheckpoint stores a position; "" forgets it. It reaches the disk soon: after a
// crash a position stored shortly before may be an older one, so that consumers see
// records again, never miss one.
func (l *Local) SetCheckpoint(name, position string) {
	l.checkpoints.mu.Lock()
	defer l.checkpoints.mu.Unlock()
	l.checkpoints.set(name, position)
	l.log.Append(checkpointKind, encodeCheckpoint(name, position))
}

func (c *checkpoints) set(name, position string) {
	if position == "" {
		delete(c.positions, name)
	} else {
		c.positions[name] = position
	}
}

func encodeCheckpoint(name, position string) []byte {
	b := binary.AppendUvarint(nil, uint64(len(name)))
	return append(append(b, name...), position...)
}

func (c *checkpoints) replay(record []byte) error {
	n, size := binary.Uvarint(record)
	if size <= 0 || n > uint64(len(record)-size) {
		return errors.New("localaws: corrupt checkpoint")
	}
	rest := record[size:]
	c.set(string(rest[:n]), string(rest[n:]))
	return nil
}

// Snapshot implements [journal.Source].
func (c *checkpoints) Snapshot(emit func(record []byte) error) error {
	c.mu.Lock()
	positions := maps.Clone(c.positions)
	c.mu.Unlock()
	for name, position := range positions {
		if err := emit(encodeCheckpoint(name, position)); err != nil {
			return err
		}
	}
	return nil
}
