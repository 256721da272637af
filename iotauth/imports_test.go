package iotauth

import (
	"os/exec"
	"strings"
	"testing"
)

// TestImports keeps the package free of other modules: authorizers, gateways and devices
// import it.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{if not .Standard}}{{.ImportPath}}{{end}}`, ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	const own = "github.com/askaround/askaround-go/iotauth"
	paths := strings.Fields(string(out))
	if len(paths) == 0 {
		t.Error("go list names nothing, not even this package")
	}
	for _, path := range paths {
		if path != own && path != own+"/policy" {
			t.Errorf("iotauth needs %s, outside the standard library", path)
		}
	}
}
