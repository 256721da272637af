package topic

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	mqtt "github.com/mochi-mqtt/server/v2"
	mochi "github.com/mochi-mqtt/server/v2/packets"
)

// workload returns n filters as a broker has them: nearly all name one topic, one in a
// hundred has a "+", one in a thousand a "#". Each of the topics to look for, spread over
// all of them so that no cache holds what they need, is found under two.
func workload(n int) (filters, names []string) {
	for i := range n - 1 {
		switch {
		case i%1000 == 0:
			filters = append(filters, fmt.Sprintf("dt/%d/#", i))
		case i%100 == 0:
			filters = append(filters, fmt.Sprintf("geo/%d/+", i))
		default:
			filters = append(filters, fmt.Sprintf("q/%d/answers", i))
		}
	}
	return append(filters, "q/+/answers"), spread(n, "q/%d/answers", func(i int) bool { return i%100 > 0 })
}

// wildcards returns n filters that all have a wildcard, and topics each of which is found
// under two of them.
func wildcards(n int) (filters, names []string) {
	for i := range n - 1 {
		if i%2 == 0 {
			filters = append(filters, fmt.Sprintf("dt/%d/#", i))
		} else {
			filters = append(filters, fmt.Sprintf("dt/%d/+/state", i))
		}
	}
	return append(filters, "dt/+/door/state"), spread(n, "dt/%d/door/state", func(int) bool { return true })
}

// spread returns 2^18 topics made of random numbers below n - 1 that are wanted.
func spread(n int, format string, wanted func(int) bool) (names []string) {
	r := rand.New(rand.NewPCG(1, 0))
	for len(names) < 1<<18 {
		if i := r.IntN(n - 1); wanted(i) {
			names = append(names, fmt.Sprintf(format, i))
		}
	}
	return names
}

// BenchmarkIndex looks up one topic among n filters, beside mochi's tree. Of the names,
// "hot" asks for one again and again, the others for all in turn.
func BenchmarkIndex(b *testing.B) {
	for _, w := range []struct {
		name string
		of   func(n int) (filters, names []string)
	}{{"exact", workload}, {"wildcards", wildcards}} {
		for _, n := range []int{1_000, 100_000, 1_000_000} {
			filters, names := w.of(n)
			var x Index[int]
			before := heap()
			for i, f := range filters {
				x.Add(mustFilter(b, f), i)
			}
			bytes := float64(heap()-before) / float64(n)
			look := func(name string) (hits int) {
				for range x.Matching(name) {
					hits++
				}
				return hits
			}
			b.Run(fmt.Sprintf("%s/hot/index/%d", w.name, n), func(b *testing.B) { lookUp(b, names[:1], bytes, look) })
			b.Run(fmt.Sprintf("%s/index/%d", w.name, n), func(b *testing.B) { lookUp(b, names, bytes, look) })
			b.Run(fmt.Sprintf("%s/mochi/%d", w.name, n), func(b *testing.B) {
				before := heap()
				x := mqtt.NewTopicsIndex()
				for i, f := range filters {
					x.Subscribe(fmt.Sprint("client", i), mochi.Subscription{Filter: f})
				}
				bytes := float64(heap()-before) / float64(n)
				lookUp(b, names, bytes, func(name string) int { return len(x.Subscribers(name).Subscriptions) })
			})
		}
	}
}

// lookUp measures look, which finds every name under two filters. Beside the mean it
// reports the median of short bursts, which other programs on the machine disturb less.
func lookUp(b *testing.B, names []string, bytes float64, look func(name string) int) {
	const burst = 256
	var bursts []time.Duration
	began := time.Now()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if hits := look(names[i%len(names)]); hits != 2 {
			b.Fatalf("%d hits", hits)
		}
		if i%burst == burst-1 {
			now := time.Now()
			bursts = append(bursts, now.Sub(began))
			began = now
		}
	}
	b.ReportMetric(bytes, "B/filter")
	if len(bursts) > 0 {
		slices.Sort(bursts)
		b.ReportMetric(float64(bursts[len(bursts)/2])/burst, "median-ns/op")
	}
}

// heap is how many bytes are in use.
func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkRouter hands a message to one of n handlers, beside paho's router.
func BenchmarkRouter(b *testing.B) {
	for _, n := range []int{10, 50, 1_000} {
		filters, names := workload(n)
		b.Run(fmt.Sprintf("router/%d", n), func(b *testing.B) {
			var r Router[*packets.Publish]
			calls := 0
			for _, f := range filters {
				r.Handle(mustFilter(b, f), func(string, *packets.Publish) { calls++ })
			}
			m := &packets.Publish{Properties: &packets.Properties{}}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Topic = names[i%len(names)]
				r.Route(m.Topic, m)
			}
			if calls < 2*b.N {
				b.Fatalf("%d calls in %d rounds", calls, b.N)
			}
		})
		b.Run(fmt.Sprintf("paho/%d", n), func(b *testing.B) {
			r := paho.NewStandardRouter()
			calls := 0
			for _, f := range filters {
				r.RegisterHandler(f, func(*paho.Publish) { calls++ })
			}
			m := &packets.Publish{Properties: &packets.Properties{}}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				m.Topic = names[i%len(names)]
				r.Route(m)
			}
			if calls < 2*b.N {
				b.Fatalf("%d calls in %d rounds", calls, b.N)
			}
		})
	}
}

// BenchmarkParse reads a topic of the first channel and one of the last.
func BenchmarkParse(b *testing.B) {
	for channel, name := range map[string]string{
		"first": "askaround/v1/geo/" + someCell,
		"last":  "askaround/v1/edge/cam-1/cats/state",
	} {
		b.Run(channel, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(name); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
