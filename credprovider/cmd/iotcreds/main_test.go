package main

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"software.sslmate.com/src/go-pkcs12"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// TestProcess: what credential_process wants, and nothing else.
func TestProcess(t *testing.T) {
	w := newWorld(t)
	status, stdout, stderr := w.run(t.Context(), w.flags("credential-process")...)
	var out struct {
		Version                                                int
		AccessKeyId, SecretAccessKey, SessionToken, Expiration string
	}
	if err := json.Unmarshal([]byte(stdout), &out); status != 0 || stderr != "" || err != nil || strings.Count(stdout, "\n") != 1 {
		t.Fatal(status, stderr, err)
	}
	s, ok := w.Session(out.AccessKeyId)
	expires, err := time.Parse(time.RFC3339, out.Expiration)
	if !ok || out.Version != 1 || out.SecretAccessKey != s.SecretAccessKey || out.SessionToken != s.SessionToken || err != nil || !expires.Equal(s.Expires) {
		t.Error("the credentials are not those that were handed out", err)
	}
}

// TestPKCS12 takes the password from a file, with or without a line break.
func TestPKCS12(t *testing.T) {
	w := newWorld(t)
	w.password = rand.Text()
	p12, err := pkcs12.Modern.Encode(w.device.TLS.PrivateKey, w.device.TLS.Leaf, nil, w.password)
	must(t, err)
	file := w.write("device.p12", p12, 0o600)
	args := []string{"credential-process", "-endpoint", w.Address(), "-role-alias", alias, "-ca", w.ca, "-p12", file, "-p12-password-file", ""}
	for text, want := range map[string]int{w.password: 0, w.password + "\n": 0, "wrong": 3} {
		args[len(args)-1] = w.write("password", []byte(text), 0o600)
		if status, _, stderr := w.run(t.Context(), args...); status != want {
			t.Errorf("status %d, want %d: %s", status, want, stderr)
		}
	}
}

// TestEnvironment: it has the flags that are not given.
func TestEnvironment(t *testing.T) {
	w := newWorld(t)
	p := w.start(clean("IOTCREDS_ENDPOINT="+w.Address(), "IOTCREDS_ROLE_ALIAS=another", "IOTCREDS_THING="+thing,
		"IOTCREDS_CERT="+w.cert, "IOTCREDS_KEY="+w.key, "IOTCREDS_CA="+w.ca), "credential-process", "-role-alias", alias)
	if status := p.status(); status != 0 || !strings.Contains(p.stdout.String(), "SessionToken") {
		t.Errorf("status %d: %s", status, p.stderr.String())
	}
}

