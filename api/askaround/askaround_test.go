package askaround_test

import (
	"encoding/json"
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
