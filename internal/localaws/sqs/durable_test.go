package sqs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/journal"
)

// dump is the whole state of an engine, comparable. The order of messages follows from it.
func dump(t testing.TB, e *Engine) map[string]any {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]any{"sequence": e.sequence}
	for name, q := range e.queues {
		text, err := json.Marshal(q.definition)
		if err != nil {
			t.Fatal(err)
		}
		messages := map[uint64]string{}
		for sequence, m := range q.messages {
			messages[sequence] = fmt.Sprintf("%+v %d %d %d %d %d %d %s", *m.content, m.state, m.visible, m.receives, m.receivesBefore, m.firstReceived, m.lastReceived, m.deadLetterOf)
		}
		all[name] = []any{string(text), messages, q.count}
		if q.fifo != nil {
			all[name] = append(all[name].([]any), fmt.Sprint(q.fifo.sent.entries), fmt.Sprint(q.fifo.attempts.entries))
			checkGroups(t, q)
		}
	}
	return all
}

// checkGroups compares what a FIFO queue keeps by group with its messages.
func checkGroups(t testing.TB, q *queue) {
	t.Helper()
	ready, flying := map[string]int{}, map[string]int{}
	for _, m := range q.messages {
		switch m.state {
		case inFlight:
			flying[m.group]++
		case 0:
			ready[m.group]++
		}
	}
	for name, g := range q.fifo.groups {
		if len(g.ready.items) != ready[name] || g.inFlight != flying[name] || g.isOpen() != (g.openI >= 0) {
			t.Errorf("group %s: %d ready and %d in flight, want %d and %d", name, len(g.ready.items), g.inFlight, ready[name], flying[name])
		}
		delete(ready, name)
		delete(flying, name)
	}
	if len(ready)+len(flying) > 0 {
		t.Errorf("groups forgotten: %v %v", ready, flying)
	}
}

// A random run of everything, through restarts and compactions, is found again as it was.
func TestStateSurvivesRestarts(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	dir, clock := t.TempDir(), newClock()
	for restart := range 8 {
		e, log := openEngine(t, dir, withClock(clock))
		c := newClient(e)
		randomRun(t, r, c, clock)
		if restart%3 == 1 {
			if err := log.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
			randomRun(t, r, c, clock)
		}
		refresh(e) // what is due has appeared, here and there
		before := dump(t, e)
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
		e, log = openEngine(t, dir, withClock(clock))
		refresh(e)
		if diff := cmp.Diff(before, dump(t, e)); diff != "" {
			t.Fatalf("restart %d (-before +after):\n%s", restart, diff)
		}
		if err := log.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func refresh(e *Engine) {
	t := e.begin()
	defer t.end()
	t.advance()
	for _, q := range e.queues {
		t.refresh(q)
	}
}

func randomRun(t *testing.T, r *rand.Rand, c *client.Client, clock *clock) {
	t.Helper()
	ctx := t.Context()
	createQueue(t, c, "dead", nil)
	createFIFO(t, c, "dead.fifo", nil)
	names := []string{"a", "b", "dead", "a.fifo", "dead.fifo"}
	var receipts []types.Message
	var from string
	for range 90 {
		name := names[r.IntN(len(names))]
		create := createQueue
		in := client.SendMessageInput{MessageBody: aws.String(fmt.Sprint("m", r.IntN(1000))), DelaySeconds: int32(r.IntN(2) * 20),
			MessageAttributes: map[string]types.MessageAttributeValue{"n": {DataType: aws.String("Binary"), BinaryValue: []byte{byte(r.IntN(256))}}}}
		if isFIFO(name) {
			create = createFIFO
			in.DelaySeconds, in.MessageGroupId, in.MessageDeduplicationId = 0, aws.String(fmt.Sprint("g", r.IntN(3))), aws.String(fmt.Sprint(r.IntN(40)))
		}
		url := create(t, c, name, nil)
		in.QueueUrl = &url
		var err error
		switch r.IntN(14) {
		case 0, 1, 2, 3:
			_, err = c.SendMessage(ctx, &in)
		case 4, 5, 6:
			receipts, from = receive(t, c, url), url
		case 12:
			var out *client.ReceiveMessageOutput
			if out, err = c.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 2, ReceiveRequestAttemptId: aws.String(fmt.Sprint(r.IntN(3)))}); err == nil {
				receipts, from = out.Messages, url
			}
		case 13:
			_, err = c.StartMessageMoveTask(ctx, &client.StartMessageMoveTaskInput{SourceArn: aws.String(arnOf + names[2+2*r.IntN(2)]), MaxNumberOfMessagesPerSecond: aws.Int32(1)})
		case 7:
			if len(receipts) > 0 {
				_, err = c.DeleteMessage(ctx, &client.DeleteMessageInput{QueueUrl: &from, ReceiptHandle: receipts[0].ReceiptHandle})
			}
		case 8:
			if len(receipts) > 0 {
				_, err = c.ChangeMessageVisibility(ctx, &client.ChangeMessageVisibilityInput{QueueUrl: &from, ReceiptHandle: receipts[len(receipts)-1].ReceiptHandle, VisibilityTimeout: int32(r.IntN(60))})
			}
		case 9:
			attributes := redrivePolicy("dead"+strings.TrimLeft(name, "abde"), 1+r.IntN(2))
			if isFIFO(name) {
				attributes["DelaySeconds"] = fmt.Sprint(r.IntN(2) * 10)
			}
			_, err = c.SetQueueAttributes(ctx, &client.SetQueueAttributesInput{QueueUrl: &url, Attributes: attributes})
		case 10:
			clock.Advance(time.Duration(r.IntN(40)) * time.Second)
		case 11:
			switch r.IntN(4) {
			case 0:
				_, err = c.PurgeQueue(ctx, &client.PurgeQueueInput{QueueUrl: &url})
			case 1:
				_, err = c.DeleteQueue(ctx, &client.DeleteQueueInput{QueueUrl: &url})
			}
		}
		var refusal interface{ ErrorCode() string }
		if err != nil && (!errors.As(err, &refusal) || refusal.ErrorCode() == "InternalFailure") {
			t.Fatal(err)
		}
	}
}

