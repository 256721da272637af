package journal

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkAppendWait: records of 200 bytes, each waited for. One writer pays a sync for
// each; more writers share them, which is what group commit is for.
func BenchmarkAppendWait(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprint("writers=", writers), func(b *testing.B) {
			l, err := Open(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer l.Close()
			if err := l.Replay(nil); err != nil {
				b.Fatal(err)
			}
			record := make([]byte, 200)
			b.SetBytes(int64(len(record)))
			b.ResetTimer()
			var next atomic.Int64
			var group sync.WaitGroup
			for range writers {
				group.Go(func() {
					for next.Add(1) <= int64(b.N) {
						if err := l.Wait(b.Context(), l.Append(testKind, record)); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			group.Wait()
			b.ReportMetric(float64(l.tail.batch-1)/float64(b.N), "syncs/op")
		})
	}
}

// BenchmarkAppend is the part under the caller's lock.
func BenchmarkAppend(b *testing.B) {
	l, err := Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	if err := l.Replay(nil); err != nil {
		b.Fatal(err)
	}
	record := make([]byte, 200)
	for b.Loop() {
		l.Append(testKind, record)
	}
}
