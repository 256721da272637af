package browsertest

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/askaround/askaround-go/internal/foreign"
)

// TestBrowser builds the example, runs it as its user does, and lets two people and
// mqtt.js use it. It also looks at accessibility and takes pictures.
func TestBrowser(t *testing.T) {
	if os.Getenv("ASKAROUND_SLOW") != "1" {
		t.Skip("starts Chromium; ASKAROUND_SLOW=1 runs it")
	}
	chromium := foreign.Need(t, "chromium")
	node := foreign.NeedNode(t, ".")
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	url := start(ctx, t)
	command := exec.CommandContext(ctx, node, "browser.mjs", url, chromium, artifacts(t))
	out, err := command.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Errorf("node browser.mjs: %v", err)
	}
}

// start runs the example until the test ends, and returns the page's address.
func start(ctx context.Context, t *testing.T) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), "askaround")
	if out, err := exec.CommandContext(ctx, "go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	command := exec.Command(binary, "-addr", "127.0.0.1:0", "-mqtt", "127.0.0.1:0", "-aws", "127.0.0.1:0")
	var log strings.Builder
	command.Stderr = &log
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, command, &log) })
	found := make(chan string, 1)
	go func() {
		defer close(found)
		address := regexp.MustCompile(`^Ask Around Me: (http://\S+)`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := address.FindStringSubmatch(lines.Text()); m != nil {
				found <- m[1] + "/"
			}
		}
	}()
	select {
	case url, ok := <-found:
		if !ok {
			t.Fatalf("the example printed no address; its log:\n%s", &log)
		}
		return url
	case <-time.After(time.Minute):
		t.Fatal("the example printed no address in a minute")
	}
	return ""
}

// stop interrupts the example, which is to end in order, and by itself.
func stop(t *testing.T, command *exec.Cmd, log *strings.Builder) {
	t.Helper()
	if err := command.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("the example ended with %v", err)
		}
	case <-time.After(30 * time.Second): // how soon it is to end is measured by its own test
		t.Error("the example did not end within 30 s")
		_ = command.Process.Kill()
		<-ended
	}
	if t.Failed() {
		t.Logf("the example's log:\n%s", log)
	}
}

// artifacts is the folder for pictures: that of ARTIFACTS, or one that goes away.
func artifacts(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("ARTIFACTS")
	if dir == "" {
		return t.TempDir()
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
