package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/safebuffer"
)

// free are flags that take any free port.
var free = []string{"-mqtt", "127.0.0.1:0", "-tls", "127.0.0.1:0", "-https", "127.0.0.1:0", "-control", "127.0.0.1:0"}

// serve runs the command, waits until it has said where everything is, has use look at
// that, and ends it.
func serve(t *testing.T, args []string, use func(said string)) {
	t.Helper()
	var stdout, stderr safebuffer.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() { ended <- command(ctx, append(free[:len(free):len(free)], args...), &stdout, &stderr) }()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(stdout.String(), "AmazonRootCA1.pem\n"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not start: %s%s", stdout.String(), stderr.String())
		}
	}
	use(stdout.String())
	cancel()
	if status := <-ended; status != 0 {
		t.Errorf("status %d: %s", status, stderr.String())
	}
}

func TestServe(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	var first []byte
	for _, what := range []string{"a new directory", "the same again"} {
		serve(t, []string{"-data", dir, "-hosts", "iot.example,localhost"}, func(said string) {
			control := regexp.MustCompile(`http://127\.0\.0\.1:\d+`).FindString(said)
			response, err := http.Get(control + "/endpoint?endpointType=iot:Data-ATS")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if text, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(text), "iot.example") {
				t.Errorf("%s: %s %v", what, text, err)
			}
			pem, err := os.ReadFile(filepath.Join(dir, "AmazonRootCA1.pem"))
			if err != nil || !x509.NewCertPool().AppendCertsFromPEM(pem) {
				t.Errorf("%s: %v", what, err)
			}
			if first != nil && !bytes.Equal(first, pem) {
				t.Error("devices do not trust the authority any more")
			}
			first = pem
			if !strings.Contains(said, "as port 8883") || strings.Contains(said, "plain") {
				t.Errorf("%s: said\n%s", what, said)
			}
		})
	}
}

// TestInMemory leaves nothing behind.
func TestInMemory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	serve(t, []string{"-plain", "127.0.0.1:0", "-mqtt", "-"}, func(said string) {
		if !strings.Contains(said, "plain") || strings.Contains(said, "as port 8883") {
			t.Errorf("said\n%s", said)
		}
	})
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"-help"}, 0, "-control"},
		{[]string{"-nothing"}, 2, "-nothing"},
		{[]string{"stray"}, 2, "stray"},
		{[]string{"-log", "LOUD"}, 2, "LOUD"},
		{append(free[:len(free):len(free)], "-account", "7"), 1, `account "7"`},
		{append(free[:len(free):len(free)], "-mqtt", "nowhere"), 1, "nowhere"},
		{append(free[:len(free):len(free)], "-ca", "main.go/ca.pem"), 1, "main.go"},
		{append(free[:len(free):len(free)], "-data", "main.go"), 1, "main.go"},
	} {
		var stdout, stderr bytes.Buffer
		status := command(t.Context(), tt.args, &stdout, &stderr)
		if text := stdout.String() + stderr.String(); status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%q: status %d, want %d and %q: %s", tt.args, status, tt.status, tt.says, text)
		}
	}
}
