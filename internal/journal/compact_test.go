package journal

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// store is a map whose records are "key=value" and absolute.
type store struct {
	log   *Log
	mu    sync.Mutex
	state map[string]string
}

func openStore(t testing.TB, dir string, optFns ...func(*Options)) (*Log, *store) {
	t.Helper()
	l := open(t, dir, optFns...)
	s := &store{log: l, state: map[string]string{}}
	l.Register(testKind, s)
	if err := l.Replay(map[Kind]func([]byte) error{testKind: s.replay}); err != nil {
		t.Fatal(err)
	}
	return l, s
}

func (s *store) replay(r []byte) error {
	k, v, ok := strings.Cut(string(r), "=")
	if !ok {
		return errors.New("not a store's record")
	}
	s.state[k] = v
	return nil
}

func (s *store) set(t testing.TB, k, v string) {
	t.Helper()
	s.mu.Lock()
	s.state[k] = v
	lsn := s.log.Append(testKind, []byte(k+"="+v))
	s.mu.Unlock()
	if err := s.log.Wait(t.Context(), lsn); err != nil {
		t.Error(err)
	}
}

// Snapshot locks once per key, so that writers come in between.
func (s *store) Snapshot(emit func([]byte) error) error {
	s.mu.Lock()
	keys := make([]string, 0, len(s.state))
	for k := range s.state {
		keys = append(keys, k)
	}
	s.mu.Unlock()
	for _, k := range keys {
		s.mu.Lock()
		v := s.state[k]
		s.mu.Unlock()
		if err := emit([]byte(k + "=" + v)); err != nil {
			return err
		}
	}
	return nil
}

func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestCompactReplacesTheLogByItsState(t *testing.T) {
	dir := t.TempDir()
	l, s := openStore(t, dir)
	for i := range 100 {
		s.set(t, "k", fmt.Sprint(i))
	}
	if err := l.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.set(t, "after", "1")
	closeLog(t, l)
	want := []string{"lock", "log-0000000000000002", "snapshot-0000000000000002"}
	if diff := cmp.Diff(want, names(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	if _, got := replay(t, dir); !cmp.Equal(got, []string{"k=99", "after=1"}) {
		t.Errorf("replayed %q", got)
	}
}

func TestCompactWithoutSourceKeepsTheRecords(t *testing.T) {
	dir := t.TempDir()
	l, _ := replay(t, dir)
	appendWait(t, l, "a")
	if err := l.Compact(t.Context()); err == nil || !strings.Contains(err.Error(), "no source") {
		t.Errorf("Compact: %v", err)
	}
	closeLog(t, l)
	if _, got := replay(t, dir); !cmp.Equal(got, []string{"a"}) {
		t.Errorf("replayed %q", got)
	}
}

// The log compacts itself by size while many write, stays near the size of its state,
// and replays to exactly what the writers left.
func TestCompactionBySizeWhileWritersGoOn(t *testing.T) {
	dir, seed := t.TempDir(), rand.Uint64()
	t.Logf("seed %d", seed)
	small := func(o *Options) { o.CompactBytes = 8192 }
	l, s := openStore(t, dir, small)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			r := rand.New(rand.NewPCG(seed, uint64(w)))
			for i := range 150 {
				s.set(t, fmt.Sprint(r.IntN(20)), fmt.Sprint(w, strings.Repeat(".", 100), i))
			}
		})
	}
	group.Wait()
	closeLog(t, l)
	var total int64
	for _, name := range names(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
	}
	if written := int64(8 * 150 * 125); total > written/2 {
		t.Errorf("%d bytes on disk of %d written: compaction did not happen", total, written)
	}
	if _, after := openStore(t, dir, small); !cmp.Equal(s.state, after.state) {
		t.Errorf("(-before +after):\n%s", cmp.Diff(s.state, after.state))
	}
}

func TestDamagedOrMissingPartsAreReported(t *testing.T) {
	for _, tt := range []struct {
		name   string
		damage func(dir string) error
	}{
		{"a snapshot is whole or damaged, never torn", func(dir string) error {
			return os.Truncate(filepath.Join(dir, "snapshot-0000000000000002"), headerSize+5)
		}},
		{"a snapshot cut between records lacks its end", func(dir string) error {
			return os.Truncate(filepath.Join(dir, "snapshot-0000000000000002"), headerSize+frameSize+3)
		}},
		{"a snapshot without its segment", func(dir string) error {
			return os.Remove(filepath.Join(dir, "log-0000000000000002"))
		}},
		{"the segment after a snapshot never lacks a header", func(dir string) error {
			return os.Truncate(filepath.Join(dir, "log-0000000000000002"), 3)
		}},
		{"segments without the snapshot before them", func(dir string) error {
			return os.Remove(filepath.Join(dir, "snapshot-0000000000000002"))
		}},
		{"a segment under another's name", func(dir string) error {
			return os.Rename(filepath.Join(dir, "log-0000000000000002"), filepath.Join(dir, "log-0000000000000003"))
		}},
		{"a gap between segments", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "log-0000000000000004"), header{4, 3}.encode(), 0o600)
		}},
		{"a segment cut before another", func(dir string) error {
			if err := os.WriteFile(filepath.Join(dir, "log-0000000000000003"), header{3, 3}.encode(), 0o600); err != nil {
				return err
			}
			return os.Truncate(filepath.Join(dir, "log-0000000000000002"), headerSize)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			l, s := openStore(t, dir)
			s.set(t, "a", "1")
			if err := l.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			s.set(t, "b", "2")
			closeLog(t, l)
			if err := tt.damage(dir); err != nil {
				t.Fatal(err)
			}
			err := open(t, dir).Replay(collect(new([]string)))
			var corrupt *CorruptError
			if !errors.As(err, &corrupt) || corrupt.Error() == "" {
				t.Errorf("Replay: %v", err)
			}
		})
	}
}
