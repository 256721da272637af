package journal

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// segment is the file that records are added to.
type segment struct {
	file   File
	number uint64
	batch  uint64 // the next
	size   int64
}

// maxSpare bounds the buffer that is kept for the batch after next.
const maxSpare = 4 << 20

// run is the writer: one batch after another, and between them a new segment when the
// log is to be compacted. It ends when the log fails, or is closed and all is written.
func (l *Log) run() {
	defer close(l.stopped)
	defer l.compaction.wait()
	for {
		if l.waitForWork(); l.crowd {
			runtime.Gosched() // those whom the last sync woke have their turn, and share the next
		}
		b, closing := l.nextBatch()
		if b != nil {
			l.flush(b)
		}
		l.mu.Lock()
		end := l.failed != nil || closing && len(l.filling.buf) == 0
		l.mu.Unlock()
		if end {
			l.refuseRequests()
			return
		}
		l.compactWhenDue()
	}
}

// waitForWork waits for something to do.
func (l *Log) waitForWork() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.filling.buf) == 0 && !l.closing && l.failed == nil && (len(l.requests) == 0 || l.compaction.running()) {
		l.wake.Wait()
	}
}

// nextBatch returns what is to be written, nil when that is nothing.
func (l *Log) nextBatch() (b *batch, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.filling.buf) == 0 || l.failed != nil {
		return nil, l.closing
	}
	b = l.filling
	l.flushing, l.filling, l.spare = b, newBatch(l.spare), nil
	return b, l.closing
}

func (l *Log) flush(b *batch) {
	err := l.tail.write(b.buf)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.fail(err)
	case l.failed == nil:
		l.durable, l.flushing = b.last, nil
		close(b.done)
	}
	if l.crowd = b.records > 1; cap(b.buf) <= maxSpare {
		l.spare = b.buf
	}
}

// write adds a batch and syncs it.
func (s *segment) write(buf []byte) error {
	seal(buf, s.batch)
	if _, err := s.file.Write(buf); err != nil {
		return fmt.Errorf("journal: write: %w", err)
	}
	if err := s.file.Sync(); err != nil {
		return fmt.Errorf("journal: sync: %w", err)
	}
	s.batch++
	s.size += int64(len(buf))
	return nil
}

func (l *Log) path(prefix string, number uint64) string {
	return filepath.Join(l.dir, fmt.Sprintf("%s%016x", prefix, number))
}

// createSegment makes an empty segment that survives a crash. When that fails it
// leaves none behind; when even that fails, gone is false and the log must stop,
// because the segment would contradict what is written to the one before it.
func (l *Log) createSegment(number, batch uint64) (s segment, gone bool, err error) {
	path := l.path(segmentPrefix, number)
	f, err := l.options.FS.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR)
	if err != nil {
		return segment{}, true, err
	}
	if _, err = f.Write(header{number, batch}.encode()); err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = l.options.FS.SyncDir(l.dir)
	}
	if err == nil {
		return segment{file: f, number: number, batch: batch, size: headerSize}, true, nil
	}
	f.Close()
	gone = l.options.FS.Remove(path) == nil && l.options.FS.SyncDir(l.dir) == nil
	return segment{}, gone, err
}
