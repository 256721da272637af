package main

import (
	"crypto/rand"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/api/askaround"
	"github.com/askaround/askaround-go/askaround/topic"
)

// harbour is where the load asks.
const harbourLat, harbourLng = -33.8568, 151.2153

// TestInterrupt presses Ctrl-C while people ask and answer, others listen, and some
// do not let go. The program ends within two seconds; what it had acknowledged is there
// when it is started again with its data. A busy machine gets three tries for the time.
func TestInterrupt(t *testing.T) {
	const tries, limit = 3, 2 * time.Second
	for name, args := range map[string][]string{"in memory": nil, "durable": {"-data", t.TempDir()}} {
		t.Run(name, func(t *testing.T) {
			l := &load{asked: map[string]bool{}}
			var took []time.Duration
			for len(took) < tries {
				p := start(t, append(args, "-demo=false")...)
				args = keepAddr(args, p)
				took = append(took, l.interrupted(t, p))
				if took[len(took)-1] < limit {
					break
				}
			}
			if took[len(took)-1] >= limit {
				t.Errorf("it ended after %v, want less than %v once", took, limit)
			}
			if len(args) > 0 {
				l.check(t, start(t, append(args, "-demo=false")...))
			}
			t.Logf("ended after %v with %d questions and %d answers acknowledged", took, len(l.asked), l.answered.Load())
		})
	}
}

// keepAddr adds p's address to the arguments of a durable program: its issuer keeps
// its URL, and with it the accounts.
func keepAddr(args []string, p *process) []string {
	if len(args) != 2 {
		return args
	}
	return append(args, "-addr", strings.TrimPrefix(p.url, "http://"))
}

// load is what was sent, and what of it was acknowledged.
type load struct {
	question           string // that everybody answers
	attempts, answered atomic.Int64
	mu                 sync.Mutex
	asked              map[string]bool // texts, acknowledged
}

// interrupted puts load on p, ends p in the middle of it, and returns how long that took.
func (l *load) interrupted(t *testing.T, p *process) time.Duration {
	t.Helper()
	if l.question == "" {
		l.question = p.ask(t, "How is the light?")
	}
	own, err := topic.NewQuestion(l.question)
	if err != nil {
		t.Fatal(err)
	}
	tcp := p.subscribe(t, "tcp", own.String())
	ws := p.subscribeByWebSocket(t, "websocket", own.String())
	p.holdOn(t)
	before := l.answered.Load()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { l.answer(t, p) })
		wg.Go(func() { l.ask(t, p) })
	}
	p.eventually(t, "a hundred answers acknowledged", func() bool { return l.answered.Load() >= before+100 || t.Failed() })
	took := p.interrupt(t)
	wg.Wait()
	if p.stderr.Len() > 0 {
		t.Errorf("told on the way out:\n%s", &p.stderr)
	}
	tcp.seenOff(t, "TCP")
	ws.seenOff(t, "WebSocket")
	return took
}

// ask asks a question and waits until it is there.
func (p *process) ask(t *testing.T, text string) (id string) {
	t.Helper()
	out, err := p.client.AskQuestionWithResponse(t.Context(), &askaround.AskQuestionParams{IdempotencyKey: rand.Text()}, newQuestion(text))
	if err != nil || out.JSON202 == nil {
		t.Fatalf("ask: %v, %v", err, out)
	}
	p.eventually(t, "the question", func() bool { return p.list(t, harbourLat, harbourLng)[text] == 1 })
	return out.JSON202.Question
}

func newQuestion(text string) askaround.NewQuestion {
	return askaround.NewQuestion{Text: text, Kind: "star", Location: askaround.LatLng{Lat: harbourLat, Lng: harbourLng}}
}

// ask asks until p is gone. A request without a response was not acknowledged.
func (l *load) ask(t *testing.T, p *process) {
	for {
		text := fmt.Sprintf("question %d", l.attempts.Add(1))
		out, err := p.client.AskQuestionWithResponse(t.Context(), &askaround.AskQuestionParams{IdempotencyKey: rand.Text()}, newQuestion(text))
		if err != nil {
			return
		}
		if out.JSON202 == nil {
			t.Errorf("ask: %s %s", out.Status(), out.Body)
			return
		}
		l.mu.Lock()
		l.asked[text] = true
		l.mu.Unlock()
	}
}

// answer answers until p is gone, each time as somebody else.
func (l *load) answer(t *testing.T, p *process) {
	for {
		token, err := p.newToken(fmt.Sprintf("user %d", l.attempts.Add(1)))
		if err != nil {
			return
		}
		stars := 4.5
		out, err := p.as(t, token).PutAnswerWithResponse(t.Context(), l.question, &askaround.PutAnswerParams{}, askaround.AnswerValue{Stars: &stars})
		if err != nil {
			return
		}
		if out.JSON202 == nil {
			t.Errorf("answer: %s %s", out.Status(), out.Body)
			return
		}
		l.answered.Add(1)
	}
}

// check finds everything acknowledged in p, once. An answer whose acknowledgement got
// lost may be there as well.
func (l *load) check(t *testing.T, p *process) {
	t.Helper()
	var seen map[string]int
	var answers int64
	p.eventually(t, "everything acknowledged", func() bool {
		out, err := p.client.GetQuestionWithResponse(t.Context(), l.question, &askaround.GetQuestionParams{})
		if err != nil || out.JSON200 == nil {
			t.Fatalf("question: %v, %v", err, out)
		}
		answers, seen = out.JSON200.Summary.Answers, p.list(t, harbourLat, harbourLng)
		for text := range l.asked {
			if seen[text] == 0 {
				return false
			}
		}
		return answers >= l.answered.Load()
	})
	for text, n := range seen {
		if n != 1 {
			t.Errorf("%q is there %d times", text, n)
		}
	}
	if answers > l.attempts.Load() {
		t.Errorf("%d answers, %d given", answers, l.attempts.Load())
	}
	p.interrupt(t)
}

// holdOn leaves connections at all doors that will not end by themselves: a request
// whose body does not come, an MQTT client that says nothing, a wait for a message.
func (p *process) holdOn(t *testing.T) {
	t.Helper()
	for addr, beginning := range map[string]string{
		strings.TrimPrefix(p.url, "http://"): "POST /questions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + p.token +
			"\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
		p.mqtt: "\x10",
	} {
		conn, err := net.DialTimeout("tcp", addr, patience)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := conn.Write([]byte(beginning)); err != nil {
			t.Fatal(err)
		}
	}
	queues := sqs.New(sqs.Options{BaseEndpoint: &p.aws, Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("x", "y", ""), RetryMaxAttempts: 1})
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("empty")})
	if err != nil {
		t.Fatal(err)
	}
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		_, _ = queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: 20})
	}()
	t.Cleanup(func() { <-waiting })
}
