package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain makes the test's program a broker too, as main is.
func TestMain(m *testing.M) {
	if name, ok := os.LookupEnv(serveVariable); ok {
		if err := serve(name, os.Stdout, os.Stdin); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// TestRun measures a small crowd for a moment: messages arrive through every broker.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	s := shape{connections: 24, publishers: 4, fan: 5, window: 4, bytes: 32, time: 200 * time.Millisecond}
	if err := run(t.Context(), s, &out); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"gateway", "mochi"} {
		if !strings.Contains(out.String(), "| "+name) || strings.Contains(out.String(), "| "+name+" | 0 ") {
			t.Errorf("%s:\n%s", name, &out)
		}
	}
}

func TestShape(t *testing.T) {
	for _, s := range []shape{{}, {connections: 10, publishers: 6, fan: 5, window: 1, bytes: 8, time: time.Second}, {connections: 10, publishers: 1, fan: 5, window: 1, bytes: 7, time: time.Second}} {
		if err := run(t.Context(), s, new(bytes.Buffer)); err == nil {
			t.Errorf("%+v is measured", s)
		}
	}
}
