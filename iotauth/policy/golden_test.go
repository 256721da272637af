package policy

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestExplanations compares the explanation of every documented case with what is
// committed: one line for each, and the tree where policies have several statements.
func TestExplanations(t *testing.T) {
	var lines, trees strings.Builder
	for _, c := range decisionCases(t) {
		file, _, _ := strings.Cut(c.where, ":")
		e := c.set(t).Explain(c.conn.Request(c.action, c.name))
		fmt.Fprintf(&lines, "# %s: %s\n%s\n", file, c.reason, e)
		if file == "policies.txt" {
			fmt.Fprintf(&trees, "# %s\n%s\n", c.reason, e.Tree())
		}
	}
	golden(t, "testdata/explain/lines.golden", lines.String())
	golden(t, "testdata/explain/trees.golden", trees.String())
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("%s (run with -update to accept):\n%s", path, diff)
	}
}
