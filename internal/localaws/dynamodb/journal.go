package dynamodb

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Records of the journal begin with one of these. All are absolute: replaying one that
// a snapshot already contains changes nothing.
const (
	recordTable byte = 1 + iota // a table's definition
	recordDrop                  // the end of a table
	recordWrite                 // the effects of one operation
	// Of snapshots alone:
	recordSequence // the last sequence number given out
	recordShard    // a shard of a stream, followed by what it holds
	recordStream   // a stream record of the shard before
)

// Flags of one change in a recordWrite.
const (
	flagPut byte = 1 << iota // else a deletion
	flagExpired
)

func encodeTable(t *table) []byte {
	d := t.definition
	d.TTLAttribute, d.Tags = t.ttl, t.tags
	text, err := json.Marshal(d)
	if err != nil {
		panic(err) // strings and numbers alone: cannot fail
	}
	return append([]byte{recordTable}, text...)
}

func encodeDrop(name, id string) []byte {
	return appendText(appendText([]byte{recordDrop}, name), id)
}

// encoder builds a recordWrite: the time in milliseconds, the transaction's token, then
// for each change its table, flags, sequence number and item (its key when deleted).
type encoder struct {
	bytes   []byte
	header  int
	discard bool // nobody keeps the record
}

func (e *encoder) begin(at time.Time, token *usedToken) {
	if e.discard {
		return
	}
	e.bytes = binary.AppendVarint([]byte{recordWrite}, at.UnixMilli())
	if token == nil {
		token = new(usedToken)
	}
	e.bytes = append(appendText(e.bytes, token.token), token.hash[:]...)
	if e.header = len(e.bytes); token.token != "" {
		e.header = 0 // a token is an effect of its own
	}
}

func (e *encoder) empty() bool { return len(e.bytes) == e.header }

func (e *encoder) change(c change, sequence uint64) {
	if e.discard {
		return
	}
	flags, item := byte(0), c.new.packed()
	if c.new != noRow {
		flags |= flagPut
	} else {
		item = c.old.packed().Pick(c.table.key.names())
	}
	if c.expired {
		flags |= flagExpired
	}
	e.bytes = append(appendText(e.bytes, c.table.name), flags)
	e.bytes = binary.AppendUvarint(e.bytes, sequence)
	e.bytes = append(e.bytes, item...)
}

func appendText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// decoder reads what the functions above wrote. After a failure it returns zeros. Texts
// and items are parts of data.
type decoder struct {
	data string
	err  error
}

func (d *decoder) fail() {
	d.data, d.err = "", ErrCorrupt
}

func (d *decoder) take(n int) string {
	if n < 0 || n > len(d.data) {
		d.fail()
		return ""
	}
	head := d.data[:n]
	d.data = d.data[n:]
	return head
}

func (d *decoder) uvarint() uint64 {
	var b [binary.MaxVarintLen64]byte
	v, n := binary.Uvarint(b[:copy(b[:], d.data)])
	if n <= 0 {
		d.fail()
		return 0
	}
	d.data = d.data[n:]
	return v
}

// time reads a Unix time in milliseconds.
func (d *decoder) time() int64 {
	u := d.uvarint()
	return int64(u>>1) ^ -int64(u&1) // a signed varint
}

func (d *decoder) byte() byte {
	if b := d.take(1); b != "" {
		return b[0]
	}
	return 0
}

func (d *decoder) text() string { return d.take(int(min(d.uvarint(), 1<<30))) }

func (d *decoder) item() attr.Packed {
	item, rest, err := attr.CutPacked(d.data)
	if err != nil {
		d.fail()
		return ""
	}
	d.data = rest
	return item
}

// Replay applies one record of the journal.
func (e *Engine) Replay(record []byte) error {
	d := &decoder{data: string(record)}
	var err error
	switch kind := d.byte(); kind {
	case recordTable:
		err = e.replayTable([]byte(d.data))
	case recordDrop:
		e.replayDrop(d.text(), d.text())
	case recordWrite:
		err = e.replayWrite(d)
	case recordSequence:
		e.sequence.atLeast(d.uvarint())
	case recordShard:
		e.replayShard(d)
	case recordStream:
		err = e.replayStream(d)
	default:
		return fmt.Errorf("%w: type %d", ErrCorrupt, kind)
	}
	return errors.Join(err, d.err)
}

// replayTable makes a table, or changes the one that is there.
func (e *Engine) replayTable(text []byte) error {
	var def tableDefinition
	if err := json.Unmarshal(text, &def); err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	t, old := newTable(def), e.tables[def.TableName]
	if old != nil && old.id == def.ID {
		old.rows.Scan(func(_ string, r row) bool { t.apply(noRow, r); return true })
		t.stream = old.stream
	}
	if t.stream != nil && t.stream.label != def.StreamLabel {
		t.stream.close()
		t.stream = nil
	}
	if s := def.StreamSpecification; s != nil && t.stream == nil {
		at, err := time.Parse("2006-01-02T15:04:05.000", def.StreamLabel)
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCorrupt, err)
		}
		e.openStream(t, s.StreamViewType, max(def.StreamShards, 1), at)
	}
	e.tables[t.name] = t
	return nil
}

func (e *Engine) replayDrop(name, id string) {
	if t := e.tables[name]; t != nil && t.id == id {
		if t.stream != nil {
			t.stream.close()
		}
		delete(e.tables, name)
	}
}

func (e *Engine) replayWrite(d *decoder) error {
	at, token := d.time(), d.text()
	hash := d.take(len(tokenHash{}))
	if d.err == nil && token != "" {
		e.tokens.entries[strings.Clone(token)] = tokenEntry{hash: tokenHash([]byte(hash)), at: time.UnixMilli(at)}
	}
	for len(d.data) > 0 {
		name, flags, sequence, item := d.text(), d.byte(), d.uvarint(), d.item()
		t := e.tables[name]
		if d.err != nil || t == nil {
			continue // a table that was dropped behind this record, in a snapshot's overlap
		}
		if !t.hasKey(item) {
			return fmt.Errorf("%w: an item of table %s without its key", ErrCorrupt, name)
		}
		c, found := change{table: t, expired: flags&flagExpired != 0}, newPackedRow(t, item)
		if c.old, _ = t.rows.Get(found.key()); flags&flagPut != 0 {
			c.new = found
		}
		t.apply(c.old, c.new)
		e.sequence.atLeast(sequence)
		if t.stream != nil && sequence > 0 && (c.old != noRow || c.new != noRow) {
			t.stream.add(c.record(sequence, at), e.options.ShardLife)
		}
	}
	return e.spillStreams()
}

// hasKey reports whether an item of the journal has the table's key attributes.
func (t *table) hasKey(item attr.Packed) bool {
	return !slices.ContainsFunc(t.key.names(), func(name string) bool {
		v, _ := item.Get(name)
		return v.Type != t.attributes[name]
	})
}
