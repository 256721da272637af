package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/internal/foreign"
)

// free are flags under which two runs do not meet.
var free = []string{"-addr", "127.0.0.1:0", "-mqtt", "127.0.0.1:0", "-aws", "127.0.0.1:0"}

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestMistakes: each mistake is told in one line that says what to mend, before
// anything is served.
func TestMistakes(t *testing.T) {
	dir := t.TempDir()
	file := func(name, content string) string {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	foreignKey := filepath.Join(dir, "data")
	if err := os.Mkdir(foreignKey, 0o700); err != nil {
		t.Fatal(err)
	}
	file("data/issuer-key.pem", "no key")
	for _, row := range []struct {
		why  string
		args []string
		code int
		want string // in the line
	}{
		{"an unknown flag", []string{"-nope"}, 2, "-nope"},
		{"a flag without its value", []string{"-addr"}, 2, "-addr"},
		{"a level that is none", []string{"-log", "loud"}, 2, `"loud"`},
		{"a truth that is none", []string{"-demo=maybe"}, 2, `"maybe"`},
		{"an argument", []string{"places.csv"}, 2, `"places.csv"`},
		{"an address without a port", []string{"-addr", "nonsense"}, 1, "the page: listen tcp: address nonsense"},
		{"a port that is none", []string{"-mqtt", "127.0.0.1:99999"}, 1, "MQTT: listen tcp: address 99999"},
		{"a busy port", []string{"-addr", busy.Addr().String()}, 1, busy.Addr().String()},
		{"AWS for everybody", []string{"-aws", "0.0.0.0:0"}, 1, "loopback only"},
		{"an issuer that is no URL", []string{"-issuer", "issuer.example"}, 1, `"issuer.example"`},
		{"data in a file", []string{"-data", file("file", "")}, 1, "file"},
		{"a key that is none", []string{"-data", foreignKey}, 1, "issuer-key.pem"},
		{"no such file to import", []string{"-import", filepath.Join(dir, "none.csv")}, 1, "none.csv"},
		{"a file of no known format", []string{"-import", file("places.xlsx", "")}, 1, "must end in .csv"},
		{"a file without a latitude", []string{"-import", file("noheader.csv", "name,lng\n")}, 1, `noheader.csv: pointfile: the header line has no columns of latitude and longitude`},
		{"a file cut off", []string{"-import", file("cut.geojson", `{"features":[`)}, 1, "cut.geojson"},
	} {
		t.Run(row.why, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			args := append(append([]string{"-log", "error"}, free...), row.args...)
			code := command(t.Context(), args, &stdout, &stderr)
			if code != row.code {
				t.Errorf("exit code %d, want %d", code, row.code)
			}
			line := stderr.String()
			if strings.Count(line, "\n") != 1 || !strings.HasPrefix(line, "askaround: ") || !strings.Contains(line, row.want) {
				t.Errorf("told %q, want one line with %q", line, row.want)
			}
			if stdout.Len() > 0 {
				t.Errorf("printed %q", &stdout)
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if code := command(t.Context(), []string{"-help"}, &stdout, &stderr); code != 0 || stderr.Len() > 0 {
		t.Errorf("exit code %d, told %q", code, &stderr)
	}
	for _, flag := range []string{"addr", "mqtt", "aws", "data", "issuer", "audience", "import", "demo", "log"} {
		if !strings.Contains(stdout.String(), "\n  -"+flag) {
			t.Errorf("-%s is not listed:\n%s", flag, &stdout)
		}
	}
}

// TestDefaultPortIsTaken: only an address that nobody asked for is replaced.
func TestDefaultPortIsTaken(t *testing.T) {
	busy, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := busy.Addr().String()
	if got := orFree(addr, true); got != addr {
		t.Errorf("%s was asked for, and is %s", addr, got)
	}
	if got := orFree(addr, false); got != "127.0.0.1:0" {
		t.Errorf("the default is %s, want a free port", got)
	}
	if err := busy.Close(); err != nil {
		t.Fatal(err)
	}
	if got := orFree(addr, false); got != addr {
		t.Errorf("%s is free, and is %s", addr, got)
	}
}

// TestImport: bad lines are told by their number and passed over; what is good can be
// read with what the program printed.
func TestImport(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.csv")
	if err := os.WriteFile(file, []byte("name,lat,lng\nQuay,1,2\nWreck,x,2\nPole,91,2\nMole,1.001,2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p := start(t, "-demo=false", "-import", file)
	want := []string{"How is Mole right now?", "How is Quay right now?"}
	p.eventually(t, "both questions listed", func() bool {
		got := p.list(t, 1, 2)
		return len(got) == 2 && got[want[0]] == 1 && got[want[1]] == 1
	})
	p.interrupt(t)
	for _, line := range []string{"mine.csv: line 3: ", "mine.csv: line 4: ", "mine.csv: 2 of 4 records skipped\n"} {
		if !strings.Contains(p.stderr.String(), line) {
			t.Errorf("not told: %q in\n%s", line, &p.stderr)
		}
	}
	if n := strings.Count(p.stderr.String(), "\n"); n != 3 {
		t.Errorf("%d lines told, want 3:\n%s", n, &p.stderr)
	}
}

// TestGreeting: everything that is printed works as printed.
func TestGreeting(t *testing.T) {
	p := start(t)
	p.eventually(t, "bundled questions with answers", func() bool {
		page := p.page(t, 51.5081, -0.0759)
		answered := 0
		for _, q := range page {
			if q.Summary.Answers > 0 {
				answered++
			}
		}
		return len(page) > 40 && answered == len(page)
	})
	client := p.subscribe(t, "greeted", topic.System{}.String())
	if err := client.conn.Close(); err != nil {
		t.Error(err)
	}
	t.Run("the AWS line", func(t *testing.T) {
		foreign.Need(t, "aws")
		line := exec.Command("sh", "-c", p.awsLine)
		line.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "AWS_CONFIG_FILE=" + os.DevNull}
		if out, err := line.CombinedOutput(); err != nil || !strings.Contains(string(out), `"askaround-questions"`) {
			t.Errorf("%s: %v\n%s", p.awsLine, err, out)
		}
	})
	p.interrupt(t)
	if p.stderr.Len() > 0 {
		t.Errorf("told:\n%s", &p.stderr)
	}
}
