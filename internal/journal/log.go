package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// Kind tells whose record it is. 0 is the log's own.
type Kind uint8

// LSN is the position of a record among those appended since Open: 1, 2, 3, ...
// 0 is no record.
type LSN uint64

// Source is the owner of the state that records of one kind describe.
type Source interface {
	// Snapshot emits absolute records that make the present state when replayed from
	// nothing. It is called from a goroutine of the log, while writers go on, and locks
	// as it sees fit; each part it emits must contain all that was appended for that
	// part before Snapshot was called. emit copies the record.
	Snapshot(emit func(record []byte) error) error
}

// Log is an open journal. It is safe for concurrent use.
type Log struct {
	dir     string // "" keeps nothing
	options Options
	unlock  func() error

	mu       sync.Mutex
	wake     sync.Cond // the writer's
	sources  map[Kind]Source
	seen     map[Kind]bool // kinds on disk: none may lack a source when compacting
	replayed bool
	closing  bool
	failed   error
	appended LSN // last given out
	durable  LSN // last on disk
	filling  *batch
	flushing *batch
	spare    []byte
	requests []chan error // of Compact

	// Of the writer alone, after Replay.
	tail  segment
	crowd bool // the last batch had several records

	compaction
	stop    chan struct{} // closed by Close
	stopped chan struct{} // closed when the writer has ended
}

// batch is what shares one sync.
type batch struct {
	buf     []byte
	records int
	last    LSN
	done    chan struct{}
}

// Open takes the directory dir, making it when it does not exist, and holds it until
// Close. An empty dir means memory: Append keeps nothing and Wait returns at once.
//
// Errors: [ErrLocked], and what the file system says.
func Open(dir string, optFns ...func(*Options)) (*Log, error) {
	o, err := newOptions(optFns)
	if err != nil {
		return nil, err
	}
	l := &Log{dir: dir, options: o, sources: map[Kind]Source{}, seen: map[Kind]bool{},
		filling: newBatch(nil), stop: make(chan struct{})}
	l.wake.L = &l.mu
	if dir == "" {
		return l, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	if l.unlock, err = lockFile(filepath.Join(dir, "lock")); err != nil {
		return nil, err
	}
	return l, nil
}

func newBatch(buf []byte) *batch { return &batch{buf: buf[:0], done: make(chan struct{})} }

// Register names the source of a kind (1..255). Without one for every kind that it
// holds the log is not compacted. A second source takes the place of the first.
func (l *Log) Register(kind Kind, s Source) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources[kind] = s
}

// Durable reports whether the log keeps records. Where it does not, an owner may skip
// the encoding of what Append would drop.
func (l *Log) Durable() bool { return l.dir != "" }

// Append adds a record, which it copies, behind those already appended. It does no I/O
// and is meant to be called under the lock that orders the effects. Failure shows in
// Wait: [ErrReplay] when Replay was not called, [ErrTooLarge] above [MaxRecord].
func (l *Log) Append(kind Kind, record []byte) LSN {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.appended++
	switch {
	case l.dir == "":
		l.durable = l.appended
		return l.appended
	case l.failed != nil:
		return l.appended
	case l.closing:
		l.fail(ErrClosed)
	case !l.replayed:
		l.fail(ErrReplay)
	case len(record) > MaxRecord:
		l.fail(ErrTooLarge)
	case kind == kindSeal:
		l.fail(errors.New("journal: kind 0 is reserved"))
	default:
		l.filling.buf = appendRecord(l.filling.buf, kind, record)
		l.filling.last = l.appended
		l.filling.records++
		l.seen[kind] = true
		l.wake.Signal()
	}
	return l.appended
}

// Wait returns nil when the record at lsn, and all before it, are on disk. When ctx
// ends first its error is returned and the outcome is unknown. After a failure every
// Wait returns an error that wraps [ErrFailed] and the cause, whatever lsn is.
func (l *Log) Wait(ctx context.Context, lsn LSN) error {
	for {
		l.mu.Lock()
		if l.failed != nil || lsn <= l.durable {
			err := l.failed
			l.mu.Unlock()
			return err
		}
		b := l.filling
		if f := l.flushing; f != nil && lsn <= f.last {
			b = f
		}
		l.mu.Unlock()
		select {
		case <-b.done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// fail makes cause stick. The caller holds mu.
func (l *Log) fail(cause error) {
	if l.failed != nil {
		return
	}
	l.failed = fmt.Errorf("%w: %w", ErrFailed, cause)
	if l.flushing != nil {
		close(l.flushing.done)
		l.flushing = nil
	}
	close(l.filling.done)
	l.filling = newBatch(nil)
	l.wake.Signal()
}

// Close writes and syncs what was appended, gives up a compaction under way and
// releases the directory. It returns the failure of the log, if it had one. A second
// Close does nothing.
func (l *Log) Close() error {
	l.mu.Lock()
	if l.closing {
		l.mu.Unlock()
		return nil
	}
	l.closing = true
	close(l.stop)
	l.wake.Signal()
	l.mu.Unlock()
	if l.dir == "" {
		return nil
	}
	if l.stopped != nil {
		<-l.stopped
	}
	var err error
	if l.tail.file != nil {
		err = l.tail.file.Close()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.failed, err, l.unlock())
}
