package store

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

	"github.com/askaround/askaround-go/internal/mqtt"
)

const killDir = "ASKAROUND_GATEWAY_STORE_KILL_DIR"

// TestMain is also the program that TestKill kills: with the variable set it queues
// messages from several goroutines and prints each number once it is on disk.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killDir); dir != "" {
		if err := queueForever(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// queueForever goes on from the last message that was kept.
func queueForever(dir string) error {
	s, err := Open(dir, compactBytes(8192))
	if err != nil {
		return err
	}
	var last uint64
	if err := s.Load(mqtt.StoreSink{
		Session:  func(mqtt.SessionRecord) {},
		Message:  func(id mqtt.MessageID, _ *mqtt.Message) { last = max(last, uint64(id)) },
		Enqueue:  func(string, mqtt.Queued) {},
		Retained: func(string, *mqtt.Message, time.Time) {},
	}); err != nil {
		return err
	}
	for _, clientID := range []string{"all", "half"} {
		r := persistent(clientID)
		r.Ends = time.Time{}
		s.PutSession(r)
	}
	failed := make(chan error)
	var order, printing sync.Mutex
	for range 4 {
		go func() {
			for {
				order.Lock()
				last++
				n := last
				p := queueNumber(s, n)
				order.Unlock()
				if err := s.Wait(context.Background(), p); err != nil {
					failed <- err
					return
				}
				printing.Lock()
				fmt.Println(n)
				printing.Unlock()
			}
		}()
	}
	return <-failed
}

// queueNumber queues a message for two sessions, and takes every second out of one and
// what is older than a hundred out of both.
func queueNumber(s *Store, n uint64) mqtt.Position {
	s.PutMessage(mqtt.MessageID(n), &mqtt.Message{Topic: "t", Payload: fmt.Append(nil, n), QoS: 1})
	p := max(s.Enqueue("all", waiting(n, mqtt.MessageID(n))), s.Enqueue("half", waiting(n, mqtt.MessageID(n))))
	s.ReleaseMessage(mqtt.MessageID(n))
	if n%2 == 0 {
		p = s.Dequeue("half", n)
	}
	if n > killKept {
		s.Dequeue("all", n-killKept)
		s.Dequeue("half", n-killKept)
	}
	return p
}

const killKept = 100

// A process killed at a random moment has lost nothing that was on disk.
func TestKill(t *testing.T) {
	rounds := 5
	if os.Getenv("ASKAROUND_SLOW") != "" {
		rounds = 40
	} else if testing.Short() {
		rounds = 2
	}
	dir, total := t.TempDir(), 0
	for round := range rounds {
		last := runAndKill(t, dir, 20+100*(round%10))
		s := open(t, dir)
		got := load(t, s)
		total += checkQueue(t, got, "all", last, 1)
		checkQueue(t, got, "half", last, 2)
		for id, m := range got.Messages {
			if want := strconv.Itoa(int(id)); string(m.Payload) != want {
				t.Errorf("message %s says %q", want, m.Payload)
			}
		}
		closeStore(t, s)
	}
	t.Logf("%d messages found in %d rounds", total, rounds)
}

// checkQueue looks for all of the last messages up to the one that was on disk, in order.
// More may be there: what was told and not waited for.
func checkQueue(t *testing.T, c *contents, clientID string, last, step uint64) int {
	t.Helper()
	found := map[uint64]bool{}
	before := uint64(0)
	for _, q := range c.Queues[clientID] {
		if q.Number <= before || uint64(q.Message) != q.Number {
			t.Errorf("session %q: number %d is message %d, behind %d", clientID, q.Number, q.Message, before)
		}
		before = q.Number
		found[q.Number] = true
	}
	first := uint64(1)
	if before > killKept { // what came after last may have taken older ones out
		first = before - killKept + 1
	}
	for n := first; n <= last; n++ {
		if n%step == step-1 && !found[n] {
			t.Errorf("session %q: %d was on disk and is missing", clientID, n)
		}
	}
	return len(found)
}

// runAndKill kills the program after it told so many numbers, and returns the largest.
func runAndKill(t *testing.T, dir string, count int) (last uint64) {
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
	watchdog := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	defer watchdog.Stop()
	lines, told := bufio.NewScanner(out), 0
	for lines.Scan() {
		n, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			break // the line that the kill cut
		}
		last = max(last, n)
		if told++; told == count {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	cmd.Wait() // "signal: killed"
	if told < count {
		t.Fatalf("the program ended by itself after %d of %d", told, count)
	}
	return last
}
