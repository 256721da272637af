package openapi_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/internal/openapi"
)

// TestAllocations bounds what holding a good request to the contract allocates. Its time is
// measured in api/bench.
func TestAllocations(t *testing.T) {
	document, err := openapi.Parse(api.Document())
	if err != nil {
		t.Fatal(err)
	}
	const body = `{"text":"How is the view?","kind":"star","location":{"lat":40.7,"lng":-74}}`
	get := httptest.NewRequest("GET", "/questions?lat=40.7&lng=-74&radius=500.5&order=nearest&limit=3", nil)
	post := httptest.NewRequest("POST", "/questions", nil)
	post.ContentLength = int64(len(body))
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("Idempotency-Key", "8e03978e-40d5-43e8-bc93-6894a57f9324")
	stream := httptest.NewRequest("GET", "/events?questions=89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefg,89c25a8c5fc1fb8d-06d7k2m4n5p6q7r8s9tabcdefh", nil)
	w := httptest.NewRecorder()
	for why, r := range map[string]*http.Request{"GET": get, "POST": post, "a list": stream} {
		n := testing.AllocsPerRun(200, func() {
			if r == post {
				r.Body = io.NopCloser(strings.NewReader(body))
			}
			call, err := document.Find(r)
			if err == nil {
				err = call.Check(w, r, 16<<10)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%s: %v allocations", why, n)
		if n > 40 {
			t.Errorf("%s: %v allocations", why, n)
		}
	}
}
