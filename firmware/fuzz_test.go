package firmware

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/foreign"
)

// TestFuzz runs clang's coverage-guided fuzzer for some seconds, under the address and
// undefined behaviour sanitizers, from topics that follow the header's patterns.
func TestFuzz(t *testing.T) {
	if !slow() {
		t.Skip("ASKAROUND_SLOW=1 fuzzes")
	}
	clang := compiler{program: "clang++"}
	clang.need(t)
	library, err := clang.compile(t, "-print-file-name=libclang_rt.fuzzer-x86_64.a")
	if err != nil {
		t.Fatalf("%v: %s", err, library)
	}
	foreign.NeedFile(t, strings.TrimSpace(library))

	corpus := t.TempDir()
	for i, topic := range generate(t, buildAgree(t, "-O0"), 64, 1) {
		path := filepath.Join(corpus, fmt.Sprint(i))
		if err := os.WriteFile(path, []byte(topic), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	fuzz := filepath.Join(t.TempDir(), "fuzz")
	const flags = "-std=c++11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all testdata/fuzz.cpp"
	if says, err := clang.compile(t, append(strings.Fields(flags), "-o", fuzz)...); err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	crashes := filepath.Join(t.TempDir(), "crash-")
	run(t, "", "", fuzz, "-max_total_time=5", "-max_len=300", "-verbosity=0", "-artifact_prefix="+crashes, corpus)
}
