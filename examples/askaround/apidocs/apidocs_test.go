package apidocs_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	askaroundapi "github.com/askaround/askaround-go/api/askaround"
	robotapi "github.com/askaround/askaround-go/api/robot"
	"github.com/askaround/askaround-go/examples/askaround/apidocs"
	"github.com/askaround/askaround-go/internal/foreign"
)

func serve(t *testing.T) *httptest.Server {
	t.Helper()
	h, err := apidocs.Handler("/docs/", "/dev/token",
		apidocs.API{Name: "Ask Around Me", File: "askaround.json", Document: askaroundapi.Document(), Server: "/"},
		apidocs.API{Name: "Robot", File: "robot.json", Document: robotapi.Document(), Server: "/robot"})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// TestPage: everything that the page names is there, on this server.
func TestPage(t *testing.T) {
	server := serve(t)
	response, page := get(t, server.URL+"/docs/")
	if response.StatusCode != 200 || !strings.Contains(response.Header.Get("Content-Security-Policy"), "default-src 'self'") {
		t.Fatalf("%d %v", response.StatusCode, response.Header)
	}
	names := regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1)
	if len(names) < 5 {
		t.Fatalf("the page names %v", names)
	}
	for _, name := range names {
		if !strings.HasPrefix(name[1], "/docs/") {
			t.Errorf("the page loads %s", name[1])
			continue
		}
		if response, body := get(t, server.URL+name[1]); response.StatusCode != 200 || body == "" {
			t.Errorf("%s: %d", name[1], response.StatusCode)
		}
	}
	if response, _ := get(t, server.URL+"/docs/nothing"); response.StatusCode != 404 {
		t.Errorf("nothing: %d", response.StatusCode)
	}
}

// TestDocuments: each is the contract's, and leads to its server.
func TestDocuments(t *testing.T) {
	server := serve(t)
	for file, want := range map[string]string{"askaround.json": "/", "robot.json": "/robot"} {
		response, body := get(t, server.URL+"/docs/"+file)
		var d struct {
			OpenAPI string
			Servers []struct{ URL string }
			Paths   map[string]any
		}
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != 200 || d.OpenAPI != "3.1.0" || len(d.Servers) != 1 || d.Servers[0].URL != want || len(d.Paths) == 0 {
			t.Errorf("%s: %d %+v", file, response.StatusCode, d)
		}
	}
	if _, err := apidocs.Handler("/docs/", "", apidocs.API{Name: "x", File: "x", Document: []byte("{")}); err == nil {
		t.Error("a document that is none is accepted")
	}
}

// TestBrowser renders the page and looks for the operations.
func TestBrowser(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("starts a browser; ASKAROUND_SLOW=1 runs it")
	}
	chromium := foreign.Need(t, "chromium")
	dom, err := exec.CommandContext(t.Context(), chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=20000", "--dump-dom", serve(t).URL+"/docs/").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Ask a question at a place", "List the questions nearby", "Receive news as server-sent events", "/questions/{questionId}/watch"} {
		if !strings.Contains(strings.ReplaceAll(string(dom), "\u200b", ""), want) {
			t.Errorf("the page has no %q", want)
		}
	}
}
