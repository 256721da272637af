package faulttest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/mqtt"
	"github.com/askaround/askaround-go/internal/mqtt/mqttest"
	"github.com/askaround/askaround-go/iotauth/gateway/internal/store"
)

const serveDir = "ASKAROUND_GATEWAY_FAULTTEST_DIR"

// TestMain is also the broker that tests kill: with the variable set it serves the
// sessions of a directory until its standard input ends, and prints its address.
func TestMain(m *testing.M) {
	if dir := os.Getenv(serveDir); dir != "" {
		if err := serveUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func serveUntilKilled(dir string) error {
	b, err := newBroker(dir, nil)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(listener.Addr())
	go accept(b, listener)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// unlimited lifts the limits of rate and of queues, which tests are faster and longer than.
func unlimited() mqtt.Limits {
	return mqtt.Limits{PublishRate: math.Inf(1), ConnectRate: math.Inf(1), RedeliveryRate: math.Inf(1), Throughput: math.MaxInt,
		QueuedMessages: math.MaxInt, QueuedBytes: math.MaxInt}
}

// newBroker returns a broker over the sessions of a directory, or of memory.
func newBroker(dir string, fs journal.FileSystem, optFns ...func(*mqtt.Options)) (*mqtt.Broker, error) {
	o := mqtt.Options{Limits: unlimited(), NoEvents: true}
	if dir != "" {
		s, err := store.Open(dir, func(o *store.Options) { o.FS, o.CompactBytes = fs, 64<<10 })
		if err != nil {
			return nil, err
		}
		o.Store = s
	}
	for _, fn := range optFns {
		fn(&o)
	}
	return mqtt.New(o)
}

func accept(b *mqtt.Broker, listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() { _ = b.Handle(context.Background(), conn, admit) }()
	}
}

// anyone may do everything but subscribe to a topic that the Paho suite expects to be closed.
type anyone struct{}

func (anyone) Account() string                 { return "" }
func (anyone) Principal() string               { return "anyone" }
func (anyone) MayPublish(string, bool) bool    { return true }
func (anyone) MaySubscribe(filter string) bool { return filter != "test/nosubscribe" }
func (anyone) MayReceive(string, string) bool  { return true }
func (anyone) Closed()                         {}

func admit(context.Context, *mqtt.Connect) (mqtt.Client, error) { return anyone{}, nil }

// server is a broker in this process.
type server struct {
	*mqtt.Broker
	address string
	stop    func()
}

// serve starts a broker, which the test ends.
func serve(t testing.TB, dir string, fs journal.FileSystem, optFns ...func(*mqtt.Options)) *server {
	t.Helper()
	b, err := newBroker(dir, fs, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan struct{})
	go func() { defer close(accepted); accept(b, listener) }()
	stop := func() {
		_ = listener.Close()
		<-accepted
		ctx, cancel := context.WithTimeout(context.Background(), mqttest.Patience)
		defer cancel()
		err := b.Shutdown(ctx)
		if err != nil && !errors.Is(err, mqtt.ErrClosed) && !errors.Is(err, journal.ErrFailed) {
			t.Errorf("Shutdown: %v", err)
		}
	}
	t.Cleanup(stop)
	return &server{b, listener.Addr().String(), stop}
}

// process is a broker in a process of its own.
type process struct {
	address string
	cmd     *exec.Cmd
	input   io.Closer
}

func start(t testing.TB, dir string) *process {
	t.Helper()
	program, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), serveDir+"="+dir)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: cmd, input: input}
	t.Cleanup(p.kill)
	watchdog := time.AfterFunc(time.Minute, p.kill)
	line := make([]byte, 64)
	n, err := output.Read(line)
	watchdog.Stop()
	if err != nil {
		t.Fatalf("the broker did not start: %v", err)
	}
	p.address = strings.TrimSpace(string(line[:n]))
	return p
}

// kill is kill -9, and the second time nothing.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

// join dials and connects.
func join(t testing.TB, address string, protocol byte, clientID string, edit ...func(*packet)) *mqttest.Peer {
	t.Helper()
	p := mqttest.Dial(t, address, protocol)
	p.Connect(clientID, edit...)
	return p
}

// resume connects to a session that must be there.
func resume(t testing.TB, address string, protocol byte, clientID string) *mqttest.Peer {
	t.Helper()
	p := mqttest.Dial(t, address, protocol)
	if ack := p.Connect(clientID, mqttest.Persistent(3600)); !ack.SessionPresent {
		t.Fatalf("%s: session present is 0", clientID)
	}
	return p
}

// eventually waits for a condition, also where the disk is slow.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("timeout: %s", what)
		}
	}
}
