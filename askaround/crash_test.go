package askaround

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// crasher stands between a worker and the world, and stops the worker at one of its
// writes: just before it, or just after, when the worker does not learn that it was done.
// From then on nothing gets through until restart.
type crasher struct {
	mu      sync.Mutex
	writes  int
	crashAt int // number of the write, from 1; 0 = never
	after   bool
	down    bool
}

// write does one write, or not.
func (c *crasher) write(do func() error) error {
	c.mu.Lock()
	if c.down {
		c.mu.Unlock()
		return errInjected
	}
	c.writes++
	crash := c.writes == c.crashAt
	c.down = crash
	c.mu.Unlock()
	if crash && !c.after {
		return errInjected
	}
	if err := do(); err != nil || !crash {
		return err
	}
	return errInjected
}

// restart reports whether the worker had crashed, and starts it again.
func (c *crasher) restart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	crashed := c.down
	c.down = false
	return crashed
}

type crashingDB struct {
	DynamoDB
	c *crasher
}

func (d crashingDB) PutItem(ctx context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (out *dynamodb.PutItemOutput, err error) {
	err = d.c.write(func() (err error) { out, err = d.DynamoDB.PutItem(ctx, in, o...); return err })
	return out, err
}

func (d crashingDB) UpdateItem(ctx context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (out *dynamodb.UpdateItemOutput, err error) {
	err = d.c.write(func() (err error) { out, err = d.DynamoDB.UpdateItem(ctx, in, o...); return err })
	return out, err
}

func (d crashingDB) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (out *dynamodb.TransactWriteItemsOutput, err error) {
	err = d.c.write(func() (err error) { out, err = d.DynamoDB.TransactWriteItems(ctx, in, o...); return err })
	return out, err
}

type crashingSQS struct {
	SQS
	c *crasher
}

func (s crashingSQS) SendMessage(ctx context.Context, in *sqs.SendMessageInput, o ...func(*sqs.Options)) (out *sqs.SendMessageOutput, err error) {
	err = s.c.write(func() (err error) { out, err = s.SQS.SendMessage(ctx, in, o...); return err })
	return out, err
}

type crashingPublisher struct {
	Publisher
	c *crasher
}

func (p crashingPublisher) Publish(ctx context.Context, topic string, payload []byte) error {
	return p.c.write(func() error { return p.Publisher.Publish(ctx, topic, payload) })
}

// scenario is a history small enough to crash at each of its writes, with everything in
// it: new and changed answers, places that move across cells and parts, withdrawals,
// a refused answer, an unreadable message, and a stream record that cannot be read.
func (w *world) scenario(deliver func()) (check func()) {
	at := func(lat, lng float64) Location { return Location{manhattan.Lat + lat, manhattan.Lng + lng} }
	star, geo := w.ask(KindStar, manhattan), w.ask(KindGeo, manhattan)
	deliver()
	w.rate(1, star, 4)
	w.rate(2, star, 9)
	w.rate(1, star, 10)
	w.place(1, geo, at(0.01, 0))
	w.place(2, geo, at(-0.05, 0.05))
	refused := w.rate(0, star, 10)
	w.send(w.resources.StarAnswersQueue, "not a message")
	deliver()
	w.clock.Advance(time.Second)
	w.withdraw(2, star)
	w.place(1, geo, at(-0.05, 0.05))
	last := w.rate(3, star, 7)
	deliver()
	return func() {
		w.t.Helper()
		w.check([]QuestionID{star, geo}, []map[int]Value{
			{1: {Kind: KindStar, Stars: 10}, 3: {Kind: KindStar, Stars: 7}},
			{1: {Kind: KindGeo, Location: at(-0.05, 0.05)}, 2: {Kind: KindGeo, Location: at(-0.05, 0.05)}},
		})
		if op := w.operation(0, refused.ID); op.Status != StatusFailed || op.Failure.Code != FailedOwnQuestion {
			w.t.Errorf("refused operation: %+v", op)
		}
		if op := w.operation(3, last.ID); op.Status != StatusSucceeded {
			w.t.Errorf("last operation: %+v", op)
		}
		if n := len(w.deadLetters(w.resources.StarAnswersDeadLetters)); n < 1 || n > 2 {
			w.t.Errorf("%d dead letters, want the unreadable message once, or twice after a crash", n)
		}
		w.everythingWasTold([]QuestionID{star, geo}, refused, last)
	}
}

// everythingWasTold checks that what was published at least once includes the outcome of
// operations, the questions and their last sums.
func (w *world) everythingWasTold(ids []QuestionID, ops ...Operation) {
	w.t.Helper()
	told := map[publication]bool{}
	for _, m := range w.published.take() {
		told[m] = true
	}
	want := func(topic string, m any) {
		w.t.Helper()
		if !told[publication{topic, toJSON(w.t, m)}] {
			w.t.Errorf("never published on %s: %s", topic, toJSON(w.t, m))
		}
	}
	for i, op := range ops {
		user := []int{0, 3}[i]
		want("askaround/v1/account/"+string(account(user)), OperationMessage{TypeOperation, w.operation(user, op.ID)})
	}
	for _, id := range ids {
		q := w.question(id)
		asNew := q.Question
		asNew.Summary = Summary{}
		geo, _ := geoTopic(id)
		want(geo.String(), QuestionMessage{TypeQuestion, asNew})
		want("askaround/v1/question/"+string(id), SummaryMessage{TypeSummary, id, q.Summary})
		for _, part := range q.Heat {
			want("askaround/v1/question/"+string(id), HeatMessage{TypeHeat, id, part})
		}
	}
}

// crashingDelivery returns a deliver function whose worker crashes by c. When it does,
// nobody hears of what the batch had done: with forget all of it is delivered again.
func (w *world) crashingDelivery(c *crasher, forget bool) func() {
	worker := w.newWorker(crashingDB{w.db, c}, crashingSQS{w.queues, c}, crashingPublisher{w.published, c})
	queue := func(handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
		return func(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
			response, err := handle(ctx, event)
			if c.restart() && forget {
				response.BatchItemFailures = nil
				for _, rec := range event.Records {
					response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: rec.MessageId})
				}
			}
			return response, err
		}
	}
	stream := func(handle streamHandler) streamHandler {
		return func(ctx context.Context, shard string, records []events.DynamoDBEventRecord) string {
			from := handle(ctx, shard, records)
			if c.restart() && forget {
				return records[0].Change.SequenceNumber
			}
			return from
		}
	}
	return func() {
		w.t.Helper()
		for failed := 1; failed > 0; w.clock.Advance(2 * time.Minute) {
			_, a := w.deliverQueue(w.resources.QuestionsQueue, queue(worker.ProcessQuestions))
			_, b := w.deliverQueue(w.resources.StarAnswersQueue, queue(worker.ProcessAnswers))
			_, d := w.deliverQueue(w.resources.GeoAnswersQueue, queue(worker.ProcessAnswers))
			failed = a + b + d
		}
		w.deliverStream(w.resources.Answers, stream(w.aggregate(worker)))
		w.deliverStream(w.resources.Questions, stream(w.publishQuestions(worker)))
		w.deliverStream(w.resources.Heat, stream(w.publishHeat(worker)))
	}
}

