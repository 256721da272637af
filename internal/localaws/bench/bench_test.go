package main

import (
	"context"
	"os"
	"strings"
	"testing"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// BenchmarkCalls is what one call of the SDK's client costs in this process, with the
// engine and with a server that answers constant bytes. What the engine costs is the
// difference.
func BenchmarkCalls(b *testing.B) {
	for _, w := range workloads {
		for _, t := range targets(nil) {
			if !strings.Contains(t.name, "in process") {
				continue
			}
			b.Run(w.name+"/"+t.name, func(b *testing.B) { benchmarkCalls(b, t, w) })
		}
	}
}

func benchmarkCalls(b *testing.B, t target, w workload) {
	s, err := t.start(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(s.stop)
	if err := t.prepare(b.Context(), s.db); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetParallelism(4)
	b.ResetTimer()
	before := processorTime(0)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := w.call(context.Background(), s.db); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64((processorTime(0)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
}
