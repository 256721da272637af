package topic

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestImports keeps the package pure: devices, brokers and authorizers import it.
func TestImports(t *testing.T) {
	allowed := []string{"cmp", "encoding/binary", "errors", "fmt", "hash/maphash", "iter", "slices", "strings", "sync", "unicode/utf8"}
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		seen++
		for _, spec := range parsed.Imports {
			if path, _ := strconv.Unquote(spec.Path.Value); !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s, which is not among %v", file.Name(), path, allowed)
			}
		}
	}
	if seen == 0 {
		t.Error("no source file found")
	}
}
