package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/internal/safebuffer"
)

var update = flag.Bool("update", false, "write the golden file")

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // breaks the AWS CLI
	os.Exit(m.Run())
}

// stable replaces what differs from run to run.
func stable(text string) string {
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`).ReplaceAllString(text, "UUID")
}

// TestLocally is the whole way, with the words in which it is told.
func TestLocally(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := command(t.Context(), nil, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("status %d: %s%s", status, &stdout, &stderr)
	}
	file := filepath.Join("testdata", "steps.golden")
	got := stable(stdout.String())
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// serve leaves an account running for the test. It returns its directory, its endpoint, and
// the commands that it prints.
func serve(t *testing.T) (dir, endpoint, commands string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "new")
	var stdout, stderr safebuffer.Buffer
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	go func() { ended <- command(ctx, []string{"-serve", dir}, &stdout, &stderr) }()
	t.Cleanup(func() {
		cancel()
		if status := <-ended; status != 0 || stderr.String() != "" {
			t.Errorf("status %d: %s", status, stderr.String())
		}
	})
	last := tokenKeyName + ": allow'\n"
	for deadline := time.Now().Add(time.Minute); !strings.HasSuffix(stdout.String(), last); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not start: %s%s", stdout.String(), stderr.String())
		}
	}
	_, commands, _ = strings.Cut(stdout.String(), "In another terminal:\n")
	return dir, regexp.MustCompile(`https://([^/]+)/`).FindStringSubmatch(commands)[1], commands
}

// TestAgainstAnAccount is the device alone, with the flags for an account elsewhere.
func TestAgainstAnAccount(t *testing.T) {
	dir, endpoint, _ := serve(t)
	flags := []string{"-endpoint", endpoint, "-ca", filepath.Join(dir, caFile), "-key", filepath.Join(dir, privateKeyFile)}
	for _, tt := range []struct {
		name   string
		more   []string
		status int
		says   string
	}{
		{"the token that may", nil, 0, `200 OK {"message":"OK"`},
		{"the default authorizer", []string{"-authorizer", ""}, 0, "200 OK"},
		{"the token that may not", []string{"-token", "deny"}, 1, "403"},
		{"no such authorizer", []string{"-authorizer", "Another"}, 1, "403"},
		{"a topic that the policy does not name", []string{"-topic", "other"}, 1, "403"},
		{"the token under another name", []string{"-token-key", "Another"}, 1, "403"},
		{"no authorities", []string{"-ca", filepath.Join(t.TempDir(), "gone")}, 1, "gone"},
		{"authorities that are none", []string{"-ca", "main.go"}, 1, "no certificate in PEM form"},
		{"a key that is none", []string{"-key", "main.go"}, 1, "unusable key"},
		{"authorities of others", []string{"-ca", ""}, 1, "certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := command(t.Context(), append(flags[:len(flags):len(flags)], tt.more...), &stdout, &stderr)
			if text := stdout.String() + stderr.String(); status != tt.status || !strings.Contains(text, tt.says) {
				t.Errorf("status %d, want %d and %q: %s", status, tt.status, tt.says, text)
			}
		})
	}
}

// TestCommands runs what -serve prints: openssl, the AWS CLI and curl.
func TestCommands(t *testing.T) {
	for _, program := range []string{"openssl", "aws", "curl"} {
		foreign.Need(t, program)
	}
	_, _, commands := serve(t)
	out, err := exec.CommandContext(t.Context(), foreign.Need(t, "bash"), "-ec", commands).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, want := range []string{`"authorizerName": "CustomAuthorizer"`, `"principalId": "principalId"`, "HTTP/1.1 200 OK", `{"message":"OK","traceId":"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"-help"}, 0, "-token-key"},
		{[]string{"-nothing"}, 2, "-nothing"},
		{[]string{"stray"}, 2, "stray"},
		{[]string{"-endpoint", "localhost"}, 2, "-key"},
		{[]string{"-token", "allow"}, 2, "-token goes with -endpoint"},
		{[]string{"-endpoint", "localhost", "-key", "k", "-serve", "d"}, 2, "-serve"},
	} {
		var stdout, stderr bytes.Buffer
		status := command(t.Context(), tt.args, &stdout, &stderr)
		if text := stdout.String() + stderr.String(); status != tt.status || !strings.Contains(text, tt.says) {
			t.Errorf("%q: status %d, want %d and %q: %s", tt.args, status, tt.status, tt.says, text)
		}
	}
}
