package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/examples/askaround/app"
)

// TestPushBeatsPolling: who asks every n seconds learns of an answer n/2 seconds after who
// is told, in the mean.
func TestPushBeatsPolling(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	const period = 800 * time.Millisecond
	a, err := app.Open(t.Context(), app.Config{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, stop := context.WithCancel(t.Context())
	go func() { ended <- a.Run(ctx) }()
	reports, err := measure(t.Context(), a, options{rate: 50, length: 2 * period, polls: periods{period}})
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range reports {
		t.Log(r)
	}
	mqtt, events, poll := reports[1].mean, reports[2].mean, reports[3].mean
	if extra := poll - max(mqtt, events); extra < period/4 || extra > period {
		t.Errorf("asking every %v costs %v more than being told", period, extra)
	}
}

func TestPeriods(t *testing.T) {
	for text, good := range map[string]bool{"500ms,1s": true, "2s": true, "": false, "1": false, "1s,-1s": false} {
		set := flag.NewFlagSet("", flag.ContinueOnError)
		set.SetOutput(&bytes.Buffer{})
		var p periods
		set.Var(&p, "poll", "")
		if err := set.Parse([]string{"-poll", text}); (err == nil) != good {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestMain makes the tests' own program the parts of a measurement.
func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	if role := os.Getenv(roleVariable); role != "" {
		exitOn(play(context.Background(), role, os.Stdin, os.Stdout))
		return
	}
	os.Exit(m.Run())
}

// TestThroughput: all answers are accepted and every subscriber sees all of those to its
// question; figures are left to measurements.
func TestThroughput(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	dir := t.TempDir()
	var out bytes.Buffer
	err := throughput(t.Context(), &out, options{rate: 40, length: time.Second, subscribers: 10, questions: 3, profiles: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(out.String())
	if want := "10 subscribers, 3 questions, 40/s wanted"; !strings.Contains(out.String(), want) {
		t.Errorf("nothing of %q", want)
	}
	if want := "statuses map[202:40]"; !strings.Contains(out.String(), want) {
		t.Errorf("nothing of %q", want)
	}
	for _, name := range []string{"cpu", "mutex", "block", "allocs"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("profile %s: %v", name, err)
		}
	}
}

// TestTake reads messages as the broker writes them: several in one, and no other packets.
func TestTake(t *testing.T) {
	publish := func(id byte, answers string) []byte {
		payload := `{"type":"summary","answers":` + answers + `}`
		packet := append([]byte{0, 1, 't', 0, id, 0}, payload...)
		return append([]byte{3<<4 | 1<<1, byte(len(packet))}, packet...)
	}
	s := new(subscriber)
	now := time.Now()
	acks, err := s.take(nil, append(publish(1, "2"), publish(2, "5")...), now)
	if err != nil || !bytes.Equal(acks, []byte{4 << 4, 2, 0, 1, 4 << 4, 2, 0, 2}) {
		t.Errorf("%v, %v", acks, err)
	}
	if _, err := s.take(nil, publish(3, "4"), now); err != nil { // older than what it has
		t.Error(err)
	}
	if s.messages != 3 || s.seen != 5 || len(s.sights) != 2 || s.sights[1] != (sight{5, now}) {
		t.Errorf("%+v", s)
	}
	for why, b := range map[string][]byte{"a PINGRESP": {13 << 4, 0}, "cut off": publish(1, "2")[:8], "with properties": {3<<4 | 1<<1, 6, 0, 1, 't', 0, 1, 2}} {
		if _, err := s.take(nil, b, now); err == nil {
			t.Errorf("%s: no error", why)
		}
	}
}
