package journal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	segmentPrefix   = "log-"
	snapshotPrefix  = "snapshot-"
	temporarySuffix = ".tmp"
)

// Replay calls the handler of each record's kind, in the order of Append, and makes the
// log ready for Append. It must be called once, also for an empty directory. A handler
// may keep the record. An error of a handler ends the replay, and the log can then only
// be closed.
//
// Errors: [*CorruptError], [*VersionError], [ErrReplay], a kind without a handler, what
// a handler or the file system said.
func (l *Log) Replay(handlers map[Kind]func(record []byte) error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.replayed || l.closing {
		return ErrReplay
	}
	if l.dir == "" {
		l.replayed = true
		return nil
	}
	if err := l.replay(handlers); err != nil {
		return err
	}
	l.due = l.options.CompactBytes
	l.replayed = true
	l.stopped = make(chan struct{})
	go l.run()
	return nil
}

func (l *Log) replay(handlers map[Kind]func([]byte) error) error {
	base, segments, err := l.list()
	if err != nil {
		return err
	}
	apply := func(r record) error {
		handler := handlers[r.kind]
		if handler == nil {
			return fmt.Errorf("journal: no handler for records of kind %d", r.kind)
		}
		l.seen[r.kind] = true
		return handler(r.body)
	}
	if base > 0 {
		if err := l.replaySnapshot(base, apply); err != nil {
			return err
		}
	}
	if err := l.replaySegments(base, segments, apply); err != nil {
		return err
	}
	return l.removeBefore(base)
}

// list returns the number of the last snapshot (0 without one) and those of the
// segments from it on, ascending.
func (l *Log) list() (base uint64, segments []uint64, err error) {
	names, err := l.options.FS.ReadDir(l.dir)
	if err != nil {
		return 0, nil, fmt.Errorf("journal: %w", err)
	}
	for _, name := range names {
		if n, ok := number(name, snapshotPrefix); ok {
			base = max(base, n)
		}
	}
	for _, name := range names {
		if n, ok := number(name, segmentPrefix); ok && n >= base {
			segments = append(segments, n)
		}
	}
	slices.Sort(segments)
	return base, segments, nil
}

func number(name, prefix string) (n uint64, ok bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok || len(digits) != 16 {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 16, 64)
	return n, err == nil
}

// removeBefore drops what the snapshot base replaces, and unfinished snapshots.
func (l *Log) removeBefore(base uint64) error {
	names, err := l.options.FS.ReadDir(l.dir)
	for _, name := range names {
		n, isSegment := number(name, segmentPrefix)
		m, isSnapshot := number(name, snapshotPrefix)
		unfinished := strings.HasPrefix(name, snapshotPrefix) && strings.HasSuffix(name, temporarySuffix)
		if isSegment && n < base || isSnapshot && m < base || unfinished {
			err = errors.Join(err, l.options.FS.Remove(filepath.Join(l.dir, name)))
		}
	}
	if err != nil {
		return fmt.Errorf("journal: remove what a snapshot replaced: %w", err)
	}
	return nil
}

