package dynamodb

import (
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
)

// spill bounds what the streams of an engine hold in memory: past the budget the oldest
// records of the stream that holds most go to a temporary file. Records are written in
// blocks, which readers fetch whole.
type spill struct {
	budget int64 // bytes
	block  int   // bytes of a block, about
	create func() (spillFile, error)

	used atomic.Int64 // bytes of stream records in memory

	mu   sync.Mutex // of who spills or trims; taken before any stream's lock
	file spillFile  // the one that is filled; nil before the first
	size int64      // of what counts in it
}

// spillFile is a temporary file that has no name any more: it goes when the last block
// in it is forgotten and the collector closes it, or with the process.
type spillFile interface {
	WriteAt(p []byte, offset int64) (int, error)
	ReadAt(p []byte, offset int64) (int, error)
}

// block is where consecutive records of a shard stand.
type block struct {
	last   uint64 // sequence number
	at     int64  // time of the last record, Unix milliseconds
	file   spillFile
	offset int64
	length int
	sum    uint32 // CRC-32C
}

const (
	spillBlock = 256 << 10
	// maxSpillFile is how large a file grows before the next is begun, so that the disk
	// gets its room back while the stream goes on.
	maxSpillFile = 64 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (p *spill) init(o Options) {
	p.budget = o.StreamMemory
	p.block = int(min(spillBlock, max(1, p.budget/8)))
	p.create = func() (spillFile, error) { return createUnnamed(o.TempDir) }
	if o.TempDir == "" {
		return
	}
	left, _ := filepath.Glob(filepath.Join(o.TempDir, spillPrefix+"*"))
	for _, path := range left {
		_ = os.Remove(path) // or the next start does
	}
}

const spillPrefix = "localaws-stream-"

// createUnnamed makes a temporary file and removes its name. A system that does not
// remove what is open leaves it to the next start, or to whoever clears the directory.
func createUnnamed(dir string) (spillFile, error) {
	f, err := os.CreateTemp(dir, spillPrefix)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(f.Name())
	return f, nil
}

// makeRoom spills stream records until the rest fits into the budget, if one of the
// tables has a stream. A write calls it first, with no lock held, and is refused
// when it fails: what does not fit anywhere is not accepted.
func (e *Engine) makeRoom(tables ...*table) error {
	if e.spill.used.Load() <= e.spill.budget || !slices.ContainsFunc(tables, (*table).streams) {
		return nil
	}
	return e.spillStreams()
}

func (t *table) streams() bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.stream != nil
}

// spillStreams spills until the records in memory fit.
func (e *Engine) spillStreams() error {
	p := &e.spill
	if p.used.Load() <= p.budget {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.used.Load() > p.budget {
		if err := e.streams.largest().spillOldest(); err != nil {
			return fmt.Errorf("dynamodb: stream records past the %d bytes of Options.StreamMemory cannot be kept in a file: %w", p.budget, err)
		}
	}
	return nil
}

// largest returns the stream that holds most in memory. There must be one.
func (s *streamSet) largest() (largest *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	most := int64(-1)
	for _, one := range s.byARN {
		one.mu.RLock()
		if one.held > most {
			largest, most = one, one.held
		}
		one.mu.RUnlock()
	}
	return largest
}

// spillOldest writes the oldest records in memory to the file, a block of them. The
// caller holds the spill's lock.
func (s *stream) spillOldest() error {
	sh, records := s.oldest(s.spill.block)
	var body []byte
	for _, r := range records {
		body = appendStreamRecord(body, s, r)
	}
	last := records[len(records)-1]
	b := block{last: last.sequence, at: last.at}
	if err := s.spill.write(&b, body); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sh.blocks = append(sh.blocks, b)
	s.drop(sh, len(records))
	return nil
}

// oldest returns the oldest records in memory, up to the given bytes but at least one,
// and their shard.
func (s *stream) oldest(bytes int) (*shard, []streamRecord) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var sh *shard
	for _, one := range s.shards {
		if len(one.records) > 0 && (sh == nil || one.records[0].sequence < sh.records[0].sequence) {
			sh = one
		}
	}
	n := 1
	for size := sh.records[0].bytes(); n < len(sh.records) && size < int64(bytes); n++ {
		size += sh.records[n].bytes()
	}
	return sh, sh.records[:n]
}

// write puts a block behind the others.
func (p *spill) write(b *block, body []byte) error {
	if p.file == nil || p.size >= maxSpillFile {
		f, err := p.create()
		if err != nil {
			return err
		}
		p.file, p.size = f, 0
	}
	if _, err := p.file.WriteAt(body, p.size); err != nil {
		return err // what was written counts for nothing: the next block takes its place
	}
	b.file, b.offset, b.length, b.sum = p.file, p.size, len(body), crc32.Checksum(body, castagnoli)
	p.size += int64(len(body))
	return nil
}

// read returns the records of a block.
func (b *block) read() (records []streamRecord, err error) {
	body := make([]byte, b.length)
	if _, err := b.file.ReadAt(body, b.offset); err != nil {
		return nil, fmt.Errorf("dynamodb: read stream records from their temporary file: %w", err)
	}
	if crc32.Checksum(body, castagnoli) != b.sum {
		return nil, fmt.Errorf("%w: stream records in their temporary file", ErrCorrupt)
	}
	d := decoder{data: string(body)}
	for d.data != "" {
		records = append(records, d.streamRecord())
	}
	return records, d.err
}

// recordOverhead is what a record takes besides its images.
const recordOverhead = 56

// bytes is what r counts for in memory. Images that a table holds too count as well:
// they stay when the table has others.
func (r *streamRecord) bytes() int64 { return int64(recordOverhead + len(r.old) + len(r.new)) }

// hold counts bytes that came into memory, or left it. The caller holds the stream's
// lock, or owns the stream.
func (s *stream) hold(bytes int64) {
	s.held += bytes
	s.spill.used.Add(bytes)
}

// drop forgets the first n records in memory. Readers may still have them, so they stay
// in their array; when these are many the others move to a new one. The caller holds
// the stream's lock.
func (s *stream) drop(sh *shard, n int) {
	for i := range n {
		s.hold(-sh.records[i].bytes())
	}
	sh.records = sh.records[n:]
	if sh.dropped += n; 4*sh.dropped > len(sh.records) {
		sh.records, sh.dropped = slices.Clone(sh.records), 0
	}
}
