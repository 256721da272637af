package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"

	"github.com/askaround/askaround-go/api/askaround"
)

// patience bounds waits that end much earlier unless something is wrong.
const patience = time.Minute

// asProgram in the environment makes the test binary the program: so that it need not be
// linked a second time.
const asProgram = "ASKAROUND_TEST_AS_PROGRAM"

// process is the program as its user runs it, and what it printed.
type process struct {
	cmd                                       *exec.Cmd
	stderr                                    bytes.Buffer // to be read when it has ended
	greeting                                  string
	url, mqtt, webSocket, aws, awsLine, token string
	client                                    *askaround.Client // with the printed token
}

// start runs the program on free ports, unless args say others, until the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a process")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted by its id on Windows")
	}
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{cmd: exec.Command(name, append(append([]string{}, free...), args...)...)}
	p.cmd.Env = append(os.Environ(), asProgram+"=1")
	p.cmd.Stderr = &p.stderr
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.cmd.ProcessState == nil { // the test failed before it ended it
			_ = p.cmd.Process.Kill()
			_ = p.cmd.Wait()
		}
	})
	p.read(t, bufio.NewScanner(stdout))
	p.client = p.as(t, p.token)
	return p
}

// read takes the greeting apart. Its last line is the token.
func (p *process) read(t *testing.T, lines *bufio.Scanner) {
	t.Helper()
	for p.token == "" && lines.Scan() {
		line := lines.Text()
		p.greeting += line + "\n"
		switch name, rest, _ := strings.Cut(strings.TrimSpace(line), " "); name {
		case "Ask":
			p.url = strings.TrimPrefix(line, "Ask Around Me: ")
		case "MQTT":
			p.mqtt, rest, _ = strings.Cut(strings.TrimSpace(rest), " (TCP), ")
			p.webSocket, _, _ = strings.Cut(rest, " (WebSocket)")
		case "AWS":
			_, p.aws, _ = strings.Cut(rest, "--endpoint-url ")
			p.aws, _, _ = strings.Cut(p.aws, " ")
			p.awsLine = strings.TrimSpace(rest)
		case "token":
			p.token = strings.TrimSpace(rest)
		}
	}
	if p.url == "" || p.mqtt == "" || p.webSocket == "" || p.aws == "" || p.token == "" {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
		t.Fatalf("the greeting lacks something:\n%s\n%s", p.greeting, &p.stderr)
	}
}

// as returns a client of the API with a token.
func (p *process) as(t *testing.T, token string) *askaround.Client {
	t.Helper()
	client, err := askaround.New(p.url, askaround.WithToken(token), func(o *askaround.Options) {
		o.AttemptTimeout = patience
		o.Attempts = 1 // what is interrupted is not asked again
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// newToken asks the development issuer, as anybody can.
func (p *process) newToken(user string) (string, error) {
	response, err := http.PostForm(p.url+"/dev/token", url.Values{"user": {user}})
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var out struct {
		Token string `json:"access_token"`
	}
	return out.Token, json.NewDecoder(response.Body).Decode(&out)
}

// interrupt presses Ctrl-C, and returns how long the program took to end, which it
// is to do in order.
func (p *process) interrupt(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v, and told\n%s", err, &p.stderr)
	}
	return time.Since(begin)
}

func (p *process) eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !condition(); <-time.After(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// page reads all questions around a place.
func (p *process) page(t *testing.T, lat, lng float64) []askaround.Question {
	t.Helper()
	var all []askaround.Question
	for q, err := range p.client.Questions(t.Context(), askaround.ListQuestionsParams{Lat: lat, Lng: lng, Limit: new(int32(100))}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, q)
	}
	return all
}

// list counts the questions around a place by their text.
func (p *process) list(t *testing.T, lat, lng float64) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for _, q := range p.page(t, lat, lng) {
		seen[q.Text]++
	}
	return seen
}

// subscriber is an MQTT client. dismissed gets the reason that the server gave.
type subscriber struct {
	conn      net.Conn
	dismissed chan byte
}

// subscribe connects over TCP with the printed token.
func (p *process) subscribe(t *testing.T, id, topic string) *subscriber {
	t.Helper()
	conn, err := net.DialTimeout("tcp", p.mqtt, patience)
	if err != nil {
		t.Fatal(err)
	}
	return p.subscribeOver(t, conn, id, topic)
}

// subscribeByWebSocket connects like the page.
func (p *process) subscribeByWebSocket(t *testing.T, id, topic string) *subscriber {
	t.Helper()
	ws, _, err := websocket.Dial(t.Context(), p.webSocket, &websocket.DialOptions{Subprotocols: []string{"mqtt"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ws.CloseNow() })
	conn := websocket.NetConn(t.Context(), ws, websocket.MessageBinary)
	return p.subscribeOver(t, packets.NewThreadSafeConn(conn), id, topic) // paho writes a packet in parts, and its pings in between
}

func (p *process) subscribeOver(t *testing.T, conn net.Conn, id, topic string) *subscriber {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	s := &subscriber{conn: conn, dismissed: make(chan byte, 1)}
	client := paho.NewClient(paho.ClientConfig{Conn: conn, OnServerDisconnect: func(d *paho.Disconnect) { s.dismissed <- d.ReasonCode }})
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := client.Connect(ctx, &paho.Connect{ClientID: id, CleanStart: true, KeepAlive: 60, UsernameFlag: true, Username: "me", PasswordFlag: true, Password: []byte(p.token)}); err != nil {
		t.Fatalf("%s: connect: %v", id, err)
	}
	if _, err := client.Subscribe(ctx, &paho.Subscribe{Subscriptions: []paho.SubscribeOptions{{Topic: topic, QoS: 1}}}); err != nil {
		t.Fatalf("%s: subscribe to %s: %v", id, topic, err)
	}
	return s
}

// seenOff checks that the server said why it leaves.
func (s *subscriber) seenOff(t *testing.T, how string) {
	t.Helper()
	select {
	case reason := <-s.dismissed:
		if reason != packets.DisconnectServerShuttingDown {
			t.Errorf("%s: dismissed with 0x%02x", how, reason)
		}
	case <-time.After(patience):
		t.Errorf("%s: not dismissed", how)
	}
}
