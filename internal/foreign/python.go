package foreign

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// PythonPackages installs exact versions of packages, such as "boto3==1.26.165", into a
// directory of the user's cache and returns it, to be put on Python's path. What was
// installed there before is used again.
func PythonPackages(t testing.TB, requirements ...string) string {
	t.Helper()
	python := NeedPython(t, "pip")
	cache, err := os.UserCacheDir()
	if err != nil {
		Missing(t, "no cache directory: %v", err)
	}
	dir := filepath.Join(cache, "askaround-go", "python", strings.NewReplacer("==", "-", "/", "-").Replace(strings.Join(requirements, "+")))
	if _, err := os.Stat(dir); err == nil {
		return dir
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	staging, err := os.MkdirTemp(filepath.Dir(dir), "installing-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(staging)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	install := exec.CommandContext(ctx, python, append([]string{"-m", "pip", "install", "--quiet", "--target", staging}, requirements...)...)
	if out, err := install.CombinedOutput(); err != nil {
		Missing(t, "pip cannot install %s: %v\n%s", strings.Join(requirements, " "), err, out)
	}
	if err := os.Rename(staging, dir); err != nil {
		if _, statErr := os.Stat(dir); statErr != nil { // otherwise another test was first
			t.Fatal(err)
		}
	}
	return dir
}
