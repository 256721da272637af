package main

import (
	"bytes"
	"context"
	"flag"
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
