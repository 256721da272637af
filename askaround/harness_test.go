package askaround

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/localaws"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	debug.SetGCPercent(400) // much garbage, little that lives: collecting it less often saves a quarter of the time
	os.Exit(m.Run())
}

// manhattan is where the tests' questions are asked.
var manhattan = Location{Lat: 40.7128, Lng: -74.0060}

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)} }

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

// published records what a Worker publishes.
type published struct {
	mu       sync.Mutex
	messages []publication
	fail     func(topic string) error
}

type publication struct {
	topic   string
	payload string
}

func (p *published) Publish(_ context.Context, topic string, payload []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		if err := p.fail(topic); err != nil {
			return err
		}
	}
	p.messages = append(p.messages, publication{topic, string(payload)})
	return nil
}

// take returns what was published since the last call.
func (p *published) take() []publication {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.messages
	p.messages = nil
	return out
}

// world is an installation in process whose events the test delivers by hand.
type world struct {
	t         testing.TB
	clock     *clock
	local     *localaws.Local
	db        DynamoDB
	queues    SQS
	resources Resources
	service   *Service
	worker    *Worker
	published *published
	positions map[string]string // table and shard to the last sequence number done
	batch     int               // stream records per event
}

// newWorld opens an installation. wrap may put something between the worker and AWS.
func newWorld(t testing.TB, optFns ...func(*WorkerOptions)) *world {
	t.Helper()
	c := newClock()
	local, err := localaws.Open(t.Context(), func(o *localaws.Options) { o.Clock = c.Now })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { local.Close() })
	w := &world{
		t: t, clock: c, local: local, published: &published{}, positions: map[string]string{}, batch: 100,
		db: dynamodb.NewFromConfig(local.Config()), queues: sqs.NewFromConfig(local.Config()),
	}
	if w.resources, err = Provision(t.Context(), w.db, w.queues, "test-"); err != nil {
		t.Fatal(err)
	}
	w.service, err = NewService(w.db, w.queues, w.resources, func(o *ServiceOptions) { o.Clock = c.Now })
	if err != nil {
		t.Fatal(err)
	}
	w.worker = w.newWorker(w.db, w.queues, w.published, optFns...)
	return w
}

// newWorker returns a worker of the installation behind other clients.
func (w *world) newWorker(db DynamoDB, q SQS, p Publisher, optFns ...func(*WorkerOptions)) *Worker {
	w.t.Helper()
	worker, err := NewWorker(db, q, w.resources, p, append(optFns, func(o *WorkerOptions) { o.Clock = w.clock.Now })...)
	if err != nil {
		w.t.Fatal(err)
	}
	return worker
}

func (w *world) ctx() context.Context { return w.t.Context() }

// account returns the i-th test account.
func account(i int) AccountID { return AccountFor("https://issuer.test", fmt.Sprint("user-", i)) }

// ask asks a question by account 0 and returns its id.
func (w *world) ask(kind Kind, at Location) QuestionID {
	w.t.Helper()
	op, err := w.service.Ask(w.ctx(), AskInput{Account: account(0), Text: "Is it open?", Kind: kind, Location: at})
	if err != nil {
		w.t.Fatal(err)
	}
	return op.Question
}

func (w *world) rate(i int, q QuestionID, half HalfStars) Operation {
	w.t.Helper()
	return w.answer(i, q, Value{Kind: KindStar, Stars: half})
}

func (w *world) place(i int, q QuestionID, at Location) Operation {
	w.t.Helper()
	return w.answer(i, q, Value{Kind: KindGeo, Location: at})
}

func (w *world) answer(i int, q QuestionID, v Value) Operation {
	w.t.Helper()
	op, err := w.service.Answer(w.ctx(), AnswerInput{Account: account(i), Question: q, Value: v})
	if err != nil {
		w.t.Fatal(err)
	}
	return op
}

func (w *world) withdraw(i int, q QuestionID) Operation {
	w.t.Helper()
	op, err := w.service.Withdraw(w.ctx(), WithdrawInput{Account: account(i), Question: q})
	if err != nil {
		w.t.Fatal(err)
	}
	return op
}

func (w *world) question(id QuestionID) QuestionDetail {
	w.t.Helper()
	q, err := w.service.Question(w.ctx(), account(0), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return q
}

// operation returns what became of an operation of account i.
func (w *world) operation(i int, id OperationID) Operation {
	w.t.Helper()
	op, err := w.service.Operation(w.ctx(), account(i), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return op
}

// sums is what a question adds up to, without versions.
type sums struct {
	Answers, SumHalfStars int64
	Histogram             Histogram
	Cells                 map[string]int64
}

func (w *world) sums(id QuestionID) sums {
	w.t.Helper()
	q := w.question(id)
	s := sums{q.Summary.Answers, q.Summary.SumHalfStars, q.Summary.Histogram, map[string]int64{}}
	for _, part := range q.Heat {
		for cell, n := range part.Cells {
			s.Cells[cell] += n
		}
	}
	return s
}

// fold is the naive fold of the answers that stand, by account.
func fold(answers map[int]Value) sums {
	s := sums{Cells: map[string]int64{}}
	for _, v := range answers {
		s.Answers++
		switch v.Kind {
		case KindStar:
			s.SumHalfStars += int64(v.Stars)
			s.Histogram[v.Stars]++
		case KindGeo:
			s.Cells[cellOf(v.Location)]++
		}
	}
	return s
}

// deadLetters returns the reasons of a dead-letter queue's messages, and empties it.
func (w *world) deadLetters(queue string) []string {
	w.t.Helper()
	var reasons []string
	for {
		messages := w.receive(queue, 10)
		if len(messages) == 0 {
			return reasons
		}
		for _, m := range messages {
			reasons = append(reasons, aws.ToString(m.MessageAttributes["Reason"].StringValue))
			if err := w.local.SQS().Delete(w.ctx(), queue, m.ReceiptHandle); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// noDeadLetters fails the test when there is one.
func (w *world) noDeadLetters() {
	w.t.Helper()
	for _, queue := range []string{w.resources.QuestionsDeadLetters, w.resources.StarAnswersDeadLetters, w.resources.GeoAnswersDeadLetters} {
		if reasons := w.deadLetters(queue); len(reasons) > 0 {
			w.t.Errorf("dead letters: %v", reasons)
		}
	}
}

// send puts a raw body into a queue.
func (w *world) send(queue, body string) {
	w.t.Helper()
	_, err := w.queues.SendMessage(w.ctx(), &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: &body})
	if err != nil {
		w.t.Fatal(err)
	}
}

// noAccounts fails the test when text names one of the test accounts.
func noAccounts(t testing.TB, what, text string) {
	t.Helper()
	for i := range 20 {
		if strings.Contains(text, string(account(i))) {
			t.Errorf("%s names an account: %s", what, text)
		}
	}
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var errInjected = errors.New("injected failure")

// newRand returns a generator whose seed is printed when the test fails.
func newRand(t testing.TB, seed uint64) *rand.Rand {
	t.Helper()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 7))
}

// heatItem returns the stored item of one part.
func (w *world) heatItem(id QuestionID, part string) (version int64, it item) {
	w.t.Helper()
	out, err := w.db.GetItem(w.ctx(), &dynamodb.GetItemInput{TableName: &w.resources.Heat, Key: heatKey(target{id, part})})
	if err != nil {
		w.t.Fatal(err)
	}
	version, _ = integerOf(out.Item[attrVersion])
	return version, out.Item
}

// slow reports whether long tests run in full, as they do in CI.
func slow() bool { return os.Getenv("ASKAROUND_SLOW") == "1" }
