package credprovider_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/credprovider/credprovidertest"
	"github.com/askaround/askaround-go/internal/foreign"
)

// signed is what sign.mjs prints.
type signed struct {
	Milliseconds float64
	Keys         []string
	Errors       map[string]int
}

// TestCRT has the provider of AWS's common runtime ask the same endpoint. It proves the
// endpoint with a client that nobody here wrote, and is the peer in the measurement.
func TestCRT(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Node")
	}
	foreign.NeedRoot(t, "listening on port 443, which aws-crt cannot be talked out of,")
	foreign.NeedPackage(t, "peers", "aws-crt/package.json")
	node := foreign.NeedNode(t, "peers")
	for _, tt := range []struct {
		how   string
		count int
	}{{"concurrent", 100}, {"serial", 500}} {
		t.Run(tt.how, func(t *testing.T) {
			w := newWorldOn443(t)
			dir := t.TempDir()
			certFile, keyFile := files(t, dir, w.device)
			ca := filepath.Join(dir, "ca.pem")
			must(t, os.WriteFile(ca, w.CA.PEM(), 0o600))
			cmd := exec.CommandContext(t.Context(), node, "sign.mjs", "localhost", alias, thing, certFile, keyFile, ca, tt.how, strconv.Itoa(tt.count))
			cmd.Dir, cmd.Stderr, cmd.Env = "peers", os.Stderr, append(os.Environ(), "NODE_NO_WARNINGS=1")
			out, err := cmd.Output()
			must(t, err)
			var got signed
			must(t, json.Unmarshal(out, &got))
			for _, key := range got.Keys {
				if s, ok := w.Session(key); !ok || s.ThingName != thing {
					t.Errorf("aws-crt signed with %s, which was not handed out", key)
				}
			}
			if len(got.Keys) == 0 || len(got.Errors) > 0 {
				t.Errorf("got %+v", got)
			}
			t.Logf("aws-crt: %d signatures, %s: %d requests, %.0f ms", tt.count, tt.how, w.Counts().Requests, got.Milliseconds)
			requests, took := ours(t, tt.how == "concurrent", tt.count)
			t.Logf("credprovider: %d calls, %s: %d requests, %.1f ms", tt.count, tt.how, requests, took.Seconds()*1000)
			if requests != 1 {
				t.Errorf("%d requests", requests)
			}
		})
	}
}

func newWorldOn443(t *testing.T) world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:443")
	if err != nil {
		t.Skipf("port 443 is taken: %v", err)
	}
	return newWorld(t, func(o *credprovidertest.Options) { o.Listener = l })
}

// ours is the same with a Provider.
func ours(t *testing.T, concurrent bool, count int) (requests int, took time.Duration) {
	t.Helper()
	w := newWorld(t)
	p := w.provider(t)
	var callers sync.WaitGroup
	start := time.Now()
	for range count {
		if !concurrent {
			retrieve(t, p)
			continue
		}
		callers.Go(func() { retrieve(t, p) })
	}
	callers.Wait()
	return w.Counts().Requests, time.Since(start)
}
