package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sync/atomic"
)

// snapshotBatch is how much of a snapshot is written at once, in bytes.
const snapshotBatch = 1 << 20

// compaction is the part of a Log that the writer uses to make it smaller.
type compaction struct {
	active   atomic.Bool
	done     chan struct{} // of the running or last one; nil before the first
	since    int64         // bytes in segments before the tail that no snapshot replaces
	due      int64         // what since and the tail must reach
	snapshot int64         // size of the last snapshot, in bytes; set before done closes
}

func (c *compaction) running() bool { return c.active.Load() }

func (c *compaction) wait() {
	if c.done != nil {
		<-c.done
	}
}

// Compact replaces all records by a snapshot now, whatever their size. It fails when a
// kind on disk has no registered source. In memory it does nothing.
func (l *Log) Compact(ctx context.Context) error {
	if l.dir == "" {
		return nil
	}
	done := make(chan error, 1)
	l.mu.Lock()
	switch {
	case l.failed != nil:
		defer l.mu.Unlock()
		return l.failed
	case l.closing:
		defer l.mu.Unlock()
		return ErrClosed
	case !l.replayed:
		defer l.mu.Unlock()
		return ErrReplay
	}
	l.requests = append(l.requests, done)
	l.wake.Signal()
	l.mu.Unlock()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Log) refuseRequests() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, done := range l.requests {
		done <- errors.Join(ErrClosed, l.failed)
	}
	l.requests = nil
}

// compactWhenDue begins a new segment and starts the goroutine that writes a snapshot
// of everything before it. Only the writer calls it.
func (l *Log) compactWhenDue() {
	if l.compaction.running() {
		return
	}
	l.mu.Lock()
	requests := l.requests
	due := len(requests) > 0 || l.since+l.tail.size >= max(l.due, l.snapshot)
	if due {
		l.requests = nil
	}
	sources, err := maps.Clone(l.sources), l.missing()
	l.mu.Unlock()
	if !due {
		return
	}
	l.due = l.since + l.tail.size + l.options.CompactBytes // unless a snapshot succeeds
	if err == nil {
		err = l.rotate()
	}
	if err != nil {
		l.compacted(requests, err)
		return
	}
	number, done := l.tail.number, make(chan struct{})
	l.active.Store(true)
	l.done = done
	go func() {
		defer close(done)
		l.compacted(requests, l.writeSnapshot(number, sources))
	}()
}

// missing is the error for kinds that have no source. The caller holds mu.
func (l *Log) missing() error {
	for kind := range l.seen {
		if l.sources[kind] == nil {
			return fmt.Errorf("journal: kind %d has no source", kind)
		}
	}
	return nil
}

// compacted tells those who asked, and lets the writer look at its requests again.
func (l *Log) compacted(requests []chan error, err error) {
	if err != nil && !errors.Is(err, ErrClosed) {
		l.options.Logger.Warn("journal not compacted", "error", err)
	}
	for _, done := range requests {
		done <- err
	}
	l.mu.Lock()
	if err == nil {
		l.since, l.due = 0, l.options.CompactBytes
	}
	l.active.Store(false)
	l.wake.Signal()
	l.mu.Unlock()
}

// rotate makes a new segment the tail. All of the old one is synced already. Where the
// new one cannot be made, writing goes on in the old one.
func (l *Log) rotate() error {
	next, gone, err := l.createSegment(l.tail.number+1, l.tail.batch)
	if err != nil {
		if !gone {
			l.mu.Lock()
			l.fail(err)
			l.mu.Unlock()
		}
		return fmt.Errorf("journal: new segment: %w", err)
	}
	l.tail.file.Close() // synced: nothing is lost with an error here
	l.since += l.tail.size
	l.tail = next
	return nil
}

// writeSnapshot replaces the segments before number.
func (l *Log) writeSnapshot(number uint64, sources map[Kind]Source) error {
	temporary := l.path(snapshotPrefix, number) + temporarySuffix
	size, err := l.writeSources(temporary, number, sources)
	if err == nil {
		err = l.waitForOverlap()
	}
	if err == nil {
		err = l.options.FS.Rename(temporary, l.path(snapshotPrefix, number))
	}
	if err != nil {
		l.options.FS.Remove(temporary) // or the next start removes it
		return err
	}
	if err := l.options.FS.SyncDir(l.dir); err != nil {
		return err // the old segments stay until the next start or snapshot
	}
	l.snapshot = size
	return l.removeBefore(number)
}

// waitForOverlap waits for the records that the snapshot may contain in part.
func (l *Log) waitForOverlap() error {
	l.mu.Lock()
	last := l.appended
	l.mu.Unlock()
	return l.Wait(context.Background(), last) // ends: the writer writes all, or fails
}

// writeSources writes and syncs a whole snapshot.
func (l *Log) writeSources(path string, number uint64, sources map[Kind]Source) (size int64, err error) {
	f, err := l.options.FS.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR)
	if err != nil {
		return 0, err
	}
	w := &snapshotWriter{file: f, batch: 1, buf: header{number, 1}.encode(), unsealed: headerSize}
	for _, kind := range slices.Sorted(maps.Keys(sources)) {
		err = sources[kind].Snapshot(func(record []byte) error {
			select {
			case <-l.stop:
				return ErrClosed
			default:
				return w.emit(kind, record)
			}
		})
		if err != nil {
			f.Close()
			return 0, fmt.Errorf("journal: snapshot of kind %d: %w", kind, err)
		}
	}
	if err = w.emit(kindSeal, nil); err == nil {
		err = w.flush()
	}
	if err == nil {
		err = f.Sync()
	}
	return w.size, errors.Join(err, f.Close())
}

// snapshotWriter gathers records into batches.
type snapshotWriter struct {
	file     File
	buf      []byte
	unsealed int // where the records begin in buf, behind a header
	batch    uint64
	size     int64
}

func (w *snapshotWriter) emit(kind Kind, record []byte) error {
	if len(record) > MaxRecord {
		return ErrTooLarge
	}
	w.buf = appendRecord(w.buf, kind, record)
	if kind == kindSeal || len(w.buf) < snapshotBatch {
		return nil
	}
	return w.flush()
}

func (w *snapshotWriter) flush() error {
	seal(w.buf[w.unsealed:], w.batch)
	n, err := w.file.Write(w.buf)
	w.size += int64(n)
	w.batch++
	w.buf, w.unsealed = w.buf[:0], 0
	return err
}
