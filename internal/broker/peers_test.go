package broker_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	pahopackets "github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
	"github.com/google/go-cmp/cmp"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/askaround/askaround-go/internal/foreign"
)

// Clients that nobody here wrote: paho.golang, mosquitto's, mqtt.js.

// npmFolder holds the packages of the browser test, mqtt.js among them.
const npmFolder = "../../examples/askaround/browsertest"

func TestPaho(t *testing.T) {
	t.Parallel() // it waits
	for _, over := range []string{"tcp", "websocket"} {
		t.Run(over, func(t *testing.T) {
			t.Parallel() // it waits
			d := open(t)
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			var conn net.Conn
			if over == "tcp" {
				var err error
				if conn, err = net.Dial("tcp", d.tcp); err != nil {
					t.Fatal(err)
				}
			} else {
				ws, _, err := websocket.Dial(ctx, d.ws(), &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
				if err != nil {
					t.Fatal(err)
				}
				conn = pahopackets.NewThreadSafeConn(websocket.NetConn(ctx, ws, websocket.MessageBinary)) // paho writes a packet in parts, and its pings in between
			}
			received := make(chan *paho.Publish, 10)
			dismissed := make(chan *paho.Disconnect, 1)
			client := paho.NewClient(paho.ClientConfig{
				Conn: conn,
				OnPublishReceived: []func(paho.PublishReceived) (bool, error){func(p paho.PublishReceived) (bool, error) {
					received <- p.Packet
					return true, nil
				}},
				OnServerDisconnect: func(p *paho.Disconnect) { dismissed <- p },
			})
			connack, err := client.Connect(ctx, &paho.Connect{ClientID: "go", CleanStart: true, KeepAlive: 30, PasswordFlag: true, Password: []byte("ann,1s"), UsernameFlag: true, Username: "any"})
			if err != nil {
				t.Fatal(err)
			}
			if connack.Properties.WildcardSubAvailable || connack.Properties.RetainAvailable {
				t.Errorf("CONNACK announces %+v", connack.Properties)
			}
			suback, err := client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "open/a", QoS: 1}, {Topic: "open/b"}, {Topic: "account/bob"}}})
			if err == nil {
				t.Error("paho did not notice the refused filter")
			}
			if diff := cmp.Diff([]byte{1, 0, 0x87}, suback.Reasons); diff != "" {
				t.Errorf("SUBACK (-want +got):\n%s", diff)
			}
			if _, err := client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: "open/#"}}}); err == nil {
				t.Error("paho was not told that there are no wildcards")
			}
			for _, topic := range []string{"open/b", "open/c", "open/a"} {
				publish(t, d.Broker, topic, "to "+topic)
			}
			for _, want := range []string{"to open/b at 0", "to open/a at 1"} {
				p := <-received
				if got := fmt.Sprintf("%s at %d", p.Payload, p.QoS); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			puback, err := client.Publish(ctx, &paho.Publish{Topic: "open/a", QoS: 1, Payload: []byte("x")})
			if err == nil || puback == nil || puback.ReasonCode != packets.ErrNotAuthorized.Code {
				t.Errorf("publishing: %v, %+v", err, puback)
			}
			if got := (<-dismissed).ReasonCode; got != packets.ErrMaxConnectTime.Code {
				t.Errorf("DISCONNECT %#x", got)
			}
			<-client.Done()
		})
	}
}

func TestMosquittoSub(t *testing.T) {
	program := foreign.Need(t, "mosquitto_sub")
	d := open(t)
	host, port, _ := net.SplitHostPort(d.tcp)
	for _, version := range []string{"mqttv311", "mqttv5"} {
		t.Run(version, func(t *testing.T) {
			const n = 200
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			command := exec.CommandContext(ctx, program, "-h", host, "-p", port, "-V", version, "-i", "sub", "-u", "any", "-P", "ann",
				"-q", "1", "-t", "open/a", "-t", "open/b", "-C", strconv.Itoa(n), "-F", "%t %q %p")
			out, err := command.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			eventually(t, "mosquitto_sub has subscribed", func() bool { return d.Stats().Subscriptions == 2 })
			var want []string
			for i := range n {
				topic := "open/" + string("ab"[i%2])
				publish(t, d.Broker, topic, strconv.Itoa(i))
				want = append(want, fmt.Sprintf("%s 1 %d", topic, i))
			}
			var got []string
			for lines := bufio.NewScanner(out); lines.Scan(); {
				got = append(got, lines.Text())
			}
			if err := command.Wait(); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			eventually(t, "it is gone", func() bool { return d.Stats().Connections == 0 })
		})
	}
}

