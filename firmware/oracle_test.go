package firmware

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An oracle answers questions about topics as the header does; see testdata/agree.cpp.
type oracle func(t *testing.T, questions ...string) (answers []string)

// buildAgree compiles the oracle for this machine, together with a second translation unit
// that includes the header too.
func buildAgree(t *testing.T, flags string) oracle {
	t.Helper()
	host.need(t)
	program := filepath.Join(t.TempDir(), "agree")
	args := append(strings.Fields("-std=c++11 -Wall -Wextra -Wpedantic -Wconversion -Werror "+flags),
		"testdata/agree.cpp", "testdata/everything.cpp", "-o", program)
	if says, err := host.compile(t, args...); err != nil {
		t.Fatalf("%v\n%s", err, says)
	}
	return func(t *testing.T, questions ...string) []string {
		t.Helper()
		return lines(run(t, strings.Join(questions, "\n")+"\n", "", program))
	}
}

// run gives program its input, in a folder, and returns its output.
func run(t *testing.T, input, folder, program string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, program, args...)
	command.Dir = folder
	command.Stdin = strings.NewReader(input)
	var stderr strings.Builder
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", filepath.Base(program), args, err, stderr.String())
	}
	return string(out)
}

// lines splits text into its lines.
func lines(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// tohex writes a text as agree reads it.
func tohex(text string) string {
	if text == "" {
		return "."
	}
	return hex.EncodeToString([]byte(text))
}

// generate returns n topics that follow the header's patterns.
func generate(t *testing.T, agree oracle, n int, seed uint64) []string {
	t.Helper()
	topics := agree(t, fmt.Sprintf("generate %d %d", n, seed))
	for i, digits := range topics {
		text, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		topics[i] = string(text)
	}
	return topics
}

// A channel as the header describes it.
type channel struct {
	kind, pattern             string
	maxPayload, qos, retained int
	maxTopic, maxPacket       int
}

func channels(t *testing.T, agree oracle) []channel {
	t.Helper()
	var list []channel
	for _, line := range agree(t, "channels") {
		var c channel
		if _, err := fmt.Sscan(line, &c.kind, &c.pattern, &c.maxPayload, &c.qos, &c.retained, &c.maxTopic, &c.maxPacket); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		list = append(list, c)
	}
	return list
}

func find(all []channel, kind string) channel {
	for _, c := range all {
		if c.kind == kind {
			return c
		}
	}
	return channel{}
}

// values takes a value for each parameter from name: the level at its place, or at random
// when there is none.
func (c channel) values(random *rand.Rand, name string) []string {
	levels := strings.Split(name, "/")
	var values []string
	for i, level := range strings.Split(c.pattern, "/") {
		if level != "+" {
			continue
		}
		if i >= len(levels) || random.IntN(16) == 0 {
			i = random.IntN(len(levels))
		}
		values = append(values, levels[i])
	}
	return values
}

func (c channel) substitute(values []string) string {
	levels := strings.Split(c.pattern, "/")
	for i := range levels {
		if levels[i] == "+" {
			levels[i], values = values[0], values[1:]
		}
	}
	return strings.Join(levels, "/")
}
