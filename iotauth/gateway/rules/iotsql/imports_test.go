package iotsql

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestImports: rules can be tested with this package alone, without a broker and without
// AWS.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql", "github.com/cockroachdb/apd/v3", "github.com/google/uuid"}
	got := strings.Fields(string(out))
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("imports %q, want %q", got, want)
	}
}
