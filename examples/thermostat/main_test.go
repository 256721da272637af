package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/safebuffer"
)

var update = flag.Bool("update", false, "write the golden file")

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE") // breaks AWS configurations with an HTTP client of their own
	os.Exit(m.Run())
}

// stable replaces what differs from run to run.
func stable(text string) string {
	for _, r := range [][2]string{
		{`127\.0\.0\.1:\d+`, "ADDRESS"}, {`[0-9a-f]{64}`, "CERTIFICATE-ID"}, {`ASIA\w{16}`, "ACCESS-KEY-ID"}, {`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ`, "TIME"},
	} {
		text = regexp.MustCompile(r[0]).ReplaceAllString(text, r[1])
	}
	return text
}

func golden(t *testing.T, got string) {
	t.Helper()
	file := filepath.Join("testdata", "steps.golden")
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

// TestLocally is the whole workflow, with the words in which it is told.
func TestLocally(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if status := command(t.Context(), nil, &stdout, &stderr); status != 0 || stderr.Len() > 0 {
		t.Fatalf("status %d: %s%s", status, &stdout, &stderr)
	}
	golden(t, stable(stdout.String()))
}

// serve leaves an account running for the test and returns flags for it.
func serve(t *testing.T) []string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new")
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
	for deadline := time.Now().Add(time.Minute); !strings.Contains(stdout.String(), "--table-name"); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("it does not start: %s%s", stdout.String(), stderr.String())
		}
	}
	find := func(pattern string) string { return regexp.MustCompile(pattern).FindStringSubmatch(stdout.String())[1] }
	return []string{"-endpoint", find(`IOTCREDS_ENDPOINT=(\S+)`), "-cert", find(`IOTCREDS_CERT=(\S+)`), "-key", find(`IOTCREDS_KEY=(\S+)`),
		"-ca", find(`IOTCREDS_CA=(\S+)`), "-dynamodb", find(`--endpoint-url (\S+)`)}
}

// TestAgainstAnAccount is the device alone, with the flags for an account elsewhere.
func TestAgainstAnAccount(t *testing.T) {
	flags := serve(t)
	for _, tt := range []struct {
		name   string
		more   []string
		status int
		says   string
	}{
		{"a record", []string{"-serial", "02", "-temperature", "21.5", "-humidity", "40"}, 0, "serial_number 02"},
		{"a fraction", []string{"-temperature", "21.5"}, 0, "temperature 21.5, humidity 65"},
		{"the policy allows too much", []string{"-others", thingName}, 1, "allows too much"},
		{"a thing that is not the certificate's", []string{"-thing", othersThing}, 1, "attach-thing-principal"},
		{"no such alias, nor a policy for it", []string{"-role-alias", "another"}, 1, "iot:AssumeRoleWithCertificate"},
		{"another region", []string{"-region", "eu-west-1"}, 1, "valid region"},
		{"no authorities", []string{"-ca", filepath.Join(t.TempDir(), "gone")}, 1, "gone"},
		{"authorities that are none", []string{"-ca", "main.go"}, 1, "no certificate in PEM form"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			status := command(t.Context(), append(flags[:len(flags):len(flags)], tt.more...), &stdout, &stderr)
			if all := stdout.String() + stderr.String(); status != tt.status || !strings.Contains(all, tt.says) {
				t.Errorf("status %d, want %d with %q: %s", status, tt.status, tt.says, all)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for args, says := range map[string]string{
		"now":                                 `"now"`,
		"-fast":                               "-fast",
		"-endpoint x":                         "goes with -cert and -key",
		"-endpoint x -cert a -key b -serve":   "needs an argument",
		"-endpoint x -cert a -key b -serve d": "-serve is for the account in this process",
		"-cert a":                             "-cert goes with -endpoint",
		"-thing a":                            "-thing goes with -endpoint",
	} {
		var stdout, stderr bytes.Buffer
		if status := command(t.Context(), strings.Fields(args), &stdout, &stderr); status != 2 || !strings.Contains(stderr.String(), says) || stdout.Len() > 0 {
			t.Errorf("%s: status %d: %s", args, status, &stderr)
		}
	}
	var stdout, stderr bytes.Buffer
	if status := command(t.Context(), []string{"-help"}, &stdout, &stderr); status != 0 || !strings.Contains(stdout.String(), "-role-alias") {
		t.Errorf("status %d: %s%s", status, &stdout, &stderr)
	}
}

// TestPolicies: each is JSON, and the instructions for AWS use it.
func TestPolicies(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := policies.ReadDir("policies")
	if err != nil || len(files) != 4 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		text, err := policies.ReadFile("policies/" + file.Name())
		if err != nil || !json.Valid(text) || !strings.Contains(string(doc), "file://"+file.Name()) {
			t.Errorf("%s: %v", file.Name(), err)
		}
	}
}
