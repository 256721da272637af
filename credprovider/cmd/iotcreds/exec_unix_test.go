//go:build unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/foreign"
)

// needShell skips where programs of the tests cannot be sh.
func needShell(t *testing.T) {
	t.Helper()
	foreign.Need(t, "sh")
}

// TestExecStatus is that of the program.
func TestExecStatus(t *testing.T) {
	needShell(t)
	w := newWorld(t)
	plain := w.write("plain", []byte("text"), 0o600)
	for _, tt := range []struct {
		name string
		args []string
		want int
		out  string
	}{
		{"success", []string{"sh", "-c", "echo it ran"}, 0, "it ran\n"},
		{"failure", []string{"sh", "-c", "exit 7"}, 7, ""},
		{"a status that iotcreds has, too", []string{"--", "sh", "-c", "exit 3"}, 3, ""},
		{"a signal", []string{"sh", "-c", "kill -KILL $$"}, 128 + int(syscall.SIGKILL), ""},
		{"flags of the program", []string{"--", "sh", "-c", `echo "$@"`, "sh", "-endpoint", "x"}, 0, "-endpoint x\n"},
		{"not a program", []string{plain}, 126, ""},
		{"no such program", []string{"no-such-program-anywhere"}, 127, ""},
		{"no such path", []string{filepath.Join(w.dir, "gone")}, 127, ""},
	} {
		for _, more := range [][]string{nil, {"-env"}} {
			status, stdout, stderr := w.run(t.Context(), w.flags("exec", append(slices.Clone(more), tt.args...)...)...)
			if status != tt.want || stdout != tt.out {
				t.Errorf("%s %v: status %d, want %d: %q %s", tt.name, more, status, tt.want, stdout, stderr)
			}
		}
	}
}

// TestExecEnvironment: nothing in it wins over our credentials, and the rest is kept.
func TestExecEnvironment(t *testing.T) {
	base := []string{"PATH=/bin", "AWS_ACCESS_KEY_ID=stale", "AWS_PROFILE=p", "AWS_REGION=eu-west-1", "AWS_SHARED_CREDENTIALS_FILE=x", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/x", "EMPTY="}
	got := environment(base, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/credentials")
	want := []string{"PATH=/bin", "AWS_REGION=eu-west-1", "EMPTY=", "AWS_SHARED_CREDENTIALS_FILE=" + os.DevNull, "AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:1/credentials"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if base[1] != "AWS_ACCESS_KEY_ID=stale" {
		t.Error("the caller's environment was changed")
	}
}

// TestExecSignals: each is handed on, once, and iotcreds ends when the program does.
func TestExecSignals(t *testing.T) {
	needShell(t)
	w := newWorld(t)
	const script = `for s in TERM INT HUP QUIT USR1 USR2; do trap "echo $s" $s; done; trap 'exit 9' USR2; echo ready; while :; do sleep 0.02; done`
	p := w.start(clean(), w.flags("exec", "sh", "-c", script)...)
	want := "ready\n"
	for _, s := range []struct {
		signal syscall.Signal
		name   string
	}{{syscall.SIGTERM, "TERM\n"}, {syscall.SIGHUP, "HUP\n"}, {syscall.SIGTERM, "TERM\n"}, {syscall.SIGUSR1, "USR1\n"}} {
		eventually(t, func() bool { return p.stdout.String() == want }, &p.stdout)
		must(t, p.Process.Signal(s.signal))
		want += s.name
	}
	eventually(t, func() bool { return p.stdout.String() == want }, &p.stdout)
	must(t, p.Process.Signal(syscall.SIGUSR2))
	if status := p.status(); status != 9 {
		t.Errorf("status %d: %s", status, p.stderr.String())
	}
}

// TestExecEndpoint lives as long as the program, through an outage, and asks for the
// token.
func TestExecEndpoint(t *testing.T) {
	needShell(t)
	foreign.Need(t, "curl")
	w := newWorld(t)
	began := make(chan struct{})
	go func() { // the outage begins when the credentials were handed out
		defer close(began)
		for len(w.Sessions()) == 0 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		w.Outage(credprovidertest.Status(503, "ServiceUnavailableException", ""))
	}()
	const script = `env | grep -c '^AWS_.*KEY' ; for i in 1 2 3; do curl -s --noproxy '*' -H "Authorization: $AWS_CONTAINER_AUTHORIZATION_TOKEN" "$AWS_CONTAINER_CREDENTIALS_FULL_URI" | grep -c SecretAccessKey; done
curl -s --noproxy '*' -o /dev/null -w '%{http_code}' "$AWS_CONTAINER_CREDENTIALS_FULL_URI"`
	status, stdout, stderr := w.run(t.Context(), w.flags("exec", "sh", "-c", script)...)
	<-began
	if status != 0 || stdout != "0\n1\n1\n1\n401" {
		t.Errorf("status %d: %q %s", status, stdout, strings.TrimSpace(stderr))
	}
}