// openReader opens a file behind its header, which must carry the number.
func (l *Log) openReader(path string, number uint64) (File, *reader, error) {
	f, err := l.options.FS.OpenFile(path, os.O_RDWR)
	if err != nil {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = f.Seek(0, io.SeekStart)
	}
	var h header
	buffered := bufio.NewReaderSize(f, 1<<16)
	if err == nil {
		h, err = readHeader(buffered, path)
	}
	if err == nil && h.number != number {
		err = &CorruptError{Path: path, Reason: fmt.Sprintf("the header says number %d", h.number)}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, &reader{r: buffered, offset: headerSize, size: size, batch: h.batch}, nil
}

// replaySnapshot reads the snapshot, which is whole or damaged, never torn.
func (l *Log) replaySnapshot(number uint64, apply func(record) error) error {
	path := l.path(snapshotPrefix, number)
	f, r, err := l.openReader(path, number)
	if errors.Is(err, errTorn) {
		return &CorruptError{Path: path, Reason: err.Error()}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for good := 0; ; good++ {
		rec, err := r.next()
		if errors.Is(err, io.EOF) || errors.Is(err, errBad) {
			return &CorruptError{Path: path, Offset: r.offset, Good: good, Reason: err.Error()}
		}
		if err != nil {
			return fmt.Errorf("journal: %s: %w", path, err)
		}
		if rec.kind == kindSeal {
			l.snapshot = r.offset
			return nil
		}
		if err := apply(rec); err != nil {
			return fmt.Errorf("journal: %s at byte %d: %w", path, r.offset, err)
		}
	}
}

// replaySegments reads the segments and opens the last for writing.
func (l *Log) replaySegments(base uint64, segments []uint64, apply func(record) error) error {
	first := max(base, 1)
	if len(segments) == 0 && base == 0 {
		return l.startSegment(1, 1)
	}
	if len(segments) == 0 || segments[0] != first {
		return &CorruptError{Path: l.path(segmentPrefix, first), Reason: "the segment is missing"}
	}
	batch := uint64(0) // 0: whatever the first header says
	for i, n := range segments {
		path := l.path(segmentPrefix, n)
		if n != first+uint64(i) {
			return &CorruptError{Path: path, Reason: "the segment before it is missing"}
		}
		last := i == len(segments)-1
		f, r, err := l.openReader(path, n)
		if errors.Is(err, errTorn) && last && (n == 1 || batch > 0) {
			l.options.Logger.Warn("journal segment without a header begun anew", "path", path)
			return l.startSegment(n, max(batch, 1))
		}
		if errors.Is(err, errTorn) {
			return &CorruptError{Path: path, Reason: err.Error()}
		}
		if err != nil {
			return err
		}
		if batch > 0 && r.batch != batch {
			f.Close()
			return &CorruptError{Path: path, Reason: fmt.Sprintf("begins with batch %d, the segment before it ends before %d", r.batch, batch)}
		}
		end, err := l.replaySegment(f, r, path, last, apply)
		if err != nil || !last {
			f.Close()
		}
		if err != nil {
			return err
		}
		batch = end.batch
		if last {
			end.number = n
			l.tail = end
		} else {
			l.since += end.size
		}
	}
	return nil
}

func (l *Log) startSegment(number, batch uint64) (err error) {
	l.tail, _, err = l.createSegment(number, batch)
	return err
}

// replaySegment applies whole batches. What follows them in the last segment is cut off
// when a crash explains it.
func (l *Log) replaySegment(f File, r *reader, path string, last bool, apply func(record) error) (segment, error) {
	var pending []record
	end := segment{file: f, batch: r.batch, size: r.offset} // behind the last whole batch
	good := 0
	for {
		rec, err := r.next()
		if errors.Is(err, io.EOF) && len(pending) == 0 {
			_, err := f.Seek(end.size, io.SeekStart)
			return end, err
		}
		if errors.Is(err, io.EOF) || errors.Is(err, errBad) {
			damage := &CorruptError{Path: path, Offset: r.offset, Good: good + len(pending), Reason: err.Error()}
			if !last {
				return end, damage
			}
			return end, l.cutTorn(f, end, damage)
		}
		if err != nil {
			return end, fmt.Errorf("journal: %s: %w", path, err)
		}
		if rec.kind == kindSeal {
			return end, &CorruptError{Path: path, Offset: r.offset, Good: good, Reason: "kind 0 in a segment"}
		}
		if pending = append(pending, rec); !rec.end {
			continue
		}
		for _, rec := range pending {
			if err := apply(rec); err != nil {
				return end, fmt.Errorf("journal: %s before byte %d: %w", path, r.offset, err)
			}
		}
		good += len(pending)
		pending = pending[:0]
		end.batch, end.size = r.batch, r.offset
	}
}

// cutTorn removes an unfinished batch, unless damage is more than that.
func (l *Log) cutTorn(f File, end segment, damage *CorruptError) error {
	if _, err := f.Seek(damage.Offset, io.SeekStart); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	rest, err := io.ReadAll(f)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if laterBatch(rest, end.batch) {
		return damage
	}
	if err := f.Truncate(end.size); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if _, err := f.Seek(end.size, io.SeekStart); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	l.options.Logger.Warn("journal ends in an unfinished batch, removed", "path", damage.Path, "offset", end.size,
		"bytes_removed", damage.Offset+int64(len(rest))-end.size, "reason", damage.Reason)
	return nil
}