func TestMosquittoIsRefused(t *testing.T) {
	sub, pub := foreign.Need(t, "mosquitto_sub"), foreign.Need(t, "mosquitto_pub")
	d := open(t)
	host, port, _ := net.SplitHostPort(d.tcp)
	for _, row := range []struct {
		reason, program string
		args            []string
		says            string
	}{
		{"no rights, MQTT 5", sub, []string{"-V", "mqttv5", "-P", "forbidden", "-t", "open/a"}, "Not authorized"},
		{"no rights, MQTT 3.1.1", sub, []string{"-V", "mqttv311", "-P", "forbidden", "-t", "open/a"}, "not authorised"},
		{"no token", sub, []string{"-V", "mqttv311", "-t", "open/a"}, "bad user name or password"},
		{"no rights to any topic", sub, []string{"-V", "mqttv311", "-P", "ann", "-t", "open/#"}, "All subscription requests were denied"},
		{"MQTT 3.1", sub, []string{"-V", "mqttv31", "-P", "ann", "-t", "open/a"}, "unacceptable protocol version"},
		{"publishing, MQTT 5", pub, []string{"-V", "mqttv5", "-P", "ann", "-t", "open/a", "-q", "1", "-m", "x"}, "Not authorized"},
		{"a will", sub, []string{"-V", "mqttv5", "-P", "ann", "-t", "open/a", "--will-topic", "open/a", "--will-payload", "x"}, "Not authorized"},
	} {
		t.Run(row.reason, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), patience)
			defer cancel()
			args := append([]string{"-h", host, "-p", port, "-i", "m", "-u", "any"}, row.args...)
			out, err := exec.CommandContext(ctx, row.program, args...).CombinedOutput()
			if ctx.Err() != nil {
				t.Fatalf("it did not give up; said %s", out)
			}
			if !strings.Contains(string(out), row.says) {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

func TestMQTTJS(t *testing.T) {
	node := foreign.NeedNode(t, npmFolder)
	folder, err := filepath.Abs(npmFolder)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t)
	type line struct {
		Suback  []int  `json:"suback"`
		Error   string `json:"error"`
		Topic   string `json:"topic"`
		Payload string `json:"payload"`
		QoS     int    `json:"qos"`
	}
	run := func(t *testing.T, url, version, token string, count int, filters ...string) (lines []line) {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		args := slices.Concat([]string{"testdata/mqttjs.mjs", folder, url, version, token, strconv.Itoa(count)}, filters)
		command := exec.CommandContext(ctx, node, args...)
		out, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		var complaints strings.Builder
		command.Stderr = &complaints
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		for scanner := bufio.NewScanner(out); scanner.Scan(); {
			var l line
			if err := json.Unmarshal(scanner.Bytes(), &l); err != nil {
				t.Fatalf("%s: %v", scanner.Bytes(), err)
			}
			lines = append(lines, l)
			if l.Suback != nil {
				for i := range count {
					publish(t, d.Broker, "open/a", strconv.Itoa(i))
				}
			}
		}
		if err := command.Wait(); err != nil {
			t.Errorf("%v: %s", err, complaints.String())
		}
		return lines
	}
	for _, door := range []string{"mqtt://" + d.tcp, d.ws()} {
		for _, version := range []string{"4", "5"} {
			t.Run(door[:4]+" MQTT "+version, func(t *testing.T) {
				lines := run(t, door, version, "ann", 3, "open/a")
				want := []line{{Suback: []int{1}}}
				for i := range 3 {
					want = append(want, line{Topic: "open/a", Payload: strconv.Itoa(i), QoS: 1})
				}
				if diff := cmp.Diff(want, lines); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				eventually(t, "it is gone", func() bool { return d.Stats().Connections == 0 })

				refused := run(t, door, version, "forbidden", 0, "open/a")
				if len(refused) != 1 || !strings.Contains(refused[0].Error, "Not authorized") {
					t.Errorf("a refusal: %+v", refused)
				}
			})
		}
	}
	for _, token := range []string{"down", ""} {
		began := time.Now()
		if lines := run(t, d.ws(), "4", token, 0, "open/a"); len(lines) != 1 || lines[0].Error == "" {
			t.Errorf("token %q: %+v", token, lines)
		}
		// Node's own start counts too, beside other tests; a broker that says nothing
		// would keep mqtt.js for its 30 s.
		if time.Since(began) > 20*time.Second {
			t.Errorf("token %q took %v", token, time.Since(began))
		}
	}
}
