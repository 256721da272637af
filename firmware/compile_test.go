package firmware

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

// Budgets of code and constants in bytes, with -Os. The README has the measured sizes.
const (
	everythingBudget = 8 * 1024 // every channel read, written and told apart
	sketchBudget     = 3 * 512  // the README's sketch
)

// TestCompiles compiles the header for every architecture, without a warning and with the
// macros of Arduino.h defined, and holds it to its size.
func TestCompiles(t *testing.T) {
	sketch := readmeSketch(t)
	for _, c := range compilers {
		t.Run(c.program, func(t *testing.T) {
			c.need(t)
			foreign.Need(t, c.size)
			everything := c.textSize(t, c.object(t, "testdata/everything.cpp", "-Os"))
			readme := c.textSize(t, c.object(t, sketch, "-Os -Itestdata/stubs"))
			t.Logf("%s: every channel %d bytes, the sketch %d", c.name, everything, readme)
			if everything > everythingBudget || readme > sketchBudget {
				t.Errorf("over the budgets of %d and %d bytes", everythingBudget, sketchBudget)
			}
		})
	}
}

// TestCompilesEveryWay takes other levels of optimization, which find other warnings, and
// later standards.
func TestCompilesEveryWay(t *testing.T) {
	if !slow() {
		t.Skip("ASKAROUND_SLOW=1 compiles with every level and standard")
	}
	for _, c := range append(compilers, compiler{program: "clang++"}) {
		t.Run(c.program, func(t *testing.T) {
			c.need(t)
			for _, flags := range []string{"-O0", "-O1", "-O2", "-O3", "-std=c++14 -O2", "-std=c++17 -O2"} {
				c.object(t, "testdata/everything.cpp", flags)
			}
		})
	}
}

// TestNeedsNothing looks at what the compiled header asks of a library: no heap, no
// exceptions, nothing but the two functions of string.h.
func TestNeedsNothing(t *testing.T) {
	needGNU(t)
	nm := foreign.Need(t, "nm")
	out, err := exec.Command(nm, "-u", host.object(t, "testdata/everything.cpp", "-Os -fno-stack-protector")).Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, symbol := range strings.Fields(strings.ReplaceAll(string(out), " U ", " ")) {
		if !slices.Contains([]string{"memcpy", "memcmp", "U", "_GLOBAL_OFFSET_TABLE_"}, symbol) {
			t.Errorf("the header needs %s", symbol)
		}
	}
}

// readmeSketch writes the C++ of the README to a file.
func readmeSketch(t *testing.T) string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```cpp\n(.*?)```").FindSubmatch(readme)
	if block == nil {
		t.Fatal("the README has no sketch")
	}
	path := filepath.Join(t.TempDir(), "sketch.cpp")
	if err := os.WriteFile(path, block[1], 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// textSize is the size of code and constants in an object file.
func (c compiler) textSize(t *testing.T, object string) (bytes int) {
	t.Helper()
	out, err := exec.Command(c.size, object).Output()
	if err != nil {
		t.Fatal(err)
	}
	_, figures, _ := strings.Cut(string(out), "\n")
	var text, data int
	if _, err := fmt.Sscan(figures, &text, &data); err != nil {
		t.Fatalf("%s says %q: %v", c.size, out, err)
	}
	return text + data
}
