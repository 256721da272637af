package mqtt_test

import (
	"context"
	"errors"
	"math"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
)

const (
	v4       = mqttest.V311
	v5       = mqttest.V5
	patience = mqttest.Patience
)

// server is a broker behind a TCP listener.
type server struct {
	*mqtt.Broker
	address string
}

// unlimited lifts the limits of rate, which tests are faster than.
func unlimited(o *mqtt.Options) {
	o.Limits.PublishRate = math.Inf(1)
	o.Limits.ConnectRate = math.Inf(1)
	o.Limits.RedeliveryRate = math.Inf(1)
	o.Limits.Throughput = math.MaxInt
	o.NoEvents = true
}

// serve starts a broker that admits everybody as anyone says, and ends it, with all its
// goroutines, when the test ends.
func serve(t testing.TB, optFns ...func(*mqtt.Options)) *server {
	t.Helper()
	return serveAs(t, admitAll, optFns...)
}

func serveAs(t testing.TB, admit mqtt.Admit, optFns ...func(*mqtt.Options)) *server {
	t.Helper()
	var o mqtt.Options
	unlimited(&o)
	for _, fn := range optFns {
		fn(&o)
	}
	b, err := mqtt.New(o)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _ = b.Handle(context.Background(), conn, admit) }()
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-accepted
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := b.Shutdown(ctx); err != nil && !errors.Is(err, mqtt.ErrClosed) {
			t.Errorf("Shutdown: %v", err)
		}
		noGoroutines(t)
	})
	return &server{b, listener.Addr().String()}
}

// anyone may do everything but what has "forbidden" in it, and sees no "hidden" topic.
type anyone struct{ name, account string }

func (a anyone) Account() string                    { return a.account }
func (a anyone) Principal() string                  { return a.name }
func (anyone) MayPublish(topic string, _ bool) bool { return !strings.Contains(topic, "forbidden") }
func (anyone) MaySubscribe(filter string) bool      { return !strings.Contains(filter, "forbidden") }
func (anyone) MayReceive(topic, _ string) bool      { return !strings.Contains(topic, "hidden") }
func (anyone) Closed()                              {}

func admitAll(_ context.Context, c *mqtt.Connect) (mqtt.Client, error) {
	switch c.Username {
	case "nobody":
		return nil, errors.New("nobody may connect")
	case "bad":
		return nil, &mqtt.Refusal{Reason: mqtt.BadCredentials, Err: errors.New("bad password")}
	case "down":
		return nil, &mqtt.Refusal{Reason: mqtt.ServerUnavailable, Err: errors.New("the authorizer is down")}
	}
	return anyone{"principal-of-" + c.ClientID, c.Username}, nil
}

// join dials and connects.
func (s *server) join(t testing.TB, protocol byte, clientID string, edit ...func(*packet)) *mqttest.Peer {
	t.Helper()
	p := mqttest.Dial(t, s.address, protocol)
	p.Connect(clientID, edit...)
	return p
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !ok(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: %s", what)
		}
	}
}

// noGoroutines waits until no goroutine of the broker is left.
func noGoroutines(t testing.TB) {
	t.Helper()
	var left string
	for deadline := time.Now().Add(patience); ; <-time.After(time.Millisecond) {
		left = ""
		buf := make([]byte, 4<<20)
		for stack := range strings.SplitSeq(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "internal/mqtt.(*") {
				left = stack
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("a goroutine is left:\n%s", left)
			return
		}
	}
}
