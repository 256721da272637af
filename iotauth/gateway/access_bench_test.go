package gateway

import (
	"fmt"
	"testing"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// BenchmarkDecision is the price of authorization per packet and per delivery. The baselines
// are a client that may do everything without being asked, and an evaluation in full.
func BenchmarkDecision(b *testing.B) {
	robot := certificate(b, "robot7")
	registry := newTableRegistry()
	document := policy.New(
		policy.Allow(policy.Connect).On(policy.Client("${iot:Connection.Thing.ThingName}")),
		policy.Allow(policy.Publish, policy.Receive, policy.RetainPublish).On(policy.Topic("robots/${iot:Connection.Thing.ThingName}/*"), policy.Topic("$share/*/robots/all/*")),
		policy.Allow(policy.Subscribe).On(policy.TopicFilter("robots/${iot:Connection.Thing.ThingName}/*")),
		policy.Deny(policy.Publish, policy.Receive).On(policy.Topic("robots/*/secret")),
	)
	registry.principals[certificateID(robot)] = Principal{Active: true, Thing: &policy.Thing{Name: "robot7", Attached: true}, Policies: []*policy.Document{document}}
	g := testGateway(b, registry)
	client := mustAdmit(b, g, carrierOf(mqttCertificate).withCertificate(robot), connectAs("robot7"))
	bound := asClient(b, client).bound.Load()
	for _, bench := range []struct {
		name   string
		decide func() bool
	}{
		{"nobody asks", func() bool { return mqtt.Client(everything{}).MayReceive("robots/robot7/action", "") }},
		{"bound alone", func() bool { return bound.Receive("robots/robot7/action").Allowed() }},
		{"publish", func() bool { return client.MayPublish("robots/robot7/action", false) }},
		{"publish retained", func() bool { return client.MayPublish("robots/robot7/action", true) }},
		{"subscribe", func() bool { return client.MaySubscribe("robots/robot7/#") }},
		{"receive", func() bool { return client.MayReceive("robots/robot7/action", "") }},
		{"receive shared", func() bool { return client.MayReceive("robots/all/action", "a-group-of-clients") }},
		{"in full", func() bool { return bound.Evaluate(policy.Receive, "robots/robot7/action").Allowed() }},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if !bench.decide() {
					b.Fatal("denied")
				}
			}
		})
	}
	b.Run("denied", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if client.MayReceive("robots/robot8/action", "") {
				b.Fatal("allowed")
			}
		}
	})
}

// everything is a client that may do everything.
type everything struct{ mqtt.Client }

func (everything) MayReceive(string, string) bool { return true }

// BenchmarkAdmit is the price of a CONNECT by certificate, without TLS.
func BenchmarkAdmit(b *testing.B) {
	for _, documents := range []int{1, 10} {
		b.Run(fmt.Sprintf("documents=%d", documents), func(b *testing.B) {
			robot := certificate(b, "robot7")
			registry := newTableRegistry()
			p := Principal{Active: true, Thing: &policy.Thing{Name: "robot7", Attached: true}}
			for range documents {
				p.Policies = append(p.Policies, sensorPolicy())
			}
			registry.principals[certificateID(robot)] = p
			g := testGateway(b, registry)
			admit := g.admit(carrierOf(mqttCertificate).withCertificate(robot))
			connect := connectAs("robot7")
			b.ReportAllocs()
			for b.Loop() {
				client, err := admit(b.Context(), &connect.Connect)
				if err != nil {
					b.Fatal(err)
				}
				client.Closed()
			}
		})
	}
}

// BenchmarkReload is how long a change takes to reach 1,000 clients: one that concerns all
// of them, and one that turns out to concern none.
func BenchmarkReload(b *testing.B) {
	const clients = 1000
	registry := newTableRegistry()
	set := func(p Principal) { // of every certificate
		for id := range registry.principals {
			registry.principals[id] = p
		}
	}
	p := Principal{Active: true, Policies: []*policy.Document{sensorPolicy()}}
	g := testGateway(b, registry)
	connected := 0
	for range 10 {
		robot := certificate(b, "robot")
		registry.principals[certificateID(robot)] = p
		for range clients / 10 {
			mustAdmit(b, g, carrierOf(mqttCertificate).withCertificate(robot), connectAs(fmt.Sprint(connected)))
			connected++
		}
	}
	for name, next := range map[string]func() Principal{
		"changed":   func() Principal { return Principal{Active: true, Policies: []*policy.Document{sensorPolicy()}} },
		"unchanged": func() Principal { return p },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				registry.change("", func() { set(next()) })
				g.admission.work.Wait()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/clients, "ns/client")
		})
	}
}

// TestDecisionsAllocateNothing guards what BenchmarkDecision shows.
func TestDecisionsAllocateNothing(t *testing.T) {
	_, _, _, client := custom(t, &function{answer: always(allow(sensorPolicy()))})
	for range 6 {
		client.MayPublish("other", false) // the log has enough of this client
	}
	for name, decide := range map[string]func(){
		"publish":   func() { client.MayPublish("sensors/sensor7/t", true) },
		"subscribe": func() { client.MaySubscribe("sensors/sensor7/t") },
		"receive":   func() { client.MayReceive("sensors/sensor7/t", "") },
		"shared":    func() { client.MayReceive("sensors/sensor7/a/topic/of/some/length", "a-group-of-some-length") },
		"denied":    func() { client.MayReceive("sensors/sensor8/t", "") },
	} {
		if n := testing.AllocsPerRun(100, decide); n != 0 {
			t.Errorf("%s allocates %v times", name, n)
		}
	}
}

// asClient is the client behind what the broker sees.
func asClient(t testing.TB, c mqtt.Client) *client {
	t.Helper()
	p, ok := c.(*client)
	if !ok {
		t.Fatalf("a %T", c)
	}
	return p
}
