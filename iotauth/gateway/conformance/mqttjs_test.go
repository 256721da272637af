package conformance

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
	"github.com/askaround/askaround-go/iotauth"
	"github.com/askaround/askaround-go/iotauth/gateway"
	"github.com/askaround/askaround-go/iotauth/gateway/local"
)

func (s *site) credentials() iotauth.Credentials {
	return iotauth.Credentials{Authorizer: "Custom", TokenKey: "Token", Token: s.token, Signature: s.signature}
}

func TestMQTTJS(t *testing.T) {
	slow(t)
	node := foreign.NeedNode(t, "peers")
	s := newSite(t)
	username, err := s.credentials().Username("sensor7")
	if err != nil {
		t.Fatal(err)
	}
	headers := http.Header{}
	if err := s.credentials().SetHeader(headers); err != nil {
		t.Fatal(err)
	}
	flat := map[string]string{}
	for name := range headers {
		flat[name] = headers.Get(name)
	}
	text, err := json.Marshal(flat)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, door, address string
		more                []string
	}{
		{"certificate, 443 by ALPN", "certificate", s.TLS, nil},
		{"custom authorizer, 443 by ALPN", "custom", s.TLS, []string{"username=" + username}},
		{"custom authorizer, WebSocket, in the user name", "websocket-custom", s.TLS, []string{"username=" + username}},
		{"custom authorizer, WebSocket, in headers", "websocket-custom", s.TLS, []string{"headers=" + string(text)}},
	} {
		for _, protocol := range []string{"4", "5"} {
			t.Run(tt.name+", MQTT "+protocol, func(t *testing.T) {
				arguments := append(s.arguments(tt.door, protocol, tt.address), tt.more...)
				r := run(t, nil, node, append([]string{filepath.Join("peers", "mqttjs.mjs")}, arguments...)...)
				r.check(t, []int{1}, protocol == "5")
			})
		}
	}
}

// page is what a browser does; it tells its report to the server that it came from.
const page = `<!doctype html><meta charset="utf-8"><title>mqtt.js</title><script type="module">
import mqtt from "/mqtt.esm.js";
const tell = (report) => fetch("/report", {method: "POST", body: JSON.stringify(report)});
try {
	const client = mqtt.connect(%q, {clientId: "browser", username: %q, protocolVersion: 5, reconnectPeriod: 0});
	await new Promise((resolve, reject) => client.on("connect", resolve).on("error", reject).on("close", () => reject(new Error("closed"))));
	const message = new Promise((resolve) => client.on("message", (topic, payload) => resolve({topic, payload: new TextDecoder().decode(payload)})));
	const granted = await client.subscribeAsync({"sensors/#": {qos: 1}});
	await client.publishAsync("sensors/7/t", "hello", {qos: 1});
	const got = await message;
	const denied = await client.publishAsync("other/t", "x", {qos: 1}).then(() => 0, (e) => e.code);
	await client.endAsync();
	tell({subscribed: granted.map((g) => g.qos), published: 0, ...got, denied});
} catch (e) {
	tell({refused: e.code ?? -1, error: String(e)});
}
</script>`

// TestBrowser is mqtt.js in a page: one of an origin that may open a WebSocket, and one of
// an origin that may not.
func TestBrowser(t *testing.T) {
	slow(t)
	chromium := foreign.Need(t, "chromium")
	library := foreign.NeedPackage(t, "peers", "mqtt/dist/mqtt.esm.js")
	for _, tt := range []struct {
		name  string
		allow bool
	}{{"its origin is allowed", true}, {"its origin is another", false}} {
		t.Run(tt.name, func(t *testing.T) {
			web, reports := servePage(t, library)
			s := newSite(t, func(o *local.Options) {
				limits := o.Gateway
				o.Gateway = func(g *gateway.Options) {
					limits(g)
					if tt.allow {
						g.Origins = []string{web.URL}
					}
				}
			})
			username, err := s.credentials().Username("anyone")
			if err != nil {
				t.Fatal(err)
			}
			web.Config.Handler.(*http.ServeMux).HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprintf(w, page, "wss://localhost:"+port(s.TLS)+"/mqtt", username)
			})
			r := browse(t, chromium, web.URL, reports)
			if tt.allow {
				r.check(t, []int{1}, true)
			} else if r.Refused == nil {
				t.Errorf("report %+v", r)
			}
		})
	}
}

// servePage serves mqtt.js, and takes reports.
func servePage(t *testing.T, library string) (*httptest.Server, <-chan []byte) {
	reports := make(chan []byte, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /mqtt.esm.js", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		http.ServeFile(w, r, library)
	})
	mux.HandleFunc("POST /report", func(_ http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		select {
		case reports <- text:
		default: // one is enough
		}
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server, reports
}

func browse(t *testing.T, chromium, url string, reports <-chan []byte) report {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	command := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--ignore-certificate-errors",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-port=0", url)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cancel()
		_ = command.Wait()
	}()
	select {
	case text := <-reports:
		r, ok := parse(text)
		if !ok {
			t.Fatalf("report %s", text)
		}
		return r
	case <-time.After(2 * time.Minute):
		t.Fatal("no report within two minutes")
		return report{}
	}
}
