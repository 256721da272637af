package rules

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// A recorder is a broker that has no clients: what is published reaches the tap, as the
// gateway's broker has it.
type recorder struct {
	engine *Engine
	mu     sync.Mutex
	all    []Message
}

func (r *recorder) publish(ctx context.Context, m Message) error {
	r.mu.Lock()
	r.all = append(r.all, m)
	r.mu.Unlock()
	r.engine.Tap(ctx, Source{}, &m)
	return nil
}

// published returns "topic payload" of each message, in order.
func (r *recorder) published() (list []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.all {
		list = append(list, m.Topic+" "+string(m.Payload))
	}
	return list
}

// newEngine returns an engine that republishes to a recorder and is closed at the end.
func newEngine(t testing.TB, optFns ...func(*Options)) (*Engine, *recorder) {
	t.Helper()
	r := &recorder{}
	engine, err := New(append([]func(*Options){func(o *Options) {
		o.Publish = r.publish
		o.RetryDelay = time.Millisecond
		o.Logger = slog.New(slog.NewTextHandler(testWriter{t}, nil))
	}}, optFns...)...)
	if err != nil {
		t.Fatal(err)
	}
	r.engine = engine
	t.Cleanup(func() { engine.Close(context.Background()) })
	return engine, r
}

// testWriter logs to the test.
type testWriter struct{ testing.TB }

func (w testWriter) Write(p []byte) (int, error) {
	if _, bench := w.TB.(*testing.B); !bench {
		w.Logf("%s", strings.TrimSuffix(string(p), "\n"))
	}
	return len(p), nil
}

const role = `"roleArn": "arn:aws:iam::123456789012:role/r"`

func republishTo(topic string) string {
	return fmt.Sprintf(`{"republish": {"topic": %q, %s}}`, topic, role)
}

// payload is a rule's JSON, of 2016-03-23.
func payload(sql string, actions ...string) json.RawMessage {
	quoted, err := json.Marshal(sql)
	if err != nil {
		panic(err)
	}
	return json.RawMessage(fmt.Sprintf(`{"sql": %s, "awsIotSqlVersion": "2016-03-23", "actions": [%s]}`, quoted, strings.Join(actions, ",")))
}

// withErrorAction adds one.
func withErrorAction(rule json.RawMessage, action string) json.RawMessage {
	return json.RawMessage(strings.TrimSuffix(string(rule), "}") + `, "errorAction": ` + action + `}`)
}

func put(t testing.TB, e *Engine, name string, rule json.RawMessage) {
	t.Helper()
	if err := e.PutRule(name, rule); err != nil {
		t.Fatal(err)
	}
}

// tap shows the engine a message of a client.
func tap(e *Engine, client, topic, payload string) {
	e.Tap(context.Background(), Source{ClientID: client, Principal: "principal-" + client, RemoteAddr: "192.0.2.7:1234"}, &Message{Topic: topic, Payload: []byte(payload)})
}

// closed closes the engine, so that everything was done.
func closed(t testing.TB, e *Engine) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := e.Close(ctx); err != nil {
		t.Fatal(err)
	}
}
