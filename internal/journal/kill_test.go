package journal

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"
)

const killDir = "ASKAROUND_JOURNAL_KILL_DIR"

// TestMain is also the program that TestKill kills: with the variable set it appends
// numbers from several goroutines and prints each once it is acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := appendForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// counter is a set of numbers. It emits them one by one, so that a kill finds snapshots
// under way.
type counter struct {
	mu   sync.Mutex
	next int
	set  map[int]bool
}

func (c *counter) replay(r []byte) error {
	n, err := strconv.Atoi(string(r))
	c.set[n], c.next = true, max(c.next, n+1)
	return err
}

func (c *counter) Snapshot(emit func([]byte) error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for n := range c.set {
		if err := emit(strconv.AppendInt(nil, int64(n), 10)); err != nil {
			return err
		}
	}
	return nil
}

func openCounter(dir string) (*Log, *counter, error) {
	l, err := Open(dir, func(o *Options) { o.CompactBytes = 8192 })
	if err != nil {
		return nil, nil, err
	}
	c := &counter{set: map[int]bool{}}
	l.Register(testKind, c)
	return l, c, l.Replay(map[Kind]func([]byte) error{testKind: c.replay})
}

func appendForever(dir string) error {
	l, c, err := openCounter(dir)
	if err != nil {
		return err
	}
	failed := make(chan error)
	var printing sync.Mutex
	for range 4 {
		go func() {
			for {
				c.mu.Lock()
				n := c.next
				c.next++
				c.set[n] = true
				lsn := l.Append(testKind, strconv.AppendInt(nil, int64(n), 10))
				c.mu.Unlock()
				if err := l.Wait(context.Background(), lsn); err != nil {
					failed <- err
				}
				printing.Lock()
				fmt.Println(n)
				printing.Unlock()
			}
		}()
	}
	return <-failed
}

// A process killed at a random moment has lost nothing that it acknowledged.
func TestKill(t *testing.T) {
	rounds := 20
	if testing.Short() {
		rounds = 3
	}
	dir, acknowledged := t.TempDir(), map[int]bool{}
	for round := range rounds {
		for _, n := range runAndKill(t, dir, 20+30*round) {
			acknowledged[n] = true
		}
		l, c, err := openCounter(dir)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		for n := range acknowledged {
			if !c.set[n] {
				t.Errorf("round %d: %d was acknowledged and is missing", round, n)
			}
		}
		closeLog(t, l)
	}
	t.Logf("%d numbers acknowledged in %d rounds", len(acknowledged), rounds)
}

// runAndKill kills the program after it acknowledged so many, and returns these and
// whatever else it managed to print.
func runAndKill(t *testing.T, dir string, count int) (numbers []int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), killDir+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	watchdog := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			break // the line that the kill cut
		}
		if numbers = append(numbers, n); len(numbers) == count {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	cmd.Wait() // "signal: killed"
	if len(numbers) < count {
		t.Fatalf("the program ended by itself after %d of %d", len(numbers), count)
	}
	return numbers
}