// A snapshot is fuzzy: records that it contains already are replayed on top of it.
func TestReplayOverASnapshotThatHasThemAlready(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for range 10 {
		dir, clock := t.TempDir(), newClock()
		e, log := openEngine(t, dir, withClock(clock))
		randomRun(t, r, newClient(e), clock)
		log.Close()
		var records [][]byte
		log, err := journal.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Replay(map[journal.Kind]func([]byte) error{Kind: func(b []byte) error { records = append(records, b); return nil }}); err != nil {
			t.Fatal(err)
		}
		log.Close()
		again, _ := openEngine(t, "", withClock(clock))
		if err := e.Snapshot(again.Replay); err != nil {
			t.Fatal(err)
		}
		for _, b := range records[r.IntN(len(records)):] {
			if err := again.Replay(b); err != nil {
				t.Fatal(err)
			}
		}
		refresh(e) // that a message has appeared is no record
		refresh(again)
		if diff := cmp.Diff(dump(t, e), dump(t, again)); diff != "" {
			t.Fatalf("(-present +replayed):\n%s", diff)
		}
	}
}

// FuzzReplay: a record of any bytes is an error or is applied, never a panic.
func FuzzReplay(f *testing.F) {
	c := newClock()
	log, err := journal.Open("")
	if err != nil {
		f.Fatal(err)
	}
	e, err := New(log, withClock(c))
	if err != nil {
		f.Fatal(err)
	}
	url := createQueue(f, newClient(e), "q", nil)
	send(f, newClient(e), url, "seed")
	fifo := createFIFO(f, newClient(e), "q.fifo", nil)
	sendTo(f, newClient(e), fifo, "g", "seed", "another")
	if _, err := newClient(e).ReceiveMessage(f.Context(), &client.ReceiveMessageInput{QueueUrl: &fifo, ReceiveRequestAttemptId: aws.String("try")}); err != nil {
		f.Fatal(err)
	}
	if err := e.Snapshot(func(b []byte) error { f.Add(b); return nil }); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{effectMove, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, record []byte) {
		e, err := New(log, withClock(c))
		if err != nil {
			t.Fatal(err)
		}
		if e.Replay(record) != nil {
			return
		}
		again, err := New(log, withClock(c))
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Snapshot(again.Replay); err != nil {
			t.Fatalf("what was applied cannot be written and read again: %v", err)
		}
		if diff := cmp.Diff(dump(t, e), dump(t, again)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// When the journal has failed nothing is acknowledged, and it is the server's fault.
func TestFailedJournalIsAServerError(t *testing.T) {
	e, log := openEngine(t, t.TempDir())
	c := newClient(e)
	url := createQueue(t, c, "q", nil)
	log.Close()
	_, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("m")})
	if errorCode(err) != "InternalFailure" {
		t.Errorf("SendMessage: %v", err)
	}
	if _, err := e.Receive(t.Context(), url, 1, 0); !errors.Is(err, journal.ErrFailed) {
		t.Errorf("Receive: %v", err)
	}
}

func TestOptions(t *testing.T) {
	log, err := journal.Open("")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		set  func(*Options)
	}{
		{"an account is 12 digits", func(o *Options) { o.AccountID = "me" }},
		{"a base URL has a host", func(o *Options) { o.BaseURL = "queues" }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := New(log, tt.set); err == nil {
				t.Error("accepted")
			}
		})
	}
	if _, err := New(nil); err == nil {
		t.Error("no journal accepted")
	}
	e, err := New(log, func(o *Options) { o.BaseURL, o.Region = "http://127.0.0.1:9324/", "eu-central-1" })
	if err != nil {
		t.Fatal(err)
	}
	if got := createQueue(t, newClient(e), "q", nil); got != "http://127.0.0.1:9324/000000000000/q" {
		t.Error(got)
	}
}
