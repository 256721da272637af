package store

import (
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/askaround/askaround-go/internal/journal"
)

var errPower = errors.New("the power is off")

// crashFS is a disk in memory that loses its power at a chosen write: of what was not
// synced, each file keeps a part of its own, and the directory some of its changes.
type crashFS struct {
	mu      sync.Mutex
	random  *rand.Rand
	names   map[string]*crashFile // as programs see the directory
	synced  map[string]*crashFile // as the disk does
	changes []func(map[string]*crashFile)
	writes  int // until the power fails; negative: never
	off     bool
	done    int // writes so far
}

// crashFile is a file. What was synced is a prefix, because journals only add.
type crashFile struct {
	data   []byte
	synced int
}

func newCrashFS(seed uint64, writes int) *crashFS {
	return &crashFS{random: rand.New(rand.NewPCG(seed, uint64(writes))), writes: writes,
		names: map[string]*crashFile{}, synced: map[string]*crashFile{}}
}

// afterCrash is the disk as the next process finds it.
func (fs *crashFS) afterCrash() *crashFS {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, change := range fs.changes[:fs.random.IntN(len(fs.changes)+1)] {
		change(fs.synced)
	}
	next := newCrashFS(fs.random.Uint64(), -1)
	for name, f := range fs.synced {
		kept := f.synced + fs.random.IntN(len(f.data)-f.synced+1)
		data := slices.Clone(f.data[:kept])
		if kept > f.synced && fs.random.IntN(4) == 0 {
			clear(data[f.synced+fs.random.IntN(kept-f.synced):]) // its length came to the disk before its content
		}
		next.names[name] = &crashFile{data, kept}
	}
	next.synced = maps.Clone(next.names)
	return next
}

func (fs *crashFS) change(do func(map[string]*crashFile)) error {
	if fs.off {
		return errPower
	}
	do(fs.names)
	fs.changes = append(fs.changes, do)
	return nil
}

func (fs *crashFS) OpenFile(path string, flag int) (journal.File, error) {
	path = filepath.Base(path) // each process locks a directory of its own
	fs.mu.Lock()
	defer fs.mu.Unlock()
	f := fs.names[path]
	switch {
	case f == nil && flag&os.O_CREATE == 0:
		return nil, os.ErrNotExist
	case f == nil || flag&os.O_TRUNC != 0:
		f = &crashFile{}
		if err := fs.change(func(names map[string]*crashFile) { names[path] = f }); err != nil {
			return nil, err
		}
	}
	return &crashHandle{fs: fs, file: f}, nil
}

func (fs *crashFS) ReadDir(dir string) (names []string, err error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.Sorted(maps.Keys(fs.names)), nil
}

func (fs *crashFS) Rename(from, to string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	from, to = filepath.Base(from), filepath.Base(to)
	return fs.change(func(names map[string]*crashFile) {
		if f := names[from]; f != nil {
			names[to] = f
			delete(names, from)
		}
	})
}

func (fs *crashFS) Remove(path string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	path = filepath.Base(path)
	return fs.change(func(names map[string]*crashFile) { delete(names, path) })
}

func (fs *crashFS) SyncDir(string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if fs.off {
		return errPower
	}
	fs.synced, fs.changes = maps.Clone(fs.names), nil
	return nil
}

// crashHandle is an open file.
type crashHandle struct {
	fs   *crashFS
	file *crashFile
	at   int
}

func (h *crashHandle) Read(b []byte) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.at >= len(h.file.data) {
		return 0, io.EOF
	}
	n := copy(b, h.file.data[h.at:])
	h.at += n
	return n, nil
}

// Write writes a part when the power fails meanwhile.
func (h *crashHandle) Write(b []byte) (int, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.fs.off {
		return 0, errPower
	}
	var err error
	if h.fs.done++; h.fs.done == h.fs.writes {
		h.fs.off, err = true, errPower
		b = b[:h.fs.random.IntN(len(b)+1)]
	}
	h.file.data = append(h.file.data[:h.at], b...)
	h.at += len(b)
	return len(b), err
}

func (h *crashHandle) Seek(offset int64, whence int) (int64, error) {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += int64(h.at)
	case io.SeekEnd:
		offset += int64(len(h.file.data))
	}
	h.at = int(offset)
	return offset, nil
}

func (h *crashHandle) Truncate(size int64) error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.fs.off {
		return errPower
	}
	h.file.data = h.file.data[:size]
	h.file.synced = min(h.file.synced, int(size))
	return nil
}

func (h *crashHandle) Sync() error {
	h.fs.mu.Lock()
	defer h.fs.mu.Unlock()
	if h.fs.off {
		return errPower
	}
	h.file.synced = len(h.file.data)
	return nil
}

func (h *crashHandle) Close() error { return nil }
