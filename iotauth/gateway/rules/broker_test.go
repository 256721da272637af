package rules

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// TestBroker runs the engine behind the gateway's broker: what a client publishes, what
// the broker refuses to republish, and a loop, for which the context must come through.
func TestBroker(t *testing.T) {
	var broker *mqtt.Broker
	e, _ := newEngine(t, func(o *Options) {
		o.Publish = func(ctx context.Context, m Message) error { return broker.Publish(ctx, m) }
	})
	var mu sync.Mutex
	counts := map[string]int{}
	broker, err := mqtt.New(mqtt.Options{Tap: func(ctx context.Context, from mqtt.Source, m *mqtt.Message) {
		mu.Lock()
		counts[m.Topic]++
		mu.Unlock()
		e.Tap(ctx, from, m)
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := broker.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	put(t, e, "pass", payload("SELECT * FROM 'in/+'", `{"republish": {"topic": "out/${topic(2)}", "qos": 1, `+role+`}}`))
	put(t, e, "refused", payload("SELECT * FROM 'in/+'", republishTo("a/b/c/d/e/f/g/h/i/j")))
	put(t, e, "loop", payload("SELECT * FROM 'loop'", republishTo("loop")))
	put(t, e, "ingest", payload("SELECT VALUE topic() FROM 'nothing'", republishTo("ingested")))
	for _, topic := range []string{"in/7", "loop", "$aws/rules/ingest/x/y"} {
		if err := broker.PublishFrom(t.Context(), mqtt.Source{ClientID: "c", Principal: "p", RemoteAddr: "192.0.2.7:1"}, mqtt.Message{Topic: topic, Payload: []byte(`{}`), QoS: 1}); err != nil {
			t.Fatal(err)
		}
	}
	waitIdle(t, e)
	mu.Lock()
	defer mu.Unlock()
	want := map[string]int{"in/7": 1, "out/7": 1, "loop": maxSteps + 2, "$aws/rules/ingest/x/y": 1, "ingested": 1}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Error(diff)
	}
	s := e.Stats()
	if s.RepublishLoop != 1 || s.Rules["refused"].Actions["RepublishAction"] != (ActionStats{Failure: 1}) {
		t.Errorf("%+v", s)
	}
	if err := broker.Publish(t.Context(), mqtt.Message{Topic: "a/b/c/d/e/f/g/h/i/j"}); !errors.Is(err, mqtt.ErrInvalid) {
		t.Errorf("the broker takes a topic of ten levels: %v", err)
	}
}
