package app

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// TestTypeScriptClient runs a program with the TypeScript client against the whole system.
func TestTypeScriptClient(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the whole system")
	}
	node := foreign.Need(t, "node")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	bundle := filepath.Join(t.TempDir(), "client.mjs")
	if out, err := exec.CommandContext(ctx, "go", "tool", "-modfile=../../../api/tools/go.mod", "esbuild", "testdata/client.ts",
		"--bundle", "--platform=node", "--format=esm", "--log-level=warning", "--outfile="+bundle).CombinedOutput(); err != nil {
		t.Fatalf("esbuild: %v\n%s", err, out)
	}
	a := start(t, Config{})
	ann, err := a.Token("ann")
	if err != nil {
		t.Fatal(err)
	}
	bob, err := a.Token("bob")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(ctx, node, bundle, a.URL(), ann, bob).CombinedOutput()
	const want = "asked 30\nlisted 30\nheard 1\nfailed own_question\nrefused notFound\nanswer true undefined\n"
	if err != nil || string(out) != want {
		t.Errorf("%v\n%swant\n%s", err, out, want)
	}
}
