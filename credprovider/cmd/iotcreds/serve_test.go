package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
)

// get asks a container endpoint and returns the status and the body.
func get(t *testing.T, client *http.Client, url, token string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	must(t, err)
	r.Header.Set("Authorization", token)
	response, err := client.Do(r)
	must(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	must(t, err)
	return response.StatusCode, string(body)
}

// TestServeThroughAnOutage: one exchange for all programs, and what is in hand is served
// while the service is away.
func TestServeThroughAnOutage(t *testing.T) {
	w := newWorld(t)
	p, environment := w.serve("-token-file", filepath.Join(w.dir, "token"), "-log", "debug")
	token, err := os.ReadFile(value(environment, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
	must(t, err)
	w.Close()
	for range 20 {
		status, body := get(t, http.DefaultClient, value(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), string(token))
		if status != 200 || !strings.Contains(body, w.Sessions()[0].AccessKeyID) {
			t.Fatal(status, body)
		}
	}
	if n := w.Counts().Requests; n != 1 {
		t.Errorf("%d exchanges", n)
	}
	if strings.Contains(p.stderr.String(), string(token)) {
		t.Error("the token is told")
	}
	if runtime.GOOS == "windows" {
		return
	}
	must(t, p.Process.Signal(os.Interrupt))
	if status := p.status(); status != 0 {
		t.Errorf("status %d when it is asked to end: %s", status, p.stderr.String())
	}
}

// TestServeBeginsInAnOutage: a device that starts before its network answers 503 and the
// reason, and works when the network does.
func TestServeBeginsInAnOutage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Outage(credprovidertest.Status(503, "ServiceUnavailableException", ""))
	p, environment := w.serve("-token-file", w.write("token", []byte("open-sesame"), 0o600))
	url := value(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI")
	if status, body := get(t, http.DefaultClient, url, "open-sesame"); status != 503 || !strings.Contains(body, "HTTP 503") {
		t.Errorf("status %d: %s", status, body)
	}
	w.Script()
	eventually(t, func() bool { status, _ := get(t, http.DefaultClient, url, "open-sesame"); return status == 200 }, &p.stderr)
}

// TestServeMustBeMended: it does not start where it would serve nothing until somebody
// mends something.
func TestServeMustBeMended(t *testing.T) {
	w := newWorld(t)
	must(t, w.SetPolicies(w.device.CertificateID))
	p := w.start(clean(), w.flags("serve", "-imds", "-listen", "127.0.0.1:0")...)
	if status := p.status(); status != 3 || p.stdout.String() != "" || !strings.Contains(p.stderr.String(), "attach an IoT policy") {
		t.Errorf("status %d, %s%s", status, p.stdout.String(), p.stderr.String())
	}
}

// TestUnixSocket: its mode says who may, and the one of a process that was killed is
// replaced, but no other.
func TestUnixSocket(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("sockets have no mode on Windows")
	}
	w := newWorld(t)
	path := filepath.Join(t.TempDir(), "s") // sun_path is short
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", path)
	}}}
	serve := func() *process {
		p, _ := w.serve("-listen", "unix:"+path)
		if status, body := get(t, client, "http://localhost/credentials", ""); status != 200 || !strings.Contains(body, "SecretAccessKey") {
			t.Fatalf("status %d", status)
		}
		return p
	}
	p := serve()
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	if status, _, stderr := w.run(t.Context(), w.flags("serve", "-listen", "unix:"+path)...); status != 1 || !strings.Contains(stderr, "in use") {
		t.Errorf("a socket in use: status %d, %s", status, stderr)
	}
	must(t, p.Process.Kill())
	_ = p.Wait() // killed
	if _, err := os.Lstat(path); err != nil {
		t.Fatal("the test is about nothing:", err)
	}
	p = serve()
	must(t, p.Process.Signal(os.Interrupt))
	if status := p.status(); status != 0 {
		t.Errorf("status %d", status)
	}
	if _, err := os.Lstat(path); !os.IsNotExist(err) {
		t.Errorf("the socket is left behind: %v", err)
	}
	must(t, os.WriteFile(path, []byte("precious"), 0o600))
	if status, _, stderr := w.run(t.Context(), w.flags("serve", "-listen", "unix:"+path)...); status != 1 {
		t.Errorf("a file in place of the socket: status %d, %s", status, stderr)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "precious" {
		t.Error("a file that is no socket is lost", err)
	}
}

// TestServeRefreshes before the credentials end, while nobody asks.
func TestServeRefreshes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(o *credprovidertest.Options) { o.Lifetime = 3 * time.Second })
	p, environment := w.serve("-token-file", w.write("token", []byte("open-sesame"), 0o600))
	eventually(t, func() bool { return w.Counts().Requests >= 3 }, &p.stderr)
	asked := time.Now()
	status, body := get(t, http.DefaultClient, value(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), "open-sesame")
	if status != 200 || !slices.ContainsFunc(w.Sessions(), func(s credprovidertest.Session) bool {
		return strings.Contains(body, s.AccessKeyID) && s.Expires.After(asked)
	}) {
		t.Errorf("status %d: %s", status, body)
	}
}

// TestManyPrograms: a hundred that ask at once get the credentials of one
// exchange.
func TestManyPrograms(t *testing.T) {
	w := newWorld(t)
	p, environment := w.serve("-token-file", w.write("token", []byte("open-sesame"), 0o600))
	var programs sync.WaitGroup
	for range 100 {
		programs.Go(func() {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, value(environment, "AWS_CONTAINER_CREDENTIALS_FULL_URI"), nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.Header.Set("Authorization", "open-sesame")
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err, p.stderr.String())
				return
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != 200 || !strings.Contains(string(body), w.Sessions()[0].AccessKeyID) {
				t.Errorf("status %d: %v", response.StatusCode, err)
			}
		})
	}
	programs.Wait()
	if n := w.Counts().Requests; n != 1 {
		t.Errorf("%d exchanges", n)
	}
}
