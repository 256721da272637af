package dynamodb

import (
	"github.com/askaround/askaround-go/internal/journal"
)

// change is the effect of one write on one item. Two times noRow is no effect.
type change struct {
	table    *table
	old, new row
	expired  bool
}

// changes reports whether c has an effect: a put of what is there has none.
func (c change) changes() bool { return c.old.packed() != c.new.packed() }

// commit applies the changes, streams them and hands them to the journal as one record.
// The caller holds the locks of all the tables, and waits for the returned position
// after releasing them.
func (e *Engine) commit(changes []change, token *usedToken) journal.LSN {
	now := e.now()
	record := encoder{discard: !e.log.Durable()}
	record.begin(now, token)
	for _, c := range changes {
		if !c.changes() {
			continue
		}
		c.table.apply(c.old, c.new)
		sequence := uint64(0)
		if s := c.table.stream; s != nil {
			sequence = e.sequence.next()
			s.add(c.record(sequence, now.UnixMilli()), e.options.ShardLife)
		}
		record.change(c, sequence)
	}
	if record.empty() {
		return 0
	}
	return e.log.Append(Kind, record.bytes)
}

// record is what the stream tells of c. Streams keep both images whatever their view
// type; the view is taken when they are read.
func (c change) record(sequence uint64, at int64) streamRecord {
	return streamRecord{sequence: sequence, at: at, old: c.old.packed(), new: c.new.packed(), expired: c.expired}
}
