package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testKind Kind = 7

func open(t testing.TB, dir string, optFns ...func(*Options)) *Log {
	t.Helper()
	l, err := Open(dir, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// replay opens dir, returns its records and leaves the log open.
func replay(t testing.TB, dir string, optFns ...func(*Options)) (*Log, []string) {
	t.Helper()
	l := open(t, dir, optFns...)
	var got []string
	if err := l.Replay(collect(&got)); err != nil {
		t.Fatal(err)
	}
	return l, got
}

func collect(got *[]string) map[Kind]func([]byte) error {
	return map[Kind]func([]byte) error{testKind: func(r []byte) error {
		*got = append(*got, string(r))
		return nil
	}}
}

func appendWait(t testing.TB, l *Log, records ...string) {
	t.Helper()
	for _, r := range records {
		if err := l.Wait(t.Context(), l.Append(testKind, []byte(r))); err != nil {
			t.Fatal(err)
		}
	}
}

func closeLog(t testing.TB, l *Log) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReplayReturnsWhatWasAppended(t *testing.T) {
	dir := t.TempDir()
	var want []string
	for start := range 4 {
		l, got := replay(t, dir)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("start %d (-want +got):\n%s", start, diff)
		}
		records := []string{fmt.Sprint("record ", start), "", strings.Repeat("x", 100_000)}
		appendWait(t, l, records...)
		want = append(want, records...)
		l.Append(testKind, []byte("not waited for, but closed in order"))
		want = append(want, "not waited for, but closed in order")
		closeLog(t, l)
	}
}

func TestAppendCopiesItsRecord(t *testing.T) {
	dir := t.TempDir()
	l, _ := replay(t, dir)
	buffer := []byte("before")
	lsn := l.Append(testKind, buffer)
	copy(buffer, "AFTER!")
	if err := l.Wait(t.Context(), lsn); err != nil {
		t.Fatal(err)
	}
	closeLog(t, l)
	if _, got := replay(t, dir); !cmp.Equal(got, []string{"before"}) {
		t.Errorf("replayed %q", got)
	}
}

func TestMemoryKeepsNothingAndNeverWaits(t *testing.T) {
	l := open(t, "")
	if err := l.Replay(nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	first, second := l.Append(testKind, []byte("a")), l.Append(testKind, []byte("b"))
	if first >= second {
		t.Errorf("positions %d, %d do not ascend", first, second)
	}
	if err := l.Wait(ctx, second); err != nil {
		t.Error(err)
	}
	if err := l.Compact(ctx); err != nil {
		t.Error(err)
	}
}

func TestMisuseShowsInWait(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(t *testing.T, l *Log)
		want error
	}{
		{"append before replay would follow an unread end", func(t *testing.T, l *Log) { l.Append(testKind, nil) }, ErrReplay},
		{"append after close has no writer", func(t *testing.T, l *Log) {
			if err := l.Replay(nil); err != nil {
				t.Fatal(err)
			}
			l.Close()
			l.Append(testKind, nil)
		}, ErrClosed},
		{"a record above the bound would be unreadable", func(t *testing.T, l *Log) {
			if err := l.Replay(nil); err != nil {
				t.Fatal(err)
			}
			l.Append(testKind, make([]byte, MaxRecord+1))
		}, ErrTooLarge},
		{"kind 0 ends a snapshot", func(t *testing.T, l *Log) {
			if err := l.Replay(nil); err != nil {
				t.Fatal(err)
			}
			l.Append(0, nil)
		}, ErrFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t, t.TempDir())
			tt.do(t, l)
			err := l.Wait(t.Context(), 1)
			if !errors.Is(err, tt.want) || !errors.Is(err, ErrFailed) {
				t.Errorf("Wait: %v, want ErrFailed and %v", err, tt.want)
			}
		})
	}
}

func TestReplayOnlyOnce(t *testing.T) {
	l, _ := replay(t, t.TempDir())
	if err := l.Replay(nil); !errors.Is(err, ErrReplay) {
		t.Errorf("second Replay: %v", err)
	}
}

func TestReplayRefusesKindWithoutHandler(t *testing.T) {
	dir := t.TempDir()
	l, _ := replay(t, dir)
	appendWait(t, l, "a")
	closeLog(t, l)
	l = open(t, dir)
	if err := l.Replay(nil); err == nil || !strings.Contains(err.Error(), "kind 7") {
		t.Errorf("Replay: %v", err)
	}
}

func TestReplayEndsWithTheHandlersError(t *testing.T) {
	dir, refused := t.TempDir(), errors.New("refused")
	l, _ := replay(t, dir)
	appendWait(t, l, "a", "b")
	closeLog(t, l)
	l = open(t, dir)
	err := l.Replay(map[Kind]func([]byte) error{testKind: func([]byte) error { return refused }})
	if !errors.Is(err, refused) {
		t.Errorf("Replay: %v", err)
	}
}

