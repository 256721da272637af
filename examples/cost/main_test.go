package main

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden file")

func TestOutput(t *testing.T) {
	var out bytes.Buffer
	if err := run(nil, &out); err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/output.txt"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("(-want +got); -update writes it anew\n%s", diff)
	}
}

func TestFlags(t *testing.T) {
	var out bytes.Buffer
	if err := run([]string{"-answers", "0", "-questions", "0", "-reads", "0", "-users", "0", "-watchers", "0"}, &out); err != nil {
		t.Errorf("nothing at all: %v", err)
	}
	for _, args := range [][]string{{"-answers", "-1"}, {"-users", "1000000000001"}, {"-answers", "1000000000000", "-users", "1000000000"}} {
		if err := run(args, &out); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
