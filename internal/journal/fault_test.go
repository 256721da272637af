package journal

import (
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var errDisk = errors.New("no space left on device")

// faultFS is the real file system until fault says otherwise. fault gets the operation
// ("open", "write", "sync", "truncate", "rename", "remove", "syncdir") and the path.
type faultFS struct {
	FileSystem
	mu    sync.Mutex
	fault func(op, path string) error
}

func (f *faultFS) set(fault func(op, path string) error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

func (f *faultFS) check(op, path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == nil {
		return nil
	}
	return f.fault(op, path)
}

func (f *faultFS) OpenFile(path string, flag int) (File, error) {
	if err := f.check("open", path); err != nil {
		return nil, err
	}
	real, err := f.FileSystem.OpenFile(path, flag)
	if err != nil {
		return nil, err
	}
	return faultFile{real, f, path}, nil
}

func (f *faultFS) Rename(from, to string) error {
	return errors.Join(f.check("rename", from), f.FileSystem.Rename(from, to))
}

func (f *faultFS) Remove(path string) error {
	if err := f.check("remove", path); err != nil {
		return err
	}
	return f.FileSystem.Remove(path)
}

func (f *faultFS) SyncDir(dir string) error {
	if err := f.check("syncdir", dir); err != nil {
		return err
	}
	return f.FileSystem.SyncDir(dir)
}

type faultFile struct {
	File
	fs   *faultFS
	path string
}

// Write writes half before it fails, as a full disk does.
func (f faultFile) Write(b []byte) (int, error) {
	if err := f.fs.check("write", f.path); err != nil {
		n, _ := f.File.Write(b[:len(b)/2])
		return n, err
	}
	return f.File.Write(b)
}

func (f faultFile) Sync() error {
	if err := f.fs.check("sync", f.path); err != nil {
		return err
	}
	return f.File.Sync()
}

func failOn(op, part string) func(string, string) error {
	return func(o, path string) error {
		if o == op && strings.Contains(path, part) {
			return errDisk
		}
		return nil
	}
}

func withFS(fs *faultFS) func(*Options) { return func(o *Options) { o.FS = fs } }

func TestFailureSticks(t *testing.T) {
	for _, tt := range []struct {
		name, op string
		kept     bool // the record may be there afterwards: it was written, not synced
	}{
		{"a full disk writes half of a batch", "write", false},
		{"a failed sync leaves the batch in doubt", "sync", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, fs := t.TempDir(), &faultFS{FileSystem: OS}
			l, _ := replay(t, dir, withFS(fs))
			appendWait(t, l, "acknowledged")
			fs.set(failOn(tt.op, "log-"))
			lost := l.Append(testKind, []byte("in doubt"))
			if err := l.Wait(t.Context(), lost); !errors.Is(err, ErrFailed) || !errors.Is(err, errDisk) {
				t.Fatalf("Wait: %v", err)
			}
			fs.set(nil) // the disk recovers, the log must not
			for name, err := range map[string]error{
				"a later record":   l.Wait(t.Context(), l.Append(testKind, []byte("later"))),
				"an earlier one":   l.Wait(t.Context(), 1),
				"compaction":       l.Compact(t.Context()),
				"close":            l.Close(),
				"the failed again": l.Wait(t.Context(), lost),
			} {
				if !errors.Is(err, ErrFailed) || !errors.Is(err, errDisk) {
					t.Errorf("%s: %v, want ErrFailed and its cause", name, err)
				}
			}
			want := []string{"acknowledged"}
			if tt.kept {
				want = append(want, "in doubt")
			}
			if _, got := replay(t, dir); !cmp.Equal(want, got) {
				t.Errorf("replayed %q, want %q", got, want)
			}
		})
	}
}

func TestOpeningFaults(t *testing.T) {
	for _, op := range []string{"open", "write", "sync", "syncdir"} {
		t.Run(op, func(t *testing.T) {
			dir, fs := t.TempDir(), &faultFS{FileSystem: OS}
			fs.set(failOn(op, dir))
			l := open(t, dir, withFS(fs))
			if err := l.Replay(nil); !errors.Is(err, errDisk) {
				t.Fatalf("Replay: %v", err)
			}
			closeLog(t, l)
			l, _ = replay(t, dir)
			appendWait(t, l, "works after the fault is gone")
		})
	}
}

// A compaction that fails anywhere leaves a log that goes on and loses nothing.
func TestCompactionFaults(t *testing.T) {
	for _, tt := range []struct {
		name, op, part string
		fails          bool // the log itself
	}{
		{"new segment cannot be created", "open", "log-", false},
		{"new segment's header does not fit", "write", "log-0000000000000002", false},
		{"new segment's header does not sync", "sync", "log-0000000000000002", false},
		{"snapshot cannot be created", "open", ".tmp", false},
		{"snapshot does not fit", "write", ".tmp", false},
		{"snapshot does not sync", "sync", ".tmp", false},
		{"snapshot cannot be renamed", "rename", ".tmp", false},
		{"old segment cannot be removed", "remove", "log-0000000000000001", false},
		{"directory does not sync, before the new segment counts", "syncdir", "", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, fs := t.TempDir(), &faultFS{FileSystem: OS}
			l, s := openStore(t, dir, withFS(fs))
			s.set(t, "a", "1")
			fs.set(failOn(tt.op, tt.part))
			if err := l.Compact(t.Context()); !errors.Is(err, errDisk) {
				t.Fatalf("Compact: %v", err)
			}
			if tt.fails {
				if err := l.Wait(t.Context(), 1); !errors.Is(err, ErrFailed) {
					t.Errorf("Wait: %v", err)
				}
			} else {
				s.set(t, "b", "2")
				fs.set(nil)
				if err := l.Compact(t.Context()); err != nil {
					t.Errorf("Compact after the fault: %v", err)
				}
				s.set(t, "c", "3")
			}
			l.Close()
			_, after := openStore(t, dir)
			if diff := cmp.Diff(s.state, after.state); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
		})
	}
}

// Whatever a crash leaves of a compaction, the next start finds the state.
func TestCrashDuringCompaction(t *testing.T) {
	for _, op := range []string{"sync", "rename", "remove"} {
		t.Run("copy of the directory before "+op, func(t *testing.T) {
			dir, crashed, fs := t.TempDir(), t.TempDir(), &faultFS{FileSystem: OS}
			l, s := openStore(t, dir, withFS(fs))
			s.set(t, "a", "1")
			s.set(t, "b", "2")
			var once sync.Once
			fs.set(func(o, path string) error {
				if o == op && (op == "remove" || strings.Contains(path, ".tmp")) {
					once.Do(func() {
						if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
							t.Error(err)
						}
					})
				}
				return nil
			})
			if err := l.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			l, after := openStore(t, crashed)
			if diff := cmp.Diff(s.state, after.state); diff != "" {
				t.Errorf("(-before +after):\n%s", diff)
			}
			after.set(t, "c", "3")
			closeLog(t, l)
			if _, again := openStore(t, crashed); !cmp.Equal(again.state, after.state) {
				t.Errorf("second start: %v, want %v", again.state, after.state)
			}
		})
	}
}
