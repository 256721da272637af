package askaround_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
)

// TestImports guards what a program that calls the API pulls in.
func TestImports(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if .Module}}{{.Module.Path}}{{end}}", ".")
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := slices.Compact(slices.Sorted(slices.Values(strings.Fields(string(output)))))
	want := []string{
		"github.com/apapsch/go-jsonmerge/v2",
		"github.com/askaround/askaround-go",
		"github.com/google/uuid",
		"github.com/oapi-codegen/runtime",
	}
	if !slices.Equal(modules, want) {
		t.Errorf("modules %q, want %q", modules, want)
	}
}

// TestLiveMessage reads messages by their type, and keeps unknown ones apart.
func TestLiveMessage(t *testing.T) {
	var m api.LiveMessage
	if err := json.Unmarshal([]byte(`{"type":"heat","question":"q","part":"89c25b","version":4,"cells":{"89c25a3":2}}`), &m); err != nil {
		t.Fatal(err)
	}
	v, err := m.ValueByDiscriminator()
	if heat, ok := v.(api.HeatMessage); err != nil || !ok || heat.Version != 4 || heat.Cells["89c25a3"] != 2 {
		t.Errorf("%#v %v", v, err)
	}
	if err := json.Unmarshal([]byte(`{"type":"confetti"}`), &m); err != nil {
		t.Fatal(err)
	}
	if v, err := m.ValueByDiscriminator(); err == nil {
		t.Errorf("an unknown type is %#v", v)
	}
}

func TestParseProblem(t *testing.T) {
	const body = `{"type":"urn:problem-type:askaround:invalid-body","title":"Wrong","status":422,"detail":"All of it.",
		"errors":[{"pointer":"/text","detail":"is required"},{"parameter":"lat","detail":"must be at most 90"},{"header":"Accept","detail":"is odd"},{"detail":"and more"}]}`
	for _, row := range []struct {
		why, media, body string
		status           int
		want             string
	}{
		{"a problem", "application/problem+json", body, 422, `422 Wrong: All of it.; "/text": is required; lat: must be at most 90; Accept: is odd; and more`},
		{"with a parameter", "application/problem+json; charset=utf-8", `{"title":"Gone","status":404}`, 404, "404 Gone"},
		{"a success", "application/problem+json", body, 200, ""},
		{"an error page", "text/html", "<h1>Bad gateway</h1>", 502, ""},
		{"cut off", "application/problem+json", body[:20], 422, ""},
	} {
		p := api.ParseProblem(&http.Response{StatusCode: row.status, Header: http.Header{"Content-Type": {row.media}}}, []byte(row.body))
		got := ""
		if p != nil {
			got = p.Error()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.why, got, row.want)
		}
	}
}

// The client against a server that says no.
func ExampleParseProblem() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"type":"urn:problem-type:askaround:expired-token","title":"The token has expired","status":401,"detail":"You sent %s."}`,
			r.Header.Get("Authorization"))
	}))
	defer server.Close()
	client, err := api.NewClientWithResponses(server.URL, api.WithRequestEditorFn(api.Bearer("old")))
	if err != nil {
		fmt.Println(err)
		return
	}
	response, err := client.GetLiveWithResponse(context.Background(), &api.GetLiveParams{Lat: 40.7, Lng: -74})
	if err != nil {
		fmt.Println(err)
		return
	}
	problem := api.ParseProblem(response.HTTPResponse, response.Body)
	fmt.Println(problem)
	fmt.Println(problem.Type == api.ProblemTypeExpiredToken)
	// Output:
	// 401 The token has expired: You sent Bearer old.
	// true
}
