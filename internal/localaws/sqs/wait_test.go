package sqs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/journal"
)

// inBubble runs f on synctest's clock, with an engine in memory.
func inBubble(t *testing.T, f func(t *testing.T, e *Engine, c *client.Client)) {
	synctest.Test(t, func(t *testing.T) {
		log, err := journal.Open("")
		if err != nil {
			t.Fatal(err)
		}
		e, err := New(log)
		if err != nil {
			t.Fatal(err)
		}
		f(t, e, newClient(e))
		e.Close()
	})
}

func TestLongPollEndsWithWhatAppears(t *testing.T) {
	for _, tt := range []struct {
		name string
		// during runs while a receiver waits from 0 s on.
		during func(t *testing.T, c *client.Client, url string)
		want   time.Duration // when it is answered
		empty  bool
	}{
		{"a message sent", func(t *testing.T, c *client.Client, url string) {
			time.Sleep(3 * time.Second)
			send(t, c, url, "m")
		}, 3 * time.Second, false},
		{"a delayed message, when it is due", func(t *testing.T, c *client.Client, url string) {
			time.Sleep(2 * time.Second)
			if _, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m"), DelaySeconds: 5}); err != nil {
				t.Error(err)
			}
		}, 7 * time.Second, false},
		{"a message that becomes visible again", func(t *testing.T, c *client.Client, url string) {}, 10 * time.Second, false},
		{"a message made visible sooner", func(t *testing.T, c *client.Client, url string) {}, 4 * time.Second, false},
		{"nothing, when the wait is over", func(t *testing.T, c *client.Client, url string) {}, 20 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
				url := createQueue(t, c, "q", map[string]string{"VisibilityTimeout": "10"})
				if tt.want == 10*time.Second || tt.want == 4*time.Second {
					send(t, c, url, "m")
					receipt := receiveOne(t, c, url).ReceiptHandle
					if tt.want == 4*time.Second {
						tt.during = func(t *testing.T, c *client.Client, url string) {
							time.Sleep(time.Second)
							if _, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: receipt, VisibilityTimeout: 3}); err != nil {
								t.Error(err)
							}
						}
					}
				}
				start := time.Now()
				go tt.during(t, c, url)
				out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: 20})
				if err != nil || (len(out.Messages) == 0) != tt.empty {
					t.Errorf("%v, %v", out, err)
				}
				if took := time.Since(start); took != tt.want {
					t.Errorf("answered after %v, want %v", took, tt.want)
				}
			})
		})
	}
}

// Those who came first are served first, each message goes to one of them, and a batch
// is handed over at once.
func TestWaitersAreServedInTheirOrder(t *testing.T) {
	inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
		url := createQueue(t, c, "q", nil)
		var mu sync.Mutex
		var served []string
		var group sync.WaitGroup
		for i := range 3 {
			group.Go(func() {
				got, err := e.Receive(t.Context(), url, 2, time.Minute)
				mu.Lock()
				defer mu.Unlock()
				served = append(served, fmt.Sprintf("%d got %d (%v)", i, len(got), err))
			})
			synctest.Wait()
		}
		for i, bodies := range [][]string{{"a"}, {"b"}, {"c"}} {
			send(t, c, url, bodies...)
			synctest.Wait()
			mu.Lock()
			if want := fmt.Sprintf("%d got 1 (<nil>)", i); len(served) != i+1 || served[i] != want {
				t.Errorf("after message %d: %q, want last %q", i, served, want)
			}
			mu.Unlock()
		}
		group.Wait()
	})
}

func TestWaitingEnds(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(e *Engine, c *client.Client, url string, cancel context.CancelFunc) error
		want error
	}{
		{"with the context", func(_ *Engine, _ *client.Client, _ string, cancel context.CancelFunc) error { cancel(); return nil }, context.Canceled},
		{"with the queue", func(_ *Engine, c *client.Client, url string, _ context.CancelFunc) error {
			_, err := c.DeleteQueue(context.Background(), &client.DeleteQueueInput{QueueUrl: &url})
			return err
		}, ErrQueueDoesNotExist},
		{"with the engine", func(e *Engine, _ *client.Client, _ string, _ context.CancelFunc) error { e.Close(); return nil }, ErrClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
				url := createQueue(t, c, "q", nil)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				ended := make(chan error)
				go func() {
					_, err := e.Receive(ctx, url, 1, time.Hour)
					ended <- err
				}()
				synctest.Wait()
				if err := tt.end(e, c, url, cancel); err != nil {
					t.Fatal(err)
				}
				if err := <-ended; !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
				if tt.want == context.Canceled {
					send(t, c, url, "m") // nobody may have it taken in the name of the one who left
					if got := depth(t, e, url); got != [3]int{1, 0, 0} {
						t.Errorf("depth %v", got)
					}
				}
			})
		})
	}
}

// A dead-letter queue's waiting receiver gets the message at the moment it is moved.
func TestRedriveWakesTheDeadLetterQueue(t *testing.T) {
	inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
		dead := createQueue(t, c, "dead", nil)
		url := createQueue(t, c, "q", redrivePolicy("dead", 1))
		send(t, c, url, "poison")
		receiveOne(t, c, url)
		start := time.Now()
		go e.Receive(t.Context(), url, 1, time.Minute) // makes the second receiving happen
		got, err := e.Receive(t.Context(), dead, 1, time.Minute)
		if err != nil || len(got) != 1 || time.Since(start) != 30*time.Second {
			t.Errorf("%v, %v after %v", got, err, time.Since(start))
		}
	})
}

