package dynamodb

import (
	"encoding/binary"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Flags of a recordStream.
const (
	streamHasOld byte = 1 << iota
	streamHasNew
	streamExpired
)

// Snapshot emits records that make the present state when replayed into an empty
// engine. It holds a table's lock only while it copies the tree, which shares its nodes.
func (e *Engine) Snapshot(emit func(record []byte) error) error {
	if err := emit(binary.AppendUvarint([]byte{recordSequence}, e.sequence.last.Load())); err != nil {
		return err
	}
	e.mu.RLock()
	tables := make([]*table, 0, len(e.tables))
	for _, t := range e.tables {
		tables = append(tables, t)
	}
	e.mu.RUnlock()
	for _, t := range tables {
		if err := e.snapshotTable(t, emit); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) snapshotTable(t *table, emit func([]byte) error) error {
	t.mu.Lock() // Copy marks nodes as shared
	if t.deleted {
		t.mu.Unlock()
		return nil
	}
	definition, rows := encodeTable(t), t.rows.Copy()
	shards := t.stream.copy()
	t.mu.Unlock()

	if err := emit(definition); err != nil {
		return err
	}
	for _, sh := range shards {
		if err := emit(encodeShard(t.stream.arn, sh)); err != nil {
			return err
		}
		for _, r := range sh.records {
			if err := emit(encodeStream(t.stream.arn, r)); err != nil {
				return err
			}
		}
	}
	return emitRows(t, rows, emit)
}

// emitRows writes rows as changes without a stream record, a bounded number to a record.
func emitRows(t *table, rows *btree.Map[string, *row], emit func([]byte) error) error {
	const bound = 256 << 10
	var record encoder
	var err error
	flush := func() {
		if err == nil && len(record.bytes) > 0 {
			err = emit(record.bytes)
		}
		record = encoder{}
	}
	rows.Scan(func(_ string, r *row) bool {
		if len(record.bytes) == 0 {
			record.begin(t.created, nil)
		}
		record.change(change{table: t, new: r}, 0)
		if len(record.bytes) > bound {
			flush()
		}
		return err == nil
	})
	flush()
	return err
}

// copy returns the shards of the stream, oldest first.
func (s *stream) copy() []shard {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]shard, len(s.shards))
	for i, sh := range s.shards {
		all[i] = *sh // records are only ever appended to, or replaced by a copy
	}
	return all
}

func encodeShard(arn string, sh shard) []byte {
	b := appendText([]byte{recordShard}, arn)
	b = appendText(appendText(b, sh.id), sh.parent)
	b = binary.AppendVarint(b, sh.created.UnixMilli())
	for _, n := range []uint64{sh.first, sh.closed, sh.trimmed} {
		b = binary.AppendUvarint(b, n)
	}
	return b
}

// replayShard appends a shard. It takes the place of the first one, which every stream
// opens with, where that was trimmed before the snapshot.
func (e *Engine) replayShard(d *decoder) {
	s := e.streams.byARN[d.text()]
	sh := &shard{id: d.text(), parent: d.text(), created: d.time(), first: d.uvarint(), closed: d.uvarint(), trimmed: d.uvarint()}
	sh.last = max(sh.trimmed, max(sh.first, 1)-1)
	if s == nil || d.err != nil {
		return
	}
	if len(s.shards) == 1 && s.shards[0].last == 0 {
		s.shards = nil
	}
	s.shards = append(s.shards, sh)
}

func encodeStream(arn string, r *streamRecord) []byte {
	flags := byte(0)
	if r.old != nil {
		flags |= streamHasOld
	}
	if r.new != nil {
		flags |= streamHasNew
	}
	if r.expired {
		flags |= streamExpired
	}
	b := append(appendText([]byte{recordStream}, arn), flags)
	b = binary.AppendVarint(binary.AppendUvarint(b, r.sequence), r.at.UnixMilli())
	b = attr.AppendBinary(b, r.keys)
	for _, image := range []attr.Item{r.old, r.new} {
		if image != nil {
			b = attr.AppendBinary(b, image)
		}
	}
	return b
}

func (e *Engine) replayStream(d *decoder) {
	arn, flags := d.text(), d.byte()
	r := &streamRecord{sequence: d.uvarint(), at: d.time(), keys: d.item(), expired: flags&streamExpired != 0}
	if flags&streamHasOld != 0 {
		r.old = d.item()
	}
	if flags&streamHasNew != 0 {
		r.new = d.item()
	}
	e.sequence.atLeast(r.sequence)
	if s := e.streams.byARN[arn]; s != nil && d.err == nil {
		s.shards[len(s.shards)-1].add(r)
	}
}
