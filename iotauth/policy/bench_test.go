package policy

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// devicePolicy is what a device of this repository has.
func devicePolicy(b testing.TB) *Document {
	b.Helper()
	text, err := os.ReadFile("../../api/policies/device.json")
	if err != nil {
		b.Fatal(err)
	}
	doc, err := Parse(text)
	if err != nil {
		b.Fatal(err)
	}
	return doc
}

func attached(name string) Connection {
	return Connection{ClientID: name, Thing: &Thing{Name: name, Attached: true}}
}

// largest are ten documents of almost 2,048 characters each: what one principal may have.
func largest(shape string) []*Document {
	docs := make([]*Document, 10)
	for i := range docs {
		var resources []string
		for n := 0; ; n++ {
			next := append(resources[:n:n], Topic(fmt.Sprintf(shape, string(rune('a'+i)), n)))
			docs[i] = New(Allow(Publish).On(next...))
			if docs[i].Size() > MaxSize {
				docs[i] = New(Allow(Publish).On(resources...))
				break
			}
			resources = next
		}
	}
	return docs
}

// shapes of resources, from common to as bad as can be.
var shapes = []struct{ name, shape, miss string }{
	{"exact", "fleet/%s/%d/state", "fleet/j/999/state"},
	{"variable", "fleet/${iot:ClientId}/%s/%d/*", "fleet/c/j/999/x"},
	{"prefix", "fleet/%s/%d/*", "fleet/j/999/state"},
	{"middle", "fleet/*/%s%d/state", "fleet/plant/j999/state"},
	{"suffix", "*/%s%d/state", "fleet/plant/j999/state"},
	{"both ends", "*/%s%d/*", "fleet/plant/j999/state"},
	{"longest topic", "*/%s%d/*", strings.Repeat("fleet/plant/machine/of/many/", 9)},
}

// measure runs f, which must be right. Beside the mean it reports the median of short
// bursts, which other programs on the machine disturb less.
func measure(b *testing.B, burst int, f func() bool) {
	b.Helper()
	b.ReportAllocs()
	var bursts []time.Duration
	began := time.Now()
	for i := 1; b.Loop(); i++ {
		if !f() {
			b.Fatal("wrong")
		}
		if i%burst == 0 {
			now := time.Now()
			bursts = append(bursts, now.Sub(began))
			began = now
		}
	}
	if len(bursts) > 0 {
		slices.Sort(bursts)
		b.ReportMetric(float64(bursts[len(bursts)/2])/float64(burst), "median-ns/op")
	}
}

func BenchmarkBoundPublish(b *testing.B) {
	set, err := Compile(devicePolicy(b))
	if err != nil {
		b.Fatal(err)
	}
	bound := set.Bind(attached("printer-1"))
	for _, c := range []struct {
		name, topic string
		want        Verdict
	}{
		{"allowed", "askaround/v1/device/printer-1/telemetry", Allowed},
		{"denied", "askaround/v1/device/printer-2/telemetry", ImplicitDeny},
		{"wildcard", "askaround/v1/edge/printer-1/beverages/inference", Allowed},
	} {
		b.Run(c.name, func(b *testing.B) {
			measure(b, 256, func() bool { return bound.Publish(c.topic) == c.want })
		})
	}
}

func BenchmarkBoundLargest(b *testing.B) {
	for _, s := range shapes {
		b.Run(s.name, func(b *testing.B) {
			set, err := Compile(largest(s.shape)...)
			if err != nil {
				b.Fatal(err)
			}
			bound := set.Bind(Connection{ClientID: "c"})
			measure(b, 256, func() bool { return bound.Publish(s.miss) == ImplicitDeny })
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range []struct {
		name string
		docs []*Document
	}{{"device", []*Document{devicePolicy(b)}}, {"largest", largest("fleet/*/%s%d/state")}} {
		b.Run(c.name, func(b *testing.B) {
			measure(b, 1, func() bool { _, err := Compile(c.docs...); return err == nil })
		})
	}
}

func BenchmarkBind(b *testing.B) {
	for _, c := range []struct {
		name string
		docs []*Document
	}{{"device", []*Document{devicePolicy(b)}}, {"largest", largest("fleet/*/%s%d/state")}} {
		b.Run(c.name, func(b *testing.B) {
			set, err := Compile(c.docs...)
			if err != nil {
				b.Fatal(err)
			}
			conn := attached("printer-1")
			measure(b, 1, func() bool { return set.Bind(conn) != nil })
		})
	}
}

func BenchmarkEvaluate(b *testing.B) {
	set, err := Compile(devicePolicy(b))
	if err != nil {
		b.Fatal(err)
	}
	conn := attached("printer-1")
	r := conn.Request(Publish, "askaround/v1/device/printer-1/telemetry")
	measure(b, 16, func() bool { return set.Evaluate(r).Allowed() })
}

func BenchmarkParse(b *testing.B) {
	text, err := os.ReadFile("../../api/policies/device.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	measure(b, 1, func() bool { _, err := Parse(text); return err == nil })
}
