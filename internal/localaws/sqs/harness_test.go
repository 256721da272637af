package sqs

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/askaround/askaround-go/internal/journal"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// clock is a time that tests set. Timers do not follow it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func newClock() *clock { return &clock{now: time.UnixMilli(1_700_000_000_000)} }

// openEngine opens the journal in dir ("" for memory) with an engine on it.
func openEngine(t testing.TB, dir string, optFns ...func(*Options)) (*Engine, *journal.Log) {
	t.Helper()
	log, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(log, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	log.Register(Kind, e)
	if err := log.Replay(map[journal.Kind]func([]byte) error{Kind: e.Replay}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Close()
		log.Close()
	})
	return e, log
}

func withClock(c *clock) func(*Options) { return func(o *Options) { o.Clock = c.Now } }

// inProcess is a RoundTripper over a handler, without sockets.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = io.NopCloser(bytes.NewReader(nil))
	}
	h.ServeHTTP(w, r)
	response := w.Result()
	response.Request = r
	return response, nil
}

func newClient(h http.Handler) *client.Client {
	return client.New(client.Options{
		Region:       "us-east-1",
		BaseEndpoint: aws.String("http://sqs.us-east-1.localhost"),
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDLOCAL", "local", ""),
		HTTPClient:   &http.Client{Transport: inProcess{h}},
		Retryer:      aws.NopRetryer{},
	})
}

// newTest returns an engine in memory, on a clock that stands still, and the SDK's
// client of it.
func newTest(t testing.TB) (*Engine, *client.Client, *clock) {
	c := newClock()
	e, _ := openEngine(t, "", withClock(c))
	return e, newClient(e), c
}

func createQueue(t testing.TB, c *client.Client, name string, attributes map[string]string) string {
	t.Helper()
	out, err := c.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

func send(t testing.TB, c *client.Client, url string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
}

// receive takes up to ten messages with everything about them, without waiting.
func receive(t testing.TB, c *client.Client, url string) []types.Message {
	t.Helper()
	out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}, MessageAttributeNames: []string{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	return out.Messages
}

func receiveOne(t testing.TB, c *client.Client, url string) types.Message {
	t.Helper()
	got := receive(t, c, url)
	if len(got) != 1 {
		t.Fatalf("received %d messages, want 1", len(got))
	}
	return got[0]
}

func bodies(messages []types.Message) []string {
	all := []string{}
	for _, m := range messages {
		all = append(all, *m.Body)
	}
	return all
}

func depth(t testing.TB, e *Engine, url string) [3]int {
	t.Helper()
	visible, inFlight, delayed, err := e.Depth(url)
	if err != nil {
		t.Fatal(err)
	}
	return [3]int{visible, inFlight, delayed}
}

// eventually waits for a condition that another goroutine brings about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s: not within a minute", what)
		}
	}
}
