package web_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// npmFolder holds the packages of the browser test: the compiler that checks types.
const npmFolder = "../browsertest"

// TestTypeScript runs the tests of the TypeScript in Node, bundled as the page is.
func TestTypeScript(t *testing.T) {
	node := foreign.Need(t, "node")
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	tests, err := filepath.Glob("test/*.test.ts")
	if err != nil || len(tests) == 0 {
		t.Fatalf("no tests: %v", err)
	}
	dir := t.TempDir()
	args := append([]string{"tool", "-modfile=../../../api/tools/go.mod", "esbuild"}, tests...)
	args = append(args, "--bundle", "--platform=node", "--format=esm", "--out-extension:.js=.mjs", "--log-level=warning", "--outdir="+dir)
	if out, err := exec.CommandContext(ctx, "go", args...).CombinedOutput(); err != nil {
		t.Fatalf("esbuild: %v\n%s", err, out)
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	bundles, err := filepath.Glob(dir + "/*.mjs")
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(ctx, node, append([]string{"--test", "--test-reporter=spec"}, bundles...)...)
	command.Env = append(os.Environ(), "TESTDATA="+testdata)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("node --test: %v\n%s", err, out)
	}
}

// TestTypes checks the types of the page and of its tests, and that the page does not
// lean on Node's.
func TestTypes(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("runs TypeScript's compiler: ASKAROUND_SLOW=1 runs it")
	}
	node := foreign.NeedNode(t, npmFolder)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for _, project := range []string{"tsconfig.test.json", "tsconfig.json"} {
		if out, err := exec.CommandContext(ctx, node, npmFolder+"/node_modules/typescript/bin/tsc", "--project", project).CombinedOutput(); err != nil {
			t.Errorf("tsc --project %s: %v\n%s", project, err, out)
		}
	}
}
