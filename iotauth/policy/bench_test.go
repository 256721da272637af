package policy

import (
	"fmt"
	"os"
	"testing"
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
			b.ReportAllocs()
			for b.Loop() {
				if bound.Publish(c.topic) != c.want {
					b.Fatal("wrong decision")
				}
			}
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
			b.ReportAllocs()
			for b.Loop() {
				if bound.Publish(s.miss) != ImplicitDeny {
					b.Fatal("wrong decision")
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, c := range []struct {
		name string
		docs []*Document
	}{{"device", []*Document{devicePolicy(b)}}, {"largest", largest("fleet/*/%s%d/state")}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compile(c.docs...); err != nil {
					b.Fatal(err)
				}
			}
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
			b.ReportAllocs()
			for b.Loop() {
				set.Bind(conn)
			}
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
	b.ReportAllocs()
	for b.Loop() {
		if set.Evaluate(r).Verdict != Allowed {
			b.Fatal("wrong decision")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	text, err := os.ReadFile("../../api/policies/device.json")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
