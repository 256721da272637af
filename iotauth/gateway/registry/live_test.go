package registry_test

import (
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
	"github.com/askaround/askaround-go/iotauth/gateway/registry"
)

// mqttDevice is an MQTT client with a certificate.
type mqttDevice struct {
	*paho.Client
	gone chan struct{}
}

// connect connects a device as a client id, and returns the reason code.
func connect(t testing.TB, a *local.Account, d local.Device, clientID string) (mqttDevice, byte) {
	t.Helper()
	config, err := d.TLS("localhost")
	must(t, err)
	conn, err := (&tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: config}).DialContext(t.Context(), "tcp", a.MQTT)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	c := mqttDevice{gone: make(chan struct{}, 1)}
	leave := func() {
		select {
		case c.gone <- struct{}{}:
		default:
		}
	}
	c.Client = paho.NewClient(paho.ClientConfig{Conn: packets.NewThreadSafeConn(conn), OnServerDisconnect: func(*paho.Disconnect) { leave() }, OnClientError: func(error) { leave() }})
	ack, err := c.Connect(t.Context(), &paho.Connect{ClientID: clientID, KeepAlive: 60, CleanStart: true})
	if ack == nil {
		t.Fatal(err)
	}
	return c, ack.ReasonCode
}

// publish returns the reason code of a publication.
func (c mqttDevice) publish(t testing.TB, topic string) byte {
	t.Helper()
	ack, err := c.Publish(t.Context(), &paho.Publish{Topic: topic, QoS: 1, Payload: []byte("x")})
	if ack == nil {
		t.Fatal(err)
	}
	if ack.ReasonCode == packets.PubackNoMatchingSubscribers {
		return packets.PubackSuccess
	}
	return ack.ReasonCode
}

// TestLive: what changes in the registry is so for connections that are open.
func TestLive(t *testing.T) {
	a := local.New(t, func(o *local.Options) {
		o.Gateway = func(g *gateway.Options) { g.Limits.PublishRate = 1e6 } // what is too fast is not answered
	})
	r, ctx := a.Registry, t.Context()
	allow := func(actions string) string {
		return `{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [` + actions + `], "Resource": "*"}]}`
	}
	d, err := a.NewDevice(ctx, "sensor7", allow(`"iot:Connect"`))
	must(t, err)
	c, code := connect(t, a, d, "sensor7")
	if code != packets.ConnackSuccess {
		t.Fatalf("CONNACK %#x", code)
	}
	const allowed, denied = packets.PubackSuccess, packets.PubackNotAuthorized
	await := func(name string, want byte) {
		t.Helper()
		deadline := time.Now().Add(20 * time.Second) // a change is handled beside
		for got := c.publish(t, "a"); got != want; got = c.publish(t, "a") {
			if time.Now().After(deadline) {
				t.Fatalf("%s: PUBACK %#x, want %#x", name, got, want)
			}
		}
	}
	await("nothing allows to publish", denied)
	_, err = r.CreatePolicyVersion(ctx, "sensor7-1", allow(`"iot:Connect", "iot:Publish"`), true)
	must(t, err)
	await("another version of the policy", allowed)
	must(t, r.SetDefaultPolicyVersion(ctx, "sensor7-1", "1"))
	await("the first version again", denied)

	_, err = r.CreateThingGroup(ctx, registry.ThingGroup{Name: "sensors"})
	must(t, err)
	_, err = r.CreatePolicy(ctx, "of-group", allow(`"iot:Publish"`))
	must(t, err)
	g, err := r.DescribeThingGroup("sensors")
	must(t, err)
	must(t, r.AttachPolicy(ctx, "of-group", g.ARN))
	must(t, r.AddThingToThingGroup(ctx, "sensors", "sensor7"))
	await("the thing joined a group", allowed)
	must(t, r.RemoveThingFromThingGroup(ctx, "sensors", "sensor7"))
	await("and left it", denied)

	must(t, r.UpdateCertificate(ctx, d.CertificateID, registry.Inactive))
	select {
	case <-c.gone:
	case <-time.After(20 * time.Second):
		t.Fatal("the connection of an inactive certificate lives on")
	}
	if _, code := connect(t, a, d, "another"); code == packets.ConnackSuccess {
		t.Error("an inactive certificate connects")
	}
}
