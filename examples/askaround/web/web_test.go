package web_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/examples/askaround/web"
)

func get(method, path string, header ...string) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	web.Handler().ServeHTTP(w, r)
	return w.Result()
}

func TestHandler(t *testing.T) {
	for _, row := range []struct {
		reason, method, path string
		status               int
		kind                 string
	}{
		{"the page", "GET", "/", 200, "text/html; charset=utf-8"},
		{"its script", "GET", "/assets/app.js", 200, "text/javascript; charset=utf-8"},
		{"its style sheet", "GET", "/assets/app.css", 200, "text/css; charset=utf-8"},
		{"HEAD", "HEAD", "/", 200, "text/html; charset=utf-8"},
		{"no list of the folder", "GET", "/assets/", 404, ""},
		{"no source", "GET", "/assets/../web.go", 404, ""},
		{"nothing else", "GET", "/index.html", 404, ""},
		{"no writing", "POST", "/", 405, ""},
	} {
		response := get(row.method, row.path)
		if response.StatusCode != row.status || row.kind != "" && response.Header.Get("Content-Type") != row.kind {
			t.Errorf("%s: status %d, %q", row.reason, response.StatusCode, response.Header.Get("Content-Type"))
		}
		if row.status == 200 && (response.Header.Get("Content-Security-Policy") == "" || response.Header.Get("X-Content-Type-Options") != "nosniff") {
			t.Errorf("%s: header %v", row.reason, response.Header)
		}
	}
}

func TestBrowsersNeedNotLoadAgain(t *testing.T) {
	first := get("GET", "/assets/app.js")
	etag := first.Header.Get("ETag")
	if again := get("GET", "/assets/app.js", "If-None-Match", etag); etag == "" || again.StatusCode != http.StatusNotModified {
		t.Errorf("ETag %q, then status %d", etag, again.StatusCode)
	}
}

// TestNothingFromElsewhere reads what is served: it names no other server, and the
// page holds no script and no style that its policy would forbid.
func TestNothingFromElsewhere(t *testing.T) {
	address := regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
	namespace := "http://www.w3.org/2000/svg"
	for _, path := range []string{"/", "/assets/app.js", "/assets/app.css"} {
		body, err := io.ReadAll(get("GET", path).Body)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(body), namespace, "")
		if path == "/assets/app.js" { // comments name their sources
			text = regexp.MustCompile(`(?m)//\s.*$`).ReplaceAllString(text, "")
		}
		for _, found := range address.FindAllString(text, -1) {
			t.Errorf("%s names %s", path, found)
		}
		if path == "/" && regexp.MustCompile(`<style|<script[^>]*>[^<]|\son[a-z]+=|\sstyle=`).MatchString(text) {
			t.Error("the page holds an inline script or style")
		}
	}
}

func Example() {
	server := httptest.NewServer(web.Handler())
	defer server.Close()
	response, err := http.Get(server.URL + "/")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	fmt.Println(response.Status, strings.Contains(string(body), "<title>Ask Around Me</title>"), err)
	// Output: 200 OK true <nil>
}
