package askaround

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/internal/localaws"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
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

// receive returns up to n messages of a queue.
func (w *world) receive(queue string, n int) []events.SQSMessage {
	w.t.Helper()
	messages, err := w.local.SQS().Receive(w.ctx(), queue, n, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return messages
}

// settleMessages deletes what the response does not report as failed, and returns how many
// it does.
func (w *world) settleMessages(queue string, event events.SQSEvent, response events.SQSEventResponse) int {
	w.t.Helper()
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, m := range event.Records {
		if failed[m.MessageId] {
			continue
		}
		if err := w.local.SQS().Delete(w.ctx(), queue, m.ReceiptHandle); err != nil {
			w.t.Fatal(err)
		}
	}
	return len(failed)
}

// deliverQueue hands the queue's visible messages to the handler, once each.
func (w *world) deliverQueue(queue string, handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)) (delivered, failed int) {
	w.t.Helper()
	for {
		messages := w.receive(queue, 10)
		if len(messages) == 0 {
			return delivered, failed
		}
		event := events.SQSEvent{Records: messages}
		response, err := handle(w.ctx(), event)
		if err != nil {
			w.t.Fatalf("handler error: %v", err)
		}
		delivered += len(messages)
		failed += w.settleMessages(queue, event, response)
	}
}

// deliverQueues processes all that is visible.
func (w *world) deliverQueues(worker *Worker) (delivered, failed int) {
	w.t.Helper()
	for queue, handle := range map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		w.resources.QuestionsQueue:   worker.ProcessQuestions,
		w.resources.StarAnswersQueue: worker.ProcessAnswers,
		w.resources.GeoAnswersQueue:  worker.ProcessAnswers,
	} {
		d, f := w.deliverQueue(queue, handle)
		delivered, failed = delivered+d, failed+f
	}
	return delivered, failed
}

// streamHandler takes a batch of one shard and returns the sequence number from which
// to repeat, "" when all is done.
type streamHandler func(ctx context.Context, shard string, records []events.DynamoDBEventRecord) string

func firstFailure(t testing.TB, failures []events.DynamoDBBatchItemFailure, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("handler error: %v", err)
	}
	if len(failures) == 0 {
		return ""
	}
	return failures[0].ItemIdentifier
}

func (w *world) aggregate(worker *Worker) streamHandler {
	return func(ctx context.Context, shard string, records []events.DynamoDBEventRecord) string {
		event := events.DynamoDBTimeWindowEvent{DynamoDBEvent: events.DynamoDBEvent{Records: records}}
		event.ShardID = shard
		r, err := worker.AggregateAnswers(ctx, event)
		return firstFailure(w.t, r.BatchItemFailures, err)
	}
}

func (w *world) publishQuestions(worker *Worker) streamHandler {
	return func(ctx context.Context, _ string, records []events.DynamoDBEventRecord) string {
		r, err := worker.PublishQuestions(ctx, events.DynamoDBEvent{Records: records})
		return firstFailure(w.t, r.BatchItemFailures, err)
	}
}

func (w *world) publishHeat(worker *Worker) streamHandler {
	return func(ctx context.Context, _ string, records []events.DynamoDBEventRecord) string {
		r, err := worker.PublishHeat(ctx, events.DynamoDBEvent{Records: records})
		return firstFailure(w.t, r.BatchItemFailures, err)
	}
}

// records returns all records of a shard.
func (w *world) records(table, shard string) []events.DynamoDBEventRecord {
	w.t.Helper()
	var all []events.DynamoDBEventRecord
	after := ""
	for {
		some, _, err := w.local.DynamoDB().StreamRecords(table, shard, after, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		after = some[len(some)-1].Change.SequenceNumber
	}
}

// pendingRecords returns the records of a shard behind what deliverStream has done.
func (w *world) pendingRecords(table, shard string) []events.DynamoDBEventRecord {
	after := w.positions[table+shard]
	all := w.records(table, shard)
	for i, rec := range all {
		if rec.Change.SequenceNumber == after {
			return all[i+1:]
		}
	}
	return all
}

func (w *world) shards(table string) []string {
	w.t.Helper()
	shards, err := w.local.DynamoDB().StreamShards(table)
	if err != nil {
		w.t.Fatal(err)
	}
	ids := make([]string, len(shards))
	for i, s := range shards {
		ids[i] = s.ID
	}
	return ids
}

// deliverStream hands a table's new records to handle, in batches, and repeats what failed.
func (w *world) deliverStream(table string, handle streamHandler) {
	w.t.Helper()
	for _, shard := range w.shards(table) {
		for attempts := 0; ; attempts++ {
			records := w.pendingRecords(table, shard)
			if len(records) == 0 {
				break
			}
			if attempts > 1000 {
				w.t.Fatalf("stream of %s does not get past %s", table, records[0].Change.SequenceNumber)
			}
			batch := records[:min(w.batch, len(records))]
			from := handle(w.ctx(), shard, batch)
			for _, rec := range batch {
				if rec.Change.SequenceNumber == from {
					break
				}
				w.positions[table+shard] = rec.Change.SequenceNumber
			}
		}
	}
}

func (w *world) deliverStreams(worker *Worker) {
	w.t.Helper()
	w.deliverStream(w.resources.Answers, w.aggregate(worker))
	w.deliverStream(w.resources.Questions, w.publishQuestions(worker))
	w.deliverStream(w.resources.Heat, w.publishHeat(worker))
}

// run delivers everything until nothing is left, with time passing between attempts.
func (w *world) run() { w.runWith(w.worker) }

func (w *world) runWith(worker *Worker) {
	w.t.Helper()
	for range 20 {
		_, failed := w.deliverQueues(worker)
		w.deliverStreams(worker)
		if failed == 0 {
			return
		}
		w.clock.Advance(2 * time.Minute)
	}
	w.t.Fatal("messages still fail after 20 attempts")
}

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
