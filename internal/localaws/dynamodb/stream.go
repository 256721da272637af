package dynamodb

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
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
	keys                    []string // the names in key
	created                 time.Time
	spill                   *spill

	mu      sync.RWMutex // taken after the table's lock
	enabled bool
	shards  []*shard // a parent before its child
	open    []*shard // those that take records, by partition
	held    int64    // bytes of its records in memory
	// restored tells that shards came from a snapshot, which has them all.
	restored bool
}

// shard is a run of the records of one partition.
type shard struct {
	id, parent string
	partition  int
	created    time.Time
	first      uint64         // lower bound of the sequence numbers in it
	last       uint64         // the highest sequence number it has seen
	closed     uint64         // above all of them; 0 while it takes records
	trimmed    uint64         // the highest sequence number that was trimmed
	blocks     []block        // records in a file, before those in memory
	records    []streamRecord // in memory
	dropped    int            // records before them that their array still holds
	changed    chan struct{}  // closed when a record is added or the shard is closed
}

// streamRecord is one change of one item.
type streamRecord struct {
	sequence uint64
	at       int64       // Unix time in milliseconds
	old, new attr.Packed // "" where there was, or is, no item
	expired  bool        // deleted by the expiry of its TTL attribute
}

// keys returns the key attributes of the item.
func (r *streamRecord) keys(s *stream) attr.Packed {
	if r.new != "" {
		return r.new.Pick(s.keys)
	}
	return r.old.Pick(s.keys)
}

// event names what happened.
func (r *streamRecord) event() string {
	switch {
	case r.old == "":
		return "INSERT"
	case r.new == "":
		return "REMOVE"
	}
	return "MODIFY"
}

// openStream gives t a new stream with so many open shards. The caller holds t's lock, or
// owns t.
func (e *Engine) openStream(t *table, view string, shards int, at time.Time) {
	s := &stream{
		label: at.UTC().Format("2006-01-02T15:04:05.000"), view: view, table: t.name,
		key: t.definition.KeySchema, keys: t.key.names(), created: at, enabled: true,
		open: make([]*shard, shards), spill: &e.spill,
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
	for partition := range s.open {
		s.rotate(partition, 0, at)
	}
	e.streams.byARN[s.arn] = s
	t.stream, t.definition.StreamLabel, t.definition.StreamShards = s, s.label, shards
}

func (e *Engine) switchStream(t *table, spec *streamSpecification) {
	if spec.StreamEnabled {
		t.definition.StreamSpecification = spec
		e.openStream(t, spec.StreamViewType, e.options.StreamShards, e.now())
		return
	}
	t.stream.close()
	t.stream, t.definition.StreamSpecification, t.definition.StreamLabel, t.definition.StreamShards = nil, nil, "", 0
}

// rotate closes the open shard of a partition and opens its child, where the sequence
// numbers from first on go. Ids must be the same when the journal is replayed, since
// consumers remember them: they are made of the arguments alone.
func (s *stream) rotate(partition int, first uint64, at time.Time) {
	child := &shard{
		id: shardID(partition, first, at), partition: partition,
		created: at, first: first, last: max(first, 1) - 1, changed: make(chan struct{}),
	}
	if parent := s.open[partition]; parent != nil {
		child.parent = parent.id
		parent.closeAt(first)
	}
	s.shards = append(s.shards, child)
	s.open[partition] = child
}

// shardID is 37 characters for the first partition, and names the others.
func shardID(partition int, first uint64, at time.Time) string {
	id := fmt.Sprintf("shardId-%020d-%08x", at.UnixMilli(), uint32(first))
	if partition > 0 {
		id += fmt.Sprintf("-%02x", partition)
	}
	return id
}

// partitionOf is the partition that an id of shardID names.
func partitionOf(id string) int {
	const unnamed = 37
	if len(id) <= unnamed {
		return 0
	}
	n, _ := strconv.ParseUint(id[unnamed+1:], 16, 16)
	return int(n)
}

// partition returns where the records of r's partition key go.
func (s *stream) partition(r *streamRecord) int {
	if len(s.open) == 1 {
		return 0
	}
	image := r.new
	if image == "" {
		image = r.old
	}
	h := fnv.New32a()
	_, _ = io.WriteString(h, string(image.Pick(s.keys[:1])))
	return int(h.Sum32() % uint32(len(s.open)))
}

// add appends a record. Sequence numbers rise; one that is there already, because a
// journal's tail overlaps its snapshot, is passed over. Whether a shard has
// lived long enough is read off the record, so that replay finds the same.
func (s *stream) add(r streamRecord, shardLife time.Duration) {
	partition := s.partition(&r)
	s.mu.Lock()
	defer s.mu.Unlock()
	open := s.open[partition]
	if r.sequence <= open.last {
		return
	}
	if at := time.UnixMilli(r.at); at.Sub(open.created) > shardLife {
		s.rotate(partition, r.sequence, at)
		open = s.open[partition]
	}
	s.keep(open, r)
	open.wake()
}

// keep appends a record to a shard. The caller holds the lock, or owns s.
func (s *stream) keep(sh *shard, r streamRecord) {
	sh.records = append(sh.records, r)
	sh.last = r.sequence
	s.hold(r.bytes())
}

// wake tells those who wait for records. The caller holds the stream's lock.
func (sh *shard) wake() {
	close(sh.changed)
	sh.changed = make(chan struct{})
}

// closeAt ends the shard in front of a sequence number. The caller holds the stream's
// lock, or owns it.
func (sh *shard) closeAt(n uint64) {
	sh.closed = n
	sh.wake()
}

// close ends the stream: its records stay readable until they are trimmed.
func (s *stream) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.enabled = false
	for _, open := range s.open {
		open.closeAt(open.last + 1)
	}
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

// trim drops records and shards that are older than the horizon. Records in a file go
// block by block, when the last of the block is old enough. It reports whether the
// stream is at its end and empty.
func (s *stream) trim(horizon time.Time) (gone bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sh := range s.shards {
		s.trimShard(sh, horizon.UnixMilli())
	}
	s.shards = slices.DeleteFunc(s.shards, func(sh *shard) bool {
		return sh.closed != 0 && len(sh.blocks)+len(sh.records) == 0 && sh.created.Before(horizon)
	})
	return !s.enabled && len(s.shards) == 0
}

func (s *stream) trimShard(sh *shard, horizon int64) {
	for len(sh.blocks) > 0 && sh.blocks[0].at < horizon {
		sh.trimmed = sh.blocks[0].last
		sh.blocks = slices.Clone(sh.blocks[1:])
	}
	if len(sh.blocks) > 0 {
		return
	}
	n, _ := slices.BinarySearchFunc(sh.records, horizon, func(r streamRecord, h int64) int { return cmp.Compare(r.at, h) })
	if n > 0 {
		sh.trimmed = sh.records[n-1].sequence
		s.drop(sh, n)
	}
}

// trim drops what is older than the retention from every stream.
func (e *Engine) trim() {
	horizon := e.now().Add(-e.options.Retention)
	e.spill.mu.Lock() // whoever spills counts on what is in memory
	defer e.spill.mu.Unlock()
	e.streams.mu.Lock()
	defer e.streams.mu.Unlock()
	for arn, s := range e.streams.byARN {
		if s.trim(horizon) {
			delete(e.streams.byARN, arn)
		}
	}
}
