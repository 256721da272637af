package topic

import (
	"fmt"
	"math/rand/v2"
	"testing"

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
	r := rand.New(rand.NewPCG(1, 0))
	for len(names) < 4096 {
		if i := r.IntN(n - 1); i%100 > 0 {
			names = append(names, fmt.Sprintf("q/%d/answers", i))
		}
	}
	return append(filters, "q/+/answers"), names
}

// BenchmarkIndex looks up one topic among n filters, beside mochi's tree.
func BenchmarkIndex(b *testing.B) {
	for _, n := range []int{1_000, 100_000, 1_000_000} {
		filters, names := workload(n)
		b.Run(fmt.Sprintf("index/%d", n), func(b *testing.B) {
			var x Index[int]
			for i, f := range filters {
				x.Add(mustFilter(b, f), i)
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				hits := 0
				for range x.Matching(names[i%len(names)]) {
					hits++
				}
				if hits != 2 {
					b.Fatalf("%d hits", hits)
				}
			}
		})
		b.Run(fmt.Sprintf("mochi/%d", n), func(b *testing.B) {
			x := mqtt.NewTopicsIndex()
			for i, f := range filters {
				x.Subscribe(fmt.Sprint("client", i), mochi.Subscription{Filter: f})
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if hits := len(x.Subscribers(names[i%len(names)]).Subscriptions); hits != 2 {
					b.Fatalf("%d hits", hits)
				}
			}
		})
	}
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
