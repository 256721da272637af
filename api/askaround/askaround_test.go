package askaround_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	api "github.com/askaround/askaround-go/api/askaround"
)

// TestGeneratedFilesAreCurrent generates once more, elsewhere, and compares.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles the generator")
	}
	tools, err := filepath.Abs("../tools")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ config, output string }{{"cfg.yaml", "client.gen.go"}, {"cfg-server.yaml", "server.gen.go"}} {
		output := filepath.Join(t.TempDir(), row.output)
		config := redirect(t, row.config, row.output, output)
		run(t, "go", "tool", "-modfile="+tools+"/go.mod", "oapi-codegen", "-config", config, "openapi.yaml")
		same(t, row.output, output)
	}
	here, err := filepath.Abs("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(t.TempDir(), "openapi.gen.json")
	run(t, "go", "run", "-C", tools, "./cmd/openapijson", here, output)
	same(t, "openapi.gen.json", output)
}

// redirect returns a copy of the generator's configuration that writes to output:
// what a configuration says wins over the flag.
func redirect(t *testing.T, config, from, output string) string {
	t.Helper()
	text, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "output: "+from, "output: "+output, 1)
	if changed == string(text) {
		t.Fatalf("%s does not write %s", config, from)
	}
	file := filepath.Join(t.TempDir(), config)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func run(t *testing.T, name string, arguments ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), name, arguments...)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(command.Args, " "), err, output)
	}
}

func same(t *testing.T, committed, generated string) {
	t.Helper()
	want, err := os.ReadFile(generated)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s is not what its source generates: run go generate", committed)
	}
}

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