func TestDirectFace(t *testing.T) {
	e, c, clock := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"VisibilityTimeout": "10"})
	for i := range 25 {
		send(t, c, url, fmt.Sprint(i))
	}
	got, err := e.Receive(t.Context(), url, 20, 0)
	if err != nil || len(got) != 20 {
		t.Fatalf("%d messages, %v; want 20", len(got), err)
	}
	m := got[0]
	if m.EventSource != "aws:sqs" || m.EventSourceARN != "arn:aws:sqs:us-east-1:000000000000:q" || m.AWSRegion != "us-east-1" ||
		m.Body != "0" || m.Md5OfBody != md5Hex("0") || m.Attributes["ApproximateReceiveCount"] != "1" {
		t.Errorf("%+v", m)
	}
	if d := e.VisibilityTimeout(url); d != 10*time.Second {
		t.Errorf("visibility timeout %v", d)
	}
	if err := e.Delete(t.Context(), url, got[0].ReceiptHandle, "nonsense", got[1].ReceiptHandle); err == nil {
		t.Error("a handle that is none was accepted")
	}
	if err := e.ChangeVisibility(t.Context(), url, got[2].ReceiptHandle, 0); err != nil {
		t.Error(err)
	}
	if err := e.ChangeVisibility(t.Context(), url, got[3].ReceiptHandle, 1500*time.Millisecond); err != nil {
		t.Error(err)
	}
	if got := depth(t, e, url); got != [3]int{6, 17, 0} {
		t.Errorf("depth %v", got)
	}
	clock.Advance(1999 * time.Millisecond)
	if got := depth(t, e, url); got != [3]int{6, 17, 0} {
		t.Errorf("before 2 s: %v", got)
	}
	clock.Advance(time.Millisecond)
	if got := depth(t, e, url); got != [3]int{7, 16, 0} {
		t.Errorf("after 2 s: %v", got)
	}
	for name, err := range map[string]error{
		"Delete":           e.Delete(t.Context(), "http://x/000000000000/none"),
		"ChangeVisibility": e.ChangeVisibility(t.Context(), "http://x/000000000000/none", m.ReceiptHandle, 0),
	} {
		if !errors.Is(err, ErrQueueDoesNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := e.Receive(t.Context(), url, 0, 0); err == nil {
		t.Error("max 0 accepted")
	}
}

// Many senders and receivers at once: each message is received once and deleted.
func TestConcurrency(t *testing.T) {
	e, _ := openEngine(t, t.TempDir())
	c := newClient(e)
	url := createQueue(t, c, "q", nil)
	const senders, each = 4, 50
	var group sync.WaitGroup
	for s := range senders {
		group.Go(func() {
			for i := range each {
				send(t, c, url, fmt.Sprint(s, ":", i))
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for range 4 {
		group.Go(func() {
			for {
				got, err := e.Receive(ctx, url, 7, time.Minute)
				if err != nil {
					return // cancelled below
				}
				for _, m := range got {
					if err := e.Delete(ctx, url, m.ReceiptHandle); err != nil {
						t.Error(err)
					}
					mu.Lock()
					if seen[m.Body]++; len(seen) == senders*each {
						cancel()
					}
					mu.Unlock()
				}
			}
		})
	}
	group.Wait()
	for body, n := range seen {
		if n != 1 {
			t.Errorf("%s received %d times", body, n)
		}
	}
	if len(seen) != senders*each || !cmp.Equal(depth(t, e, url), [3]int{}) {
		t.Errorf("%d messages received, left %v", len(seen), depth(t, e, url))
	}
}

// The client left while its answer was on the way: the message is there for the next.
func TestMessagesOfALostReceiverAreGivenBack(t *testing.T) {
	e, c, _ := newTest(t)
	url := createQueue(t, c, "q", nil)
	send(t, c, url, "m")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.receiveMessage(ctx, receiveInput{QueueURL: url}); err != nil {
		t.Fatal(err)
	}
	if got := depth(t, e, url); got != [3]int{1, 0, 0} {
		t.Errorf("depth %v", got)
	}
}

// TestRelease gives back what is in flight at once, and leaves alone what is delayed.
func TestRelease(t *testing.T) {
	e, c, _ := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"VisibilityTimeout": "600"})
	send(t, c, url, "a", "b", "c")
	if _, err := e.Receive(t.Context(), url, 2, 0); err != nil {
		t.Fatal(err)
	}
	delayed := createQueue(t, c, "delayed", map[string]string{"DelaySeconds": "600"})
	send(t, c, delayed, "d")
	for _, u := range []string{url, delayed} {
		if err := e.Release(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if got := depth(t, e, url); got != [3]int{3, 0, 0} {
		t.Errorf("depth %v, want all three visible", got)
	}
	if got := depth(t, e, delayed); got != [3]int{0, 0, 1} {
		t.Errorf("depth %v, want one delayed", got)
	}
}