func TestDirectoryIsLocked(t *testing.T) {
	dir := t.TempDir()
	l := open(t, dir)
	if _, err := Open(dir); !errors.Is(err, ErrLocked) {
		t.Fatalf("second Open: %v, want ErrLocked", err)
	}
	closeLog(t, l)
	open(t, dir)
}

func TestOptionsOutOfRange(t *testing.T) {
	if _, err := Open("", func(o *Options) { o.CompactBytes = 1 }); err == nil {
		t.Error("CompactBytes 1 accepted")
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	l, _ := replay(t, t.TempDir())
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if err := l.Wait(ctx, 99); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait for a record nobody appended: %v", err)
	}
}

// Writers that append under one lock find their order on disk, and every one of their
// waits ends.
func TestConcurrentWritersKeepTheirOrder(t *testing.T) {
	dir := t.TempDir()
	l, _ := replay(t, dir)
	const writers, each = 16, 50
	var mu sync.Mutex
	var want []string
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				r := fmt.Sprint(w, ":", i)
				mu.Lock()
				lsn := l.Append(testKind, []byte(r))
				want = append(want, r)
				mu.Unlock()
				if err := l.Wait(t.Context(), lsn); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	closeLog(t, l)
	_, got := replay(t, dir)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every length to which a crash can cut the file gives a prefix of whole batches, and
// the log goes on from there.
func TestTornEndIsCutOff(t *testing.T) {
	whole := t.TempDir()
	l, _ := replay(t, whole)
	records := []string{"one", "two", "three"}
	var ends []int64
	for _, r := range records {
		ends = append(ends, l.tail.size)
		appendWait(t, l, r)
	}
	closeLog(t, l)
	data, err := os.ReadFile(filepath.Join(whole, "log-0000000000000001"))
	if err != nil {
		t.Fatal(err)
	}
	for size := range len(data) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "log-0000000000000001"), data[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		want := []string(nil)
		for i := range records[1:] {
			if int64(size) >= ends[i+1] {
				want = records[:i+1]
			}
		}
		l, got := replay(t, dir)
		if !cmp.Equal(want, got) {
			t.Fatalf("cut to %d bytes: replayed %q, want %q", size, got, want)
		}
		appendWait(t, l, "after")
		closeLog(t, l)
		if _, got := replay(t, dir); !cmp.Equal(append(want[:len(want):len(want)], "after"), got) {
			t.Fatalf("cut to %d bytes, then written: replayed %q", size, got)
		}
	}
}

// Flipping any bit of a batch that others follow is found, with its place.
func TestDamageInTheMiddleIsReported(t *testing.T) {
	whole := t.TempDir()
	l, _ := replay(t, whole)
	appendWait(t, l, "one", "two")
	damageable := l.tail.size
	appendWait(t, l, "three")
	closeLog(t, l)
	name := "log-0000000000000001"
	data, err := os.ReadFile(filepath.Join(whole, name))
	if err != nil {
		t.Fatal(err)
	}
	for at := range damageable {
		dir := t.TempDir()
		damaged := append([]byte(nil), data...)
		damaged[at] ^= 0x10
		if err := os.WriteFile(filepath.Join(dir, name), damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		err := open(t, dir).Replay(collect(new([]string)))
		var corrupt *CorruptError
		var newer *VersionError
		if !errors.As(err, &corrupt) && !(at >= 8 && at < 12 && errors.As(err, &newer)) {
			t.Fatalf("byte %d damaged: %v", at, err)
		}
		if corrupt == nil || at < headerSize {
			continue
		}
		if corrupt.Offset > at || corrupt.Good > 1 || corrupt.Good == 1 && corrupt.Offset == headerSize {
			t.Fatalf("byte %d damaged: reported as %+v", at, corrupt)
		}
		after, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !cmp.Equal(after, damaged) {
			t.Fatalf("byte %d damaged: the file was changed (%v)", at, err)
		}
	}
}

func TestNewerVersionIsRefused(t *testing.T) {
	dir := t.TempDir()
	b := header{1, 1}.encode()
	binary.LittleEndian.PutUint32(b[8:], version+1)
	if err := os.WriteFile(filepath.Join(dir, "log-0000000000000001"), b, 0o600); err != nil {
		t.Fatal(err)
	}
	err := open(t, dir).Replay(nil)
	var newer *VersionError
	if !errors.As(err, &newer) || newer.Version != version+1 {
		t.Errorf("Replay: %v", err)
	}
}
