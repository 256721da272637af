// Package foreign finds the programs that tests use and nobody here wrote: the
// AWS CLI, boto3, mosquitto's clients, Node, a browser.
//
// Where such a program is missing a test is skipped with the reason, so that
// "go test ./..." passes on a machine with only Go. With REQUIRE_ALL=1 in the
// environment, as in CI, a missing program fails the test instead.
package foreign

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
)

// Need returns the path of the program name, found on PATH.
func Need(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, "program %q is not on PATH", name)
	}
	return path
}

// NeedPython returns the path of a python3 that can import every one of modules.
func NeedPython(t testing.TB, modules ...string) string {
	t.Helper()
	python := Need(t, "python3")
	for _, module := range modules {
		if err := exec.Command(python, "-c", "import "+module).Run(); err != nil {
			Missing(t, "python3 cannot import %q", module)
		}
	}
	return python
}

// NeedNode returns the path of node, where dir holds the npm packages that a
// test wants (dir/node_modules exists).
func NeedNode(t testing.TB, dir string) string {
	t.Helper()
	node := Need(t, "node")
	if _, err := os.Stat(dir + "/node_modules"); err != nil {
		Missing(t, "npm packages are not installed: run npm ci in %s", dir)
	}
	return node
}

// NeedPackage returns the path of a file that an npm package installs: dir holds the
// package.json, file is the path below its node_modules.
func NeedPackage(t testing.TB, dir, file string) string {
	t.Helper()
	path := filepath.Join(dir, "node_modules", filepath.FromSlash(file))
	if _, err := os.Stat(path); err != nil {
		Missing(t, "%s is not installed: run npm ci --ignore-scripts in %s", file, dir)
	}
	return path
}

// NeedRoot returns where the test may do what needs root on Linux: what says why.
func NeedRoot(t testing.TB, what string) {
	t.Helper()
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		Missing(t, "%s needs root on Linux", what)
	}
}

// NeedFile skips where path does not exist: a part of a program that is installed apart
// from it.
func NeedFile(t testing.TB, path string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		Missing(t, "file %s does not exist", path)
	}
}

// Missing skips a test because the machine lacks something that the format describes, and
// fails it where REQUIRE_ALL=1 demands everything.
func Missing(t testing.TB, format string, args ...any) {
	t.Helper()
	if os.Getenv("REQUIRE_ALL") == "1" {
		t.Fatalf("REQUIRE_ALL=1: "+format, args...)
	}
	t.Skipf("skipped: "+format, args...)
}
