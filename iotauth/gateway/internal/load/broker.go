package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
	"github.com/askaround/askaround-go/iotauth/policy"
)

// brokers are those that are measured.
var brokers = []string{"gateway", "mochi", "mosquitto"}

// serveVariable, in the environment, makes this program one of the brokers.
const serveVariable = "LOAD_BROKER"

// errMissing: a broker is not installed.
var errMissing = errors.New("not measured, because it is not installed")

// serve is a broker, until its standard input ends. It tells its address.
func serve(name string, out io.Writer, in io.Reader) error {
	listen := serveMochi
	if name == "gateway" {
		listen = serveGateway
	}
	address, stop, err := listen()
	if err != nil {
		return err
	}
	fmt.Fprintln(out, address)
	_, _ = io.Copy(io.Discard, in)
	return stop()
}

// username makes the gateway ask the authorizer; the others take no notice of it.
const username = "load?x-amz-customauthorizer-name=Load"

func serveGateway() (string, func() error, error) {
	const functionARN = "arn:aws:lambda:us-east-1:123456789012:function:load"
	document := policy.New(
		policy.Allow(policy.Connect).On(policy.Client("${iot:ClientId}")),
		policy.Allow(policy.Publish, policy.Receive).On(policy.Topic("load/*")),
		policy.Allow(policy.Subscribe).On(policy.TopicFilter("load/*")),
		policy.Deny(policy.Receive).On(policy.Topic("load/${iot:ClientId}/secret")),
	)
	handler := iotauth.HandlerFunc(func(context.Context, *iotauth.Request) (*iotauth.Response, error) {
		return &iotauth.Response{IsAuthenticated: true, PrincipalID: "load", PolicyDocuments: []*policy.Document{document}, DisconnectAfter: time.Hour, RefreshAfter: time.Hour}, nil
	})
	account, err := local.Start(func(o *local.Options) {
		o.Functions = map[string]iotauth.Handler{functionARN: handler}
		o.Addresses = local.Addresses{MQTT: "-", TLS: "-", HTTPS: "-", Control: "-"}
		o.Gateway = func(o *gateway.Options) { // the rates of one client of AWS IoT are far below
			o.Limits.PublishRate, o.Limits.Throughput, o.Limits.ConnectRate = 1e9, 1<<40, 1e9
		}
	})
	if err != nil {
		return "", nil, err
	}
	_, err = account.Registry.CreateAuthorizer(context.Background(), registry.Authorizer{Name: "Load", FunctionARN: functionARN, SigningDisabled: true, Status: registry.Active})
	return account.Plain, func() error { return account.Close(context.Background()) }, err
}

// everybody lets mochi's clients do everything.
type everybody struct{ mochi.HookBase }

func (everybody) Provides(b byte) bool {
	return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (everybody) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (everybody) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

func serveMochi() (string, func() error, error) {
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := server.AddHook(new(everybody), nil); err != nil {
		return "", nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	if err := server.AddListener(listeners.NewNet("tcp", l)); err != nil {
		return "", nil, err
	}
	return l.Addr().String(), server.Close, server.Serve()
}

// broker is one that runs.
type broker struct {
	address string
	command *exec.Cmd
	input   io.Closer // ends it, nil for mosquitto
	files   string
}

func start(ctx context.Context, name string) (*broker, error) {
	if name == "mosquitto" {
		return startMosquitto(ctx)
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program)
	command.Env, command.Stderr = append(os.Environ(), serveVariable+"="+name), os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(err, input.Close(), command.Wait())
	}
	return &broker{address: strings.TrimSpace(address), command: command, input: input}, nil
}

func startMosquitto(ctx context.Context) (*broker, error) {
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			return nil, fmt.Errorf("mosquitto: %w", errMissing)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	_ = l.Close() // it takes a port by number only
	_, port, _ := net.SplitHostPort(address)
	file, err := os.CreateTemp("", "mosquitto-*.conf")
	if err != nil {
		return nil, err
	}
	_, err = fmt.Fprintf(file, "listener %s 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 100\nmax_queued_messages 0\nset_tcp_nodelay true\nlog_type none\n", port)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, program, "-c", file.Name())
	if err := command.Start(); err != nil {
		return nil, err
	}
	b := &broker{address: address, command: command, files: file.Name()}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if conn, err := net.Dial("tcp", address); err == nil {
			return b, conn.Close()
		}
	}
	return nil, errors.Join(errors.New("mosquitto does not listen"), b.stop())
}

func (b *broker) stop() error {
	if b.input != nil {
		return errors.Join(b.input.Close(), b.command.Wait())
	}
	defer os.Remove(b.files)
	if err := b.command.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return b.command.Wait()
}
