package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/askaround/askaround-go/iotauth/gateway/internal/core"
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

const killPublishers = 4

// queueForever queues messages for two sessions each, and takes every second out of one.
func queueForever(dir string) error {
	s, err := Open(dir, compactBytes(8192))
	if err != nil {
		return err
	}
	var last uint64
	var c *contents
	c = newContents()
	err = s.Load(core.StoreSink{Session: func(core.SessionRecord) {}, Retained: func(string, *core.Message, time.Time) {},
		Message: func(id core.MessageID, _ *core.Message) { last = max(last, uint64(id)) },
		Enqueue: func(string, uint64, core.MessageID, time.Time) {}})
	if err != nil {
		return err
	}
	_ = c
	failed := make(chan error)
	var order, printing sync.Mutex
	for _, clientID := range []string{"all", "half"} {
		s.PutSession(persistent(clientID))
	}
	for range killPublishers {
		go func() {
			for {
				order.Lock()
				last++
				n := last
				s.PutMessage(core.MessageID(n), &core.Message{Topic: "t", Payload: fmt.Append(nil, n), QoS: 1})
				s.Enqueue("all", n, core.MessageID(n), time.Time{})
				p := s.Enqueue("half", n, core.MessageID(n), time.Time{})
				if n%2 == 0 {
					p = s.Dequeue("half", n)
				}
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