// TestCrashAtEveryWrite stops the worker before and after each single write that it ever
// does, to a table, a queue or a topic, and starts it again: everything ends as if it
// had not happened. With ASKAROUND_SLOW=1 it does so in each of four ways at every write,
// otherwise in one of them, in turn.
func TestCrashAtEveryWrite(t *testing.T) {
	w := newWorld(t)
	clean := &crasher{}
	w.scenario(w.crashingDelivery(clean, false))()
	if clean.writes < 30 {
		t.Fatalf("the scenario has only %d writes", clean.writes)
	}
	for at := 1; at <= clean.writes; at++ {
		for _, after := range []bool{false, true} {
			for _, forget := range []bool{false, true} {
				if !slow() && at%4 != kind(after, forget) {
					continue
				}
				t.Run(fmt.Sprintf("write=%d/after=%t/forget=%t", at, after, forget), func(t *testing.T) {
					w := newWorld(t)
					c := &crasher{crashAt: at, after: after}
					check := w.scenario(w.crashingDelivery(c, forget))
					// Answers of one batch are processed side by side, so that the number of
					// writes varies by one or two.
					if c.writes < at-2 {
						t.Fatalf("only %d writes", c.writes)
					}
					check()
				})
			}
		}
	}
}

// kind numbers the ways of a crash from 0 to 3.
func kind(after, forget bool) (n int) {
	if after {
		n++
	}
	if forget {
		n += 2
	}
	return n
}