// TestExitStatus has all that the documentation names, and what is said.
func TestExitStatus(t *testing.T) {
	w := newWorld(t)
	gone := filepath.Join(w.dir, "gone")
	unknownKey := w.write("plain.txt", []byte("no PEM"), 0o600)
	expired, err := w.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}, NotAfter: time.Now().Add(-time.Minute)})
	must(t, err)
	with := func(args []string, flag, value string) []string { return append(args, flag, value) }
	process := func() []string { return w.flags("credential-process") }
	for _, tt := range []struct {
		name   string
		args   []string
		before func()
		want   int
		says   string
	}{
		{"nothing", nil, nil, 2, "usage: iotcreds COMMAND"},
		{"help", []string{"help"}, nil, 0, "credential-process"},
		{"help of a command", []string{"exec", "-h"}, nil, 0, "-role-alias"},
		{"no such command", []string{"fetch"}, nil, 2, "usage: iotcreds COMMAND"},
		{"no such flag", []string{"doctor", "-fast"}, nil, 2, "-fast"},
		{"no endpoint", []string{"doctor"}, nil, 2, "-endpoint is missing"},
		{"no alias", []string{"doctor", "-endpoint", "x"}, nil, 2, "-role-alias is missing"},
		{"no certificate", []string{"doctor", "-endpoint", "x", "-role-alias", "y"}, nil, 2, "-cert is missing"},
		{"two identities", with(process(), "-p12", "x"), nil, 2, "in place of"},
		{"a password without PKCS#12", with(process(), "-p12-password-file", "x"), nil, 2, "goes with -p12"},
		{"no time", with(process(), "-timeout", "0s"), nil, 2, "not positive"},
		{"an operand", append(process(), "now"), nil, 2, `no operand "now"`},
		{"an alias that cannot be", with(process(), "-role-alias", "a/b"), nil, 2, `"a/b"`},
		{"an endpoint that cannot be", with(process(), "-endpoint", "http://x"), nil, 2, "not https"},
		{"serve: other machines", with(w.flags("serve", "-imds"), "-listen", "0.0.0.0:0"), nil, 2, "not a loopback address"},
		{"serve: a name of other machines", with(w.flags("serve", "-imds"), "-listen", "device.example:80"), nil, 2, "not a loopback address"},
		{"serve: no port", with(w.flags("serve", "-imds"), "-listen", "127.0.0.1"), nil, 2, "not a loopback address"},
		{"serve: nothing", w.flags("serve"), nil, 2, "nothing to serve"},
		{"serve: a port in use", with(w.flags("serve", "-imds"), "-listen", w.Address()), nil, 1, "in use"},
		{"exec: nothing", w.flags("exec"), nil, 125, "the program to run is missing"},
		{"exec: no such flag", []string{"exec", "-fast"}, nil, 125, "-fast"},

		{"no authorities", with(process(), "-ca", gone), nil, 1, gone},
		{"authorities that are none", with(process(), "-ca", unknownKey), nil, 1, "no certificate in PEM form"},
		{"no certificate file", with(process(), "-cert", gone), nil, 3, gone},
		{"no key in the file", with(process(), "-key", unknownKey), nil, 3, "identity"},
		{"no such thing", with(process(), "-thing", "Nobodys"), nil, 3, "attach-thing-principal"},
		{"no such alias", with(process(), "-role-alias", "nobodys"), nil, 3, "create the role alias"},
		{"policy denies", process(), func() { must(t, w.SetPolicies(w.device.CertificateID)) }, 3, "attach an IoT policy"},
		{"certificate expired", process(), func() { w.use(expired) }, 3, "replace it where it has expired"},
		{"untrusted server", process(), func() { w.use(w.another()); w.write("ca.pem", credprovidertest.New(t).CA.PEM(), 0o644) }, 3, "Amazon Root CA 1"},
		{"throttled", process(), func() { w.write("ca.pem", w.CA.PEM(), 0o644); w.Outage(credprovidertest.Throttle(time.Second)) }, 4, "ask less often"},
		{"failing", process(), func() { w.Outage(credprovidertest.Status(500, "InternalFailure", "")) }, 4, "the fault is the service's"},
		{"exec: failing", w.flags("exec", "true"), nil, 125, "the fault is the service's"},
		{"down", process(), w.Close, 4, "see that the endpoint is reached"},
	} {
		if !t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before()
			}
			status, stdout, stderr := w.run(t.Context(), tt.args...)
			if status != tt.want || !strings.Contains(stderr, tt.says) || stdout != "" {
				t.Errorf("status %d, want %d with %q: %s%s", status, tt.want, tt.says, stdout, stderr)
			}
		}) {
			return
		}
	}
}

// another is a new certificate of the thermostat.
func (w *world) another() credprovidertest.Device {
	w.t.Helper()
	device, err := w.Register(credprovidertest.CertificateSpec{Thing: thing, Policies: []string{mayDoAll}})
	must(w.t, err)
	return device
}

// TestExposedKey is warned of, and used.
func TestExposedKey(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("access is not in the mode on Windows")
	}
	w := newWorld(t)
	for mode, warned := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: false, 0o644: true, 0o660: true, 0o602: true} {
		must(t, os.Chmod(w.key, mode))
		status, _, stderr := w.run(t.Context(), w.flags("credential-process")...)
		if status != 0 || strings.Contains(stderr, "chmod 600 "+w.key) != warned {
			t.Errorf("mode %o: status %d, %s", mode, status, stderr)
		}
	}
}

// TestInterrupted: a command that is ended in the middle of an exchange ends, and has
// printed nothing.
func TestInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot be interrupted by another on Windows")
	}
	w := newWorld(t)
	w.Outage(credprovidertest.Hang())
	for _, args := range [][]string{
		w.flags("credential-process", "-timeout", "1m"), w.flags("serve", "-imds", "-listen", "127.0.0.1:0", "-timeout", "1m"),
		w.flags("exec", "-timeout", "1m", "true"), w.flags("doctor", "-timeout", "1m"),
	} {
		p := w.start(clean(), args...)
		before := w.Counts().Requests
		eventually(t, func() bool { return w.Counts().Requests > before || p.stderr.String() != "" }, &p.stderr)
		start := time.Now()
		must(t, p.Process.Signal(os.Interrupt))
		status := p.status()
		if status == 0 || strings.Contains(p.stdout.String(), "Key") || time.Since(start) > 30*time.Second {
			t.Errorf("%s: status %d after %v, %q", args[0], status, time.Since(start), p.stdout.String())
		}
	}
}
