package mqtt_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/mqtt"
)

// Clients that nobody here wrote: paho.golang, mosquitto's.

// pahoClient is a client of paho.golang with what it received.
type pahoClient struct {
	*paho.Client
	received  chan *paho.Publish
	dismissed chan *paho.Disconnect
	connack   *paho.Connack
}

func (s *server) paho(ctx context.Context, t *testing.T, cp *paho.Connect) *pahoClient {
	t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		t.Fatal(err)
	}
	c := &pahoClient{received: make(chan *paho.Publish, 1000), dismissed: make(chan *paho.Disconnect, 1)}
	c.Client = paho.NewClient(paho.ClientConfig{
		Conn: conn,
		OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
			c.received <- p.Packet
			return true, nil
		}},
		OnServerDisconnect: func(p *paho.Disconnect) { c.dismissed <- p },
	})
	if c.connack, err = c.Connect(ctx, cp); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestPaho(t *testing.T) {
	s := serve(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	week := uint32(1_000_000)
	asked := &paho.Connect{ClientID: "paho", KeepAlive: 10, Properties: &paho.ConnectProperties{SessionExpiryInterval: &week}}
	c := s.paho(ctx, t, asked)
	if p := c.connack.Properties; *p.SessionExpiryInterval != 604800 || *p.ServerKeepAlive != 30 || *p.MaximumQoS != 1 || p.SubIDAvailable || !p.SharedSubAvailable || *p.ReceiveMaximum != 100 {
		t.Errorf("CONNACK %+v", p)
	}
	suback, err := c.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "a/#", QoS: 1}, {Topic: "$share/g/s", QoS: 1}, {Topic: "forbidden"}}})
	if err == nil || string(suback.Reasons) != "\x01\x01\x87" {
		t.Errorf("SUBACK %#x, %v", suback.Reasons, err)
	}
	other := s.paho(ctx, t, &paho.Connect{ClientID: "other", CleanStart: true, KeepAlive: 60})
	if _, err := other.Publish(ctx, &paho.Publish{Topic: "forbidden", QoS: 1}); err == nil {
		t.Error("a denied publication was acknowledged")
	}
	publish := func(from, to int) {
		for i := from; i < to; i++ {
			if _, err := other.Publish(ctx, &paho.Publish{Topic: "a/b", QoS: 1, Payload: fmt.Append(nil, i), Properties: &paho.PublishProperties{ContentType: "text/plain"}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	expect := func(c *pahoClient, from, to int) {
		for i := from; i < to; i++ {
			if p := <-c.received; string(p.Payload) != fmt.Sprint(i) || p.QoS != 1 || p.Properties.ContentType != "text/plain" {
				t.Fatalf("got %q at QoS %d, want %d", p.Payload, p.QoS, i)
			}
		}
	}
	publish(0, 300)
	expect(c, 0, 300)
	// paho acknowledges behind the handler's back: what it has not would come again.
	eventually(t, "all is acknowledged", func() bool { return s.Stats().Queued == 0 })
	if err := c.Disconnect(&paho.Disconnect{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "paho is gone", func() bool { return s.Stats().Connections == 1 })
	publish(300, 500)
	again := s.paho(ctx, t, asked)
	if !again.connack.SessionPresent {
		t.Error("no session present")
	}
	expect(again, 300, 500)
	s.Disconnect("paho", mqtt.AdministrativeEnd, mqtt.DisconnectOptions{})
	if d := <-again.dismissed; d.ReasonCode != 0x98 {
		t.Errorf("DISCONNECT %#x", d.ReasonCode)
	}
	<-again.Done()
	if err := other.Disconnect(&paho.Disconnect{}); err != nil {
		t.Error(err)
	}
	<-other.Done()
}

// TestMosquitto publishes 200 lines through mosquitto_pub to a mosquitto_sub with a session
// that was away when they came.
func TestMosquitto(t *testing.T) {
	sub, pub := foreign.Need(t, "mosquitto_sub"), foreign.Need(t, "mosquitto_pub")
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			s := serve(t)
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			host, port, _ := net.SplitHostPort(s.address)
			run := func(program, input string, args ...string) string {
				t.Helper()
				command := exec.CommandContext(ctx, program, append([]string{"-h", host, "-p", port, "-V", version}, args...)...)
				command.Stdin = strings.NewReader(input)
				var problems bytes.Buffer
				command.Stderr = &problems
				out, err := command.Output()
				if err != nil {
					t.Fatalf("%s %v: %v\n%s%s", program, args, err, out, &problems)
				}
				return string(out)
			}
			session := []string{"-i", "sub", "-c", "-q", "1", "-t", "m/#"}
			if version == "mqttv5" {
				session = append(session, "-x", "100")
			}
			run(sub, "", append(session, "-E")...) // subscribes and leaves
			var lines strings.Builder
			for i := range 200 {
				fmt.Fprintln(&lines, i)
			}
			run(pub, lines.String(), "-l", "-q", "1", "-t", "m/x")
			run(pub, "", "-q", "1", "-t", "m/kept", "-m", "retained", "-r")
			if got, want := run(sub, "", append(session, "-C", "201")...), lines.String()+"retained\n"; got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
			if got := run(sub, "", "-t", "m/kept", "-C", "1", "-F", "%r %p"); got != "1 retained\n" {
				t.Errorf("retained: %q", got)
			}
		})
	}
}
