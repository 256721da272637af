package devissuer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// TestDiscovery verifies a token the way a relying party does, over a socket and without.
func TestDiscovery(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	defer server.Close()
	issuer, err := New(server.URL + "/dev")
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/dev/", http.StripPrefix("/dev", issuer))
	for name, client := range map[string]*http.Client{"socket": server.Client(), "in process": issuer.Client()} {
		t.Run(name, func(t *testing.T) {
			ctx := oidc.ClientContext(t.Context(), client)
			provider, err := oidc.NewProvider(ctx, issuer.URL())
			if err != nil {
				t.Fatal(err)
			}
			token, err := issuer.Mint("ann")
			if err != nil {
				t.Fatal(err)
			}
			got, err := provider.Verifier(&oidc.Config{ClientID: "askaround"}).Verify(ctx, token)
			if err != nil || got.Subject != "ann" {
				t.Errorf("token %+v, %v", got, err)
			}
			for _, endpoint := range []string{provider.Endpoint().AuthURL, provider.Endpoint().TokenURL} {
				response, err := client.Post(endpoint, "text/plain", nil)
				if err != nil {
					t.Fatal(err)
				}
				_ = response.Body.Close()
				if response.StatusCode != http.StatusBadRequest {
					t.Errorf("%s is named and answers %s", endpoint, response.Status)
				}
			}
		})
	}
}

func TestTokenRequests(t *testing.T) {
	issuer, err := New("http://localhost/dev")
	if err != nil {
		t.Fatal(err)
	}
	for why, row := range map[string]struct {
		method, path, kind, body string
		want                     int
	}{
		"a form":             {"POST", "/token", "application/x-www-form-urlencoded", "user=ann", 200},
		"JSON":               {"POST", "/token", "application/json; charset=utf-8", `{"user":"ann"}`, 200},
		"no user":            {"POST", "/token", "application/json", `{}`, 400},
		"control characters": {"POST", "/token", "application/json", `{"user":"a\nb"}`, 400},
		"too long":           {"POST", "/token", "application/json", `{"user":"` + strings.Repeat("x", 129) + `"}`, 400},
		"broken JSON":        {"POST", "/token", "application/json", `{`, 400},
		"another type":       {"POST", "/token", "text/plain", "user=ann", 400},
		"a huge body":        {"POST", "/token", "application/json", strings.Repeat(" ", 5000), 400},
		"GET":                {"GET", "/token", "", "", 404},
		"a login":            {"GET", "/authorize", "", "", 400},
		"an unknown path":    {"GET", "/x", "", "", 404},
	} {
		r := httptest.NewRequest(row.method, row.path, strings.NewReader(row.body))
		r.Header.Set("Content-Type", row.kind)
		w := httptest.NewRecorder()
		issuer.ServeHTTP(w, r)
		if w.Code != row.want || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: status %d, want %d: %s", why, w.Code, row.want, w.Body)
		}
	}
}

// TestKeyFile shows that tokens hold after a restart, and that damage is told without
// the key.
func TestKeyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "key.pem")
	var ids []string
	for range 2 {
		issuer, err := New("http://localhost/dev", func(o *Options) { o.KeyFile = file })
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, issuer.public.Keys[0].KeyID)
	}
	if ids[0] != ids[1] {
		t.Errorf("the key changed from %s to %s", ids[0], ids[1])
	}
	if err := os.WriteFile(file, []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := New("http://localhost/dev", func(o *Options) { o.KeyFile = file })
	if err == nil || strings.Contains(err.Error(), "c2VjcmV0") {
		t.Errorf("error %v", err)
	}
}

func TestNewRefuses(t *testing.T) {
	for _, url := range []string{"", "/dev", "http://localhost/dev/", "http://localhost/dev?x=1"} {
		if _, err := New(url); err == nil {
			t.Errorf("New(%q) succeeded", url)
		}
	}
	if _, err := New("http://localhost", func(o *Options) { o.Lifetime = -time.Second }); err == nil {
		t.Error("a negative lifetime was accepted")
	}
}

func Example() {
	issuer, err := New("http://127.0.0.1:8080/dev")
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := issuer.Mint("ann")
	fmt.Println(strings.Count(token, "."), err)
	// Output: 2 <nil>
}
