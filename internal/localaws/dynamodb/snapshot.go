package dynamodb

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"

	"github.com/tidwall/btree"
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
		err := t.stream.each(sh, func(r streamRecord) error { return emit(encodeStream(t.stream, r)) })
		if err != nil {
			return err
		}
	}
	return emitRows(t, rows, emit)
}

// emitRows writes rows as changes without a stream record, a bounded number to a record.
func emitRows(t *table, rows *btree.Map[string, row], emit func([]byte) error) error {
	const bound = 256 << 10
	var record encoder
	var err error
	flush := func() {
		if err == nil && len(record.bytes) > 0 {
			err = emit(record.bytes)
		}
		record = encoder{}
	}
	rows.Scan(func(_ string, r row) bool {
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

// copy returns the shards of the stream, oldest first. Records and blocks are only ever
// appended to or dropped from the front, so that what it returns stays as it is.
func (s *stream) copy() []shard {
	if s == nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	all := make([]shard, len(s.shards))
	for i, sh := range s.shards {
		all[i] = *sh
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

// replayShard appends a shard. The first takes the place of those that every stream opens
// with, since they are in the snapshot too, or were trimmed before it.
func (e *Engine) replayShard(d *decoder) {
	s := e.streams.byARN[d.text()]
	sh := &shard{id: strings.Clone(d.text()), parent: strings.Clone(d.text()), created: time.UnixMilli(d.time()), first: d.uvarint(), closed: d.uvarint(), trimmed: d.uvarint()}
	sh.last = max(sh.trimmed, max(sh.first, 1)-1)
	sh.partition, sh.changed = partitionOf(sh.id), make(chan struct{})
	if s == nil || d.err != nil {
		return
	}
	if sh.partition >= len(s.open) {
		d.err = fmt.Errorf("%w: shard %s of a stream with %d", ErrCorrupt, sh.id, len(s.open))
		return
	}
	if !s.restored {
		s.shards, s.restored = nil, true
	}
	s.shards = append(s.shards, sh)
	if sh.closed == 0 {
		s.open[sh.partition] = sh
	}
}

func encodeStream(s *stream, r streamRecord) []byte {
	return appendStreamRecord(appendText([]byte{recordStream}, s.arn), s, r)
}

// appendStreamRecord appends flags, sequence number, time, keys and images.
func appendStreamRecord(dst []byte, s *stream, r streamRecord) []byte {
	flags := byte(0)
	if r.old != "" {
		flags |= streamHasOld
	}
	if r.new != "" {
		flags |= streamHasNew
	}
	if r.expired {
		flags |= streamExpired
	}
	dst = binary.AppendUvarint(append(dst, flags), r.sequence)
	dst = append(binary.AppendVarint(dst, r.at), r.keys(s)...)
	return append(append(dst, r.old...), r.new...)
}

func (d *decoder) streamRecord() (r streamRecord) {
	flags := d.byte()
	r.sequence, r.at, r.expired = d.uvarint(), d.time(), flags&streamExpired != 0
	d.item() // the keys are in the images too
	if flags&streamHasOld != 0 {
		r.old = d.item()
	}
	if flags&streamHasNew != 0 {
		r.new = d.item()
	}
	return r
}

func (e *Engine) replayStream(d *decoder) error {
	arn, r := d.text(), d.streamRecord()
	e.sequence.atLeast(r.sequence)
	if s := e.streams.byARN[arn]; s != nil && d.err == nil {
		s.keep(s.shards[len(s.shards)-1], r)
	}
	return e.spillStreams()
}
