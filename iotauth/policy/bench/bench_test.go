package bench

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/iotauth/policy"
	"github.com/cedar-policy/cedar-go"
	"github.com/open-policy-agent/opa/v1/rego"
)

const thing = "printer-1"

// A world is one set of policies in three languages, the thing's name put in for variables
// (cedar's "like" takes none), and questions with their answers.
type world struct {
	name  string
	docs  []*policy.Document
	ask   map[string]bool // topic that is published to: allowed
	rules []rule
}

// A rule is one allowed pattern.
type rule struct{ action, pattern string }

func worlds(tb testing.TB) []world {
	tb.Helper()
	text, err := os.ReadFile("../../../api/policies/device.json")
	if err != nil {
		tb.Fatal(err)
	}
	device, err := policy.Parse(text)
	if err != nil {
		tb.Fatal(err)
	}
	out := []world{
		{name: "device", docs: []*policy.Document{device}, ask: map[string]bool{
			"askaround/v1/device/printer-1/telemetry": true, "askaround/v1/device/printer-2/telemetry": false, "askaround/v1/edge/printer-1/m/inference": true,
		}},
		{name: "largest", docs: largest(), ask: map[string]bool{"fleet/plant/j7/state": true, "fleet/plant/j999/state": false}},
	}
	for i := range out {
		out[i].rules = rules(out[i].docs)
	}
	return out
}

// largest are ten documents of almost 2,048 characters each: what one principal may have.
func largest() []*policy.Document {
	docs := make([]*policy.Document, 10)
	for i := range docs {
		var resources []string
		for n := 0; ; n++ {
			next := append(resources[:n:n], policy.Topic(fmt.Sprintf("fleet/*/%c%d/state", 'a'+i, n)))
			if policy.New(policy.Allow(policy.Publish).On(next...)).Size() > policy.MaxSize {
				break
			}
			resources = next
		}
		docs[i] = policy.New(policy.Allow(policy.Publish).On(resources...))
	}
	return docs
}

// rules takes policies apart that only allow, without "?".
func rules(docs []*policy.Document) []rule {
	var out []rule
	for _, d := range docs {
		for _, s := range d.Statements {
			for _, r := range s.Resource {
				_, name, _ := strings.Cut(r, "/")
				out = append(out, rule{string(s.Action[0]), strings.ReplaceAll(name, "${iot:Connection.Thing.ThingName}", thing)})
			}
		}
	}
	return out
}

func (w world) bound(tb testing.TB) *policy.Bound {
	tb.Helper()
	set, err := policy.Compile(w.docs...)
	if err != nil {
		tb.Fatal(err)
	}
	return set.Bind(policy.Connection{ClientID: thing, Thing: &policy.Thing{Name: thing, Attached: true}})
}

func (w world) cedar(tb testing.TB) *cedar.PolicySet {
	tb.Helper()
	var b strings.Builder
	for _, r := range w.rules {
		fmt.Fprintf(&b, "permit(principal, action == Action::%q, resource) when { context.topic like %q };\n", r.action, r.pattern)
	}
	set, err := cedar.NewPolicySetFromBytes("policies", []byte(b.String()))
	if err != nil {
		tb.Fatal(err)
	}
	return set
}

func (w world) opa(tb testing.TB) rego.PreparedEvalQuery {
	tb.Helper()
	var b strings.Builder
	b.WriteString("package iot\n\ndefault allow := false\n\n")
	for _, r := range w.rules {
		fmt.Fprintf(&b, "allow if { input.action == %q; glob.match(%q, null, input.topic) }\n", r.action, r.pattern)
	}
	query, err := rego.New(rego.Query("data.iot.allow"), rego.Module("iot.rego", b.String())).PrepareForEval(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return query
}

func askCedar(set *cedar.PolicySet, topic string) bool {
	decision, _ := cedar.Authorize(set, cedar.EntityMap{}, cedar.Request{
		Principal: cedar.NewEntityUID("Client", thing), Action: cedar.NewEntityUID("Action", "iot:Publish"), Resource: cedar.NewEntityUID("Topic", "t"),
		Context: cedar.NewRecord(cedar.RecordMap{"topic": cedar.String(topic)}),
	})
	return decision == cedar.Allow
}

func askOPA(tb testing.TB, query rego.PreparedEvalQuery, topic string) bool {
	results, err := query.Eval(context.Background(), rego.EvalInput(map[string]any{"action": "iot:Publish", "topic": topic}))
	if err != nil {
		tb.Fatal(err)
	}
	return results.Allowed()
}

// TestAllAgree: the three decide alike, so that the figures compare.
func TestAllAgree(t *testing.T) {
	for _, w := range worlds(t) {
		bound, set, query := w.bound(t), w.cedar(t), w.opa(t)
		for topic, want := range w.ask {
			if got := bound.Publish(topic) == policy.Allowed; got != want {
				t.Errorf("%s: %s: policy says %t", w.name, topic, got)
			}
			if got := askCedar(set, topic); got != want {
				t.Errorf("%s: %s: cedar says %t", w.name, topic, got)
			}
			if got := askOPA(t, query, topic); got != want {
				t.Errorf("%s: %s: OPA says %t", w.name, topic, got)
			}
		}
	}
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

func BenchmarkPublish(b *testing.B) {
	for _, w := range worlds(b) {
		for topic, want := range w.ask {
			name := fmt.Sprintf("%s/%t/", w.name, want)
			if strings.Contains(topic, "edge") {
				continue
			}
			bound, set, query := w.bound(b), w.cedar(b), w.opa(b)
			b.Run(name+"policy", func(b *testing.B) {
				measure(b, 256, func() bool { return (bound.Publish(topic) == policy.Allowed) == want })
			})
			b.Run(name+"cedar", func(b *testing.B) {
				measure(b, 1, func() bool { return askCedar(set, topic) == want })
			})
			b.Run(name+"opa", func(b *testing.B) {
				measure(b, 1, func() bool { return askOPA(b, query, topic) == want })
			})
		}
	}
}
