package local_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

const everything = `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:*", "Resource": "*"}]}`

func end(t *testing.T, a *local.Account) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := a.Close(ctx); err != nil {
		t.Error(err)
	}
}

// subscriber is a device that has a session and may have messages.
type subscriber struct {
	client   *paho.Client
	present  bool
	messages chan string
}

func connect(t *testing.T, a *local.Account, d local.Device) *subscriber {
	t.Helper()
	config, err := d.TLS("localhost")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := tls.Dial("tcp", a.MQTT, config)
	if err != nil {
		t.Fatal(err)
	}
	s := &subscriber{messages: make(chan string, 16)}
	s.client = paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(conn), OnPublishReceived: []func(paho.PublishReceived) (bool, error){
		func(p paho.PublishReceived) (bool, error) { s.messages <- string(p.Packet.Payload); return true, nil },
	}})
	hour := uint32(3600)
	ack, err := s.client.Connect(t.Context(), &paho.Connect{ClientID: d.Thing, KeepAlive: 60, Properties: &paho.ConnectProperties{SessionExpiryInterval: &hour}})
	if err != nil {
		t.Fatal(err)
	}
	s.present = ack.SessionPresent
	return s
}

func (s *subscriber) expect(t *testing.T, want ...string) {
	t.Helper()
	for _, w := range want {
		select {
		case got := <-s.messages:
			if got != w {
				t.Fatalf("got %q, want %q", got, w)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("no %q", w)
		}
	}
}

// TestDirectory ends an account and opens it again: the device's certificate is good, its
// session resumes, and the authority is the one that it trusts.
func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	open := func() *local.Account {
		a, err := local.Start(func(o *local.Options) { o.Dir = dir })
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	a := open()
	device, err := a.NewDevice(t.Context(), "sensor7", everything)
	if err != nil {
		t.Fatal(err)
	}
	s := connect(t, a, device)
	if _, err := s.client.Subscribe(t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "a/#", QoS: 1}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.client.Disconnect(&paho.Disconnect{}); err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{"1", "2", "3"} {
		if err := a.Gateway.Publish(t.Context(), gateway.Message{Topic: "a/b", Payload: []byte(payload), QoS: 1}); err != nil {
			t.Fatal(err)
		}
	}
	end(t, a)

	a = open()
	defer end(t, a)
	s = connect(t, a, device)
	if !s.present {
		t.Error("the session is gone")
	}
	s.expect(t, "1", "2", "3")
}

// TestRules is a rule made through the registry: what a device publishes comes back on
// another topic.
func TestRules(t *testing.T) {
	a := local.New(t)
	device, err := a.NewDevice(t.Context(), "sensor7", everything)
	if err != nil {
		t.Fatal(err)
	}
	err = a.Registry.CreateTopicRule(t.Context(), "hot", []byte(`{"sql": "SELECT t, topic(2) AS sensor FROM 'sensors/+' WHERE t > 50",
		"actions": [{"republish": {"topic": "alerts/${topic(2)}", "roleArn": "arn:aws:iam::123456789012:role/r"}}]}`))
	if err != nil {
		t.Fatal(err)
	}
	s := connect(t, a, device)
	if _, err := s.client.Subscribe(t.Context(), &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "alerts/#", QoS: 1}}}); err != nil {
		t.Fatal(err)
	}
	for _, payload := range []string{`{"t": 49}`, `{"t": 51.50}`} {
		if _, err := s.client.Publish(t.Context(), &paho.Publish{Topic: "sensors/7", QoS: 1, Payload: []byte(payload)}); err != nil {
			t.Fatal(err)
		}
	}
	s.expect(t, `{"t":51.50,"sensor":"7"}`)
}

// TestAddresses: a port that is taken is an error of Start, and "-" is no listener.
func TestAddresses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if _, err := local.Start(func(o *local.Options) { o.Addresses.Control = taken.Addr().String() }); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("error %v", err)
	}
	a := local.New(t, func(o *local.Options) { o.Addresses = local.Addresses{MQTT: "-", TLS: "-", HTTPS: "-", Plain: "-"} })
	if a.MQTT != "" || a.TLS != "" || a.HTTPS != "" || a.Plain != "" || a.Control == "" {
		t.Errorf("addresses %q %q %q %q %q", a.MQTT, a.TLS, a.HTTPS, a.Plain, a.Control)
	}
}

// TestControl: the control plane is served, and its endpoint is the account's.
func TestControl(t *testing.T) {
	a := local.New(t, func(o *local.Options) { o.Hosts = []string{"iot.example", "localhost"} })
	response, err := http.Get(a.Control + "/endpoint?endpointType=iot:Data-ATS")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(text), `"iot.example"`) {
		t.Errorf("answer %s, error %v", text, err)
	}
}

// TestDeviceIsSecret: a device that is printed does not show its key.
func TestDeviceIsSecret(t *testing.T) {
	a := local.New(t)
	device, err := a.NewDevice(t.Context(), "sensor7")
	if err != nil {
		t.Fatal(err)
	}
	if text := device.String() + device.GoString(); strings.Contains(text, "KEY") || !strings.Contains(text, device.CertificateID) {
		t.Error(text)
	}
	if _, err := a.NewDevice(t.Context(), "not a name", everything); !errors.Is(err, registry.ErrInvalid) {
		t.Errorf("error %v", err)
	}
}
