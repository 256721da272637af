package dynamodb

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// sequence gives out the numbers of stream records, for all streams of an engine.
type sequence struct{ last atomic.Uint64 }

func (s *sequence) next() uint64 { return s.last.Add(1) }

// atLeast makes later numbers greater than n.
func (s *sequence) atLeast(n uint64) {
	for old := s.last.Load(); old < n && !s.last.CompareAndSwap(old, n); old = s.last.Load() {
	}
}

// Sequence numbers on the wire have 21 digits, the fewest that AWS documents, so that
// they sort as strings too: a 1 and the number in 20 digits.
func formatSequence(n uint64) string { return fmt.Sprintf("1%020d", n) }

func parseSequence(s string) (uint64, bool) {
	if len(s) != 21 || s[0] != '1' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[1:], 10, 64)
	return n, err == nil
}

// streamSet holds every stream by ARN. A stream outlives its table's specification and
// the table itself, until its records are trimmed.
type streamSet struct {
	mu    sync.Mutex
	byARN map[string]*stream
}

// stream is the change log of a table.
type stream struct {
	arn, label, view, table string
	key                     []keySchemaElement
	created                 time.Time

	mu      sync.RWMutex // taken after the table's lock
	enabled bool
	shards  []*shard      // oldest first; at most the last is open
	changed chan struct{} // closed when a record is added or the stream ends
}

// shard is a run of a stream's records.
type shard struct {
	id, parent string
	created    time.Time
	first      uint64 // lower bound of the sequence numbers in it
	last       uint64 // the highest sequence number it has seen
	closed     uint64 // above all of them; 0 while it takes records
	trimmed    uint64 // the highest sequence number that was trimmed
	records    []*streamRecord
}

// streamRecord is one change of one item.
type streamRecord struct {
	sequence uint64
	at       time.Time
	keys     attr.Item
	old, new attr.Item // nil where there was, or is, no item
	expired  bool      // deleted by the expiry of its TTL attribute
}

// event names what happened.
func (r *streamRecord) event() string {
	switch {
	case r.old == nil:
		return "INSERT"
	case r.new == nil:
		return "REMOVE"
	}
	return "MODIFY"
}

// openStream gives t a new stream. The caller holds t's lock, or owns t.
func (e *Engine) openStream(t *table, view string, at time.Time) {
	s := &stream{
		label: at.UTC().Format("2006-01-02T15:04:05.000"), view: view, table: t.name,
		key: t.definition.KeySchema, created: at, enabled: true, changed: make(chan struct{}),
	}
	e.streams.mu.Lock()
	defer e.streams.mu.Unlock()
	for { // two streams of one table within a millisecond
		s.arn = e.arn(t.name) + "/stream/" + s.label
		if e.streams.byARN[s.arn] == nil {
			break
		}
		at = at.Add(time.Millisecond)
		s.label = at.UTC().Format("2006-01-02T15:04:05.000")
	}
	s.rotate(0, at)
	e.streams.byARN[s.arn] = s
	t.stream, t.definition.StreamLabel = s, s.label
}

func (e *Engine) switchStream(t *table, spec *streamSpecification) {
	if spec.StreamEnabled {
		t.definition.StreamSpecification = spec
		e.openStream(t, spec.StreamViewType, e.now())
		return
	}
	t.stream.close()
	t.stream, t.definition.StreamSpecification, t.definition.StreamLabel = nil, nil, ""
}

// rotate closes the open shard and opens its child, where the sequence numbers from
// first on go. Ids must be the same when the journal is replayed, since consumers
// remember them: they are made of the arguments alone.
func (s *stream) rotate(first uint64, at time.Time) {
	parent := ""
	if n := len(s.shards); n > 0 {
		parent = s.shards[n-1].id
		s.shards[n-1].closed = first
	}
	id := fmt.Sprintf("shardId-%020d-%08x", at.UnixMilli(), uint32(first))
	s.shards = append(s.shards, &shard{id: id, parent: parent, created: at, first: first, last: max(first, 1) - 1})
}

// add appends a record. Sequence numbers rise; one that is there already, because a
// journal's tail overlaps its snapshot, is passed over. Whether a shard has
// lived long enough is read off the record, so that replay finds the same.
func (s *stream) add(r *streamRecord, shardLife time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.shards[len(s.shards)-1]
	if r.sequence <= open.last {
		return
	}
	if r.at.Sub(open.created) > shardLife {
		s.rotate(r.sequence, r.at)
		open = s.shards[len(s.shards)-1]
	}
	open.add(r)
	s.wake()
}

func (sh *shard) add(r *streamRecord) {
	sh.records = append(sh.records, r)
	sh.last = r.sequence
}

// wake tells those who wait for records. The caller holds the lock.
func (s *stream) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// close ends the stream: its records stay readable until they are trimmed.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enabled = false
	open := s.shards[len(s.shards)-1]
	open.closed = open.last + 1
	s.wake()
}

// after returns up to limit records behind sequence number after, and whether the shard
// ends with them.
func (s *stream) after(sh *shard, after uint64, limit int) (records []*streamRecord, end bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	i, _ := slices.BinarySearchFunc(sh.records, after+1, func(r *streamRecord, n uint64) int { return cmp.Compare(r.sequence, n) })
	records = sh.records[i:min(len(sh.records), i+limit)]
	return records, sh.closed != 0 && i+len(records) == len(sh.records)
}

func (s *stream) shard(id string) *shard {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, sh := range s.shards {
		if sh.id == id {
			return sh
		}
	}
	return nil
}

// trim drops records and shards that are older than the horizon. It reports whether
// the stream is at its end and empty.
func (s *stream) trim(horizon time.Time) (gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sh := range s.shards {
		n, _ := slices.BinarySearchFunc(sh.records, horizon, func(r *streamRecord, h time.Time) int { return r.at.Compare(h) })
		if n > 0 {
			sh.trimmed = sh.records[n-1].sequence
			sh.records = slices.Clone(sh.records[n:]) // lets the memory of the old ones go
		}
	}
	s.shards = slices.DeleteFunc(s.shards, func(sh *shard) bool {
		return sh.closed != 0 && len(sh.records) == 0 && sh.created.Before(horizon)
	})
	return !s.enabled && len(s.shards) == 0
}

// trim drops what is older than the retention from every stream.
func (e *Engine) trim() {
	horizon := e.now().Add(-e.options.Retention)
	e.streams.mu.Lock()
	defer e.streams.mu.Unlock()
	for arn, s := range e.streams.byARN {
		if s.trim(horizon) {
			delete(e.streams.byARN, arn)
		}
	}
}
