package faulttest

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"

	"github.com/askaround/askaround-go/internal/mqtt"
)

// pahoRefused are the tests of the suite that AWS IoT's rules, which this broker keeps, do not
// let pass, each with its reason.
var pahoRefused = map[string]string{
	"client_test test_dollar_topics":          "a publication to a topic with $ ends the connection",
	"client_test test_retained_messages":      "retained messages are not sent for filters with wildcards",
	"client_test5 test_retained_message":      "retained messages are not sent for filters with wildcards",
	"client_test5 test_subscribe_options":     "retained messages are not sent for filters with wildcards",
	"client_test5 test_subscribe_identifiers": "subscription identifiers are refused",
	"client_test5 test_subscribe_failure":     "the code for a denial is 0x87, not 0x80",
	"client_test5 test_flow_control2":         "only unfinished QoS 2 makes the client exceed Receive Maximum",
}

// TestPaho runs the Eclipse Paho interoperability suite, whose checkout PAHO_TESTING names,
// against this broker and against bare mochi in the same run: as it is, where nearly every
// test publishes with QoS 2, and with QoS 1 in its place. Then whatever the rules of AWS IoT
// let pass must pass. It takes some minutes.
func TestPaho(t *testing.T) {
	checkout := os.Getenv("PAHO_TESTING")
	if checkout == "" {
		t.Skip("PAHO_TESTING does not name a checkout of https://github.com/eclipse-paho/paho.mqtt.testing")
	}
	var table pahoTable
	var running sync.WaitGroup
	slots := make(chan struct{}, 8) // tests mostly sleep
	for _, module := range []string{"client_test", "client_test5"} {
		for _, test := range pahoTests(t, checkout, module) {
			for _, column := range pahoColumns {
				if test == "test_flow_control2" && column.mode == pahoQoS1 {
					continue // waits for what does not come
				}
				address := column.start(t)
				running.Go(func() {
					slots <- struct{}{}
					defer func() { <-slots }()
					table.add(module+" "+test, column.name, runPaho(t, checkout, module, test, address, column.mode))
				})
			}
		}
	}
	running.Wait()
	t.Log("\n" + table.String())
	table.check(t)
}

const pahoQoS1 = "qos1"

var pahoColumns = []struct {
	name, mode string
	start      func(testing.TB) string
}{
	{"ours, as it is", "", startForPaho},
	{"mochi, as it is", "", startMochi},
	{"ours, QoS 1", pahoQoS1, startForPaho},
	{"mochi, QoS 1", pahoQoS1, startMochi},
}

var pahoTest = regexp.MustCompile(`(?m)^    def (test\w+)\(self`)

func pahoTests(t *testing.T, checkout, module string) (names []string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join(checkout, "interoperability", module+".py"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range pahoTest.FindAllSubmatch(source, -1) {
		names = append(names, string(m[1]))
	}
	return names
}

// runPaho tries again what failed: the suite's client waits for short times, and the machine
// may be busy.
func runPaho(t *testing.T, checkout, module, test, address, mode string) (outcome string) {
	_, port, _ := net.SplitHostPort(address)
	tries := 3
	if pahoRefused[module+" "+test] != "" || mode != pahoQoS1 {
		tries = 1
	}
	for try := 0; try < tries && outcome != "ok"; try++ {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		out, err := exec.CommandContext(ctx, "python3", "testdata/paho.py", checkout, module, test, port, mode).Output()
		cancel()
		if outcome = strings.TrimSpace(string(out)); err != nil {
			outcome = err.Error()
		}
	}
	return outcome
}

func startForPaho(t testing.TB) string {
	s := serve(t, "", nil, func(o *mqtt.Options) {
		o.Limits.KeepAliveMin, o.Limits.KeepAliveMax = time.Second, time.Minute // as the suite has it
	})
	return s.address
}

func startMochi(t testing.TB) string {
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.DiscardHandler)})
	if err := server.AddHook(new(mochiAnyone), nil); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Serve(); err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for id := 0; ; id++ {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { _ = server.EstablishConnection(fmt.Sprint("l", id), conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		_ = server.Close()
		serving.Wait()
	})
	return listener.Addr().String()
}

// pahoTable is the outcome by test and column.
type pahoTable struct {
	mu   sync.Mutex
	rows map[string]map[string]string
}

func (p *pahoTable) add(test, column, outcome string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.rows == nil {
		p.rows = map[string]map[string]string{}
	}
	if p.rows[test] == nil {
		p.rows[test] = map[string]string{}
	}
	p.rows[test][column] = outcome
}

// passed counts the tests of a module that are "ok" in a column, of those that count.
func (p *pahoTable) passed(module, column string, counts func(test string) bool) (n int) {
	for test, row := range p.rows {
		if strings.HasPrefix(test, module+" ") && row[column] == "ok" && counts(test) {
			n++
		}
	}
	return n
}

func (p *pahoTable) check(t *testing.T) {
	t.Helper()
	allowed := func(test string) bool { return pahoRefused[test] == "" }
	for test, row := range p.rows {
		if outcome := row["ours, QoS 1"]; outcome != "ok" && allowed(test) {
			t.Errorf("%s: %s", test, outcome)
		}
	}
	for _, module := range []string{"client_test", "client_test5"} {
		ours, mochi := p.passed(module, "ours, QoS 1", allowed), p.passed(module, "mochi, QoS 1", allowed)
		if ours < mochi {
			t.Errorf("%s: %d tests pass, and %d against bare mochi", module, ours, mochi)
		}
	}
}

func (p *pahoTable) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-45s", "")
	for _, c := range pahoColumns {
		fmt.Fprintf(&b, " | %-20s", c.name)
	}
	for _, test := range slices.Sorted(maps.Keys(p.rows)) {
		fmt.Fprintf(&b, "\n%-45s", test)
		for _, c := range pahoColumns {
			fmt.Fprintf(&b, " | %-20.20s", p.rows[test][c.name])
		}
		b.WriteString("  " + pahoRefused[test])
	}
	for _, module := range []string{"client_test", "client_test5"} {
		fmt.Fprintf(&b, "\n%-45s", module)
		for _, c := range pahoColumns {
			fmt.Fprintf(&b, " | %-20d", p.passed(module, c.name, func(string) bool { return true }))
		}
	}
	return b.String()
}

// mochiAnyone is anyone for mochi.
type mochiAnyone struct{ mochi.HookBase }

func (*mochiAnyone) ID() string { return "anyone" }
func (*mochiAnyone) Provides(event byte) bool {
	return event == mochi.OnConnectAuthenticate || event == mochi.OnACLCheck
}
func (*mochiAnyone) OnConnectAuthenticate(*mochi.Client, packet) bool { return true }
func (*mochiAnyone) OnACLCheck(_ *mochi.Client, topic string, _ bool) bool {
	return anyone{}.MaySubscribe(topic)
}
