package pump

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

// world is a Local with a table that streams and a queue.
type world struct {
	*localaws.Local
	db   *dynamodb.Client
	sqs  *awssqs.Client
	url  string // of the queue
	dead string // of its dead-letter queue
}

func open(t testing.TB, dir string, optFns ...func(*localaws.Options)) *world {
	t.Helper()
	local, err := localaws.Open(t.Context(), append(optFns, func(o *localaws.Options) { o.Dir = dir })...)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Local: local, db: dynamodb.NewFromConfig(local.Config()), sqs: awssqs.NewFromConfig(local.Config())}
	_, err = w.db.CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("table"), BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeN}},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
		StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage},
	})
	var exists *types.ResourceInUseException
	if err != nil && !errors.As(err, &exists) {
		t.Fatal(err)
	}
	w.dead = w.queue(t, "dead", nil)
	w.url = w.queue(t, "queue", map[string]string{"VisibilityTimeout": "1",
		"RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:dead","maxReceiveCount":2}`})
	return w
}

func (w *world) queue(t testing.TB, name string, attributes map[string]string) string {
	t.Helper()
	out, err := w.sqs.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *out.QueueUrl
}

func (w *world) put(t *testing.T, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		_, err := w.db.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"),
			Item: map[string]types.AttributeValue{"pk": number(i)}})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// during runs m while f does.
func during(t testing.TB, m *Mapping, f func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	f()
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func until(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !condition(); {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
		<-time.After(2 * time.Millisecond)
	}
}

// seen collects what a handler was given.
type seen struct {
	mu  sync.Mutex
	ids []string
}

func (s *seen) add(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ids = append(s.ids, ids...)
}

func (s *seen) all() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ids)
}

func pks(records []events.DynamoDBEventRecord) (ids []string) {
	for _, r := range records {
		ids = append(ids, r.Change.Keys["pk"].Number())
	}
	return ids
}

func number(n int) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: fmt.Sprint(n)}
}

func numbers(from, to int) (ids []string) {
	for i := from; i < to; i++ {
		ids = append(ids, fmt.Sprint(i))
	}
	return ids
}

func TestStreamInOrderAndAfterRestart(t *testing.T) {
	dir := t.TempDir()
	for round := range 2 { // the second goes on where the first stopped
		w := open(t, dir)
		got := new(seen)
		m, err := Stream(w.Local, "table", func(_ context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
			got.add(pks(e.Records)...)
			return events.DynamoDBEventResponse{}, nil
		}, func(o *StreamOptions) { o.BatchSize = 7 })
		if err != nil {
			t.Fatal(err)
		}
		during(t, m, func() {
			w.put(t, 50*round, 50*round+50)
			until(t, "all records handled", func() bool { return len(got.all()) >= 50 && m.Idle() })
		})
		if diff := cmp.Diff(numbers(50*round, 50*round+50), got.all()); diff != "" {
			t.Error(diff)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestStreamFailures(t *testing.T) {
	poison := func(fail func(id string, records []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error)) (*seen, StreamHandler) {
		got := new(seen)
		return got, func(_ context.Context, e events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
			for _, r := range e.Records {
				if id := r.Change.Keys["pk"].Number(); id == "5" {
					failures, err := fail(id, e.Records)
					return events.DynamoDBEventResponse{BatchItemFailures: failures}, err
				}
				got.add(r.Change.Keys["pk"].Number())
			}
			return events.DynamoDBEventResponse{}, nil
		}
	}
	byError := func(string, []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error) {
		return nil, errors.New("poison")
	}
	for name, row := range map[string]struct {
		fail    func(string, []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error)
		options func(*StreamOptions)
	}{
		"an error, bisected": {byError, func(o *StreamOptions) { o.BisectBatchOnFunctionError = true }},
		"a panic, bisected": {func(string, []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error) {
			panic("poison")
		}, func(o *StreamOptions) { o.BisectBatchOnFunctionError = true }},
		"a reported item": {func(_ string, records []events.DynamoDBEventRecord) (out []events.DynamoDBBatchItemFailure, err error) {
			for _, r := range records {
				if r.Change.Keys["pk"].Number() == "5" {
					out = append(out, events.DynamoDBBatchItemFailure{ItemIdentifier: sequence(r)})
				}
			}
			return out, nil
		}, func(o *StreamOptions) { o.ReportBatchItemFailures, o.BisectBatchOnFunctionError = true, true }},
		"batches of one": {byError, func(o *StreamOptions) { o.BatchSize = 1 }},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, "")
			defer w.Close()
			w.put(t, 0, 20)
			got, h := poison(row.fail)
			m, err := Stream(w.Local, "table", h, row.options, func(o *StreamOptions) {
				o.MaximumRetryAttempts, o.RetryDelay, o.OnFailure = 2, time.Millisecond, w.dead
			})
			if err != nil {
				t.Fatal(err)
			}
			during(t, m, func() { until(t, "the stream read to its end", m.Idle) })
			handled := got.all()
			for _, id := range numbers(0, 20) {
				if slices.Contains(handled, id) == (id == "5") {
					t.Errorf("record %s: handled %v", id, slices.Contains(handled, id))
				}
			}
			visible, _, _, err := w.SQS().Depth(w.dead)
			if err != nil || visible != 1 || m.Stats().Discarded != 1 {
				t.Errorf("%d notices (%v), %d discarded, want 1 and 1", visible, err, m.Stats().Discarded)
			}
		})
	}
}

func TestWindowTellsShardAndEnds(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	var mu sync.Mutex
	shards, finals, total := map[string]bool{}, 0, 0
	m, err := Window(w.Local, "table", func(_ context.Context, e events.DynamoDBTimeWindowEvent) (events.DynamoDBTimeWindowEventResponse, error) {
		mu.Lock()
		defer mu.Unlock()
		shards[e.ShardID] = true
		n := 0
		fmt.Sscan(e.State["n"], &n)
		n += len(e.Records)
		if e.IsFinalInvokeForWindow {
			finals++
			total += n
		}
		var out events.DynamoDBTimeWindowEventResponse
		out.State = map[string]string{"n": fmt.Sprint(n)}
		return out, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	during(t, m, func() {
		w.put(t, 0, 30)
		until(t, "the window ended", func() bool { mu.Lock(); defer mu.Unlock(); return total == 30 })
	})
	if len(shards) != 1 || shards[""] || finals < 1 {
		t.Errorf("shards %v, %d final calls", shards, finals)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel() // it waits
	w := open(t, "")
	defer w.Close()
	got := new(seen)
	m, err := Queue(w.Local, w.url, func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		var out events.SQSEventResponse
		for _, r := range e.Records {
			if r.Body == "poison" {
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: r.MessageId})
				continue
			}
			got.add(r.Body)
		}
		return out, nil
	}, func(o *QueueOptions) { o.Concurrency = 2 })
	if err != nil {
		t.Fatal(err)
	}
	during(t, m, func() {
		for _, body := range append(numbers(0, 40), "poison") {
			if _, err := w.sqs.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &w.url, MessageBody: &body}); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "the queue is empty", m.Idle)
	})
	handled := got.all()
	slices.Sort(handled)
	want := numbers(0, 40)
	slices.Sort(want)
	if diff := cmp.Diff(want, handled); diff != "" {
		t.Error(diff)
	}
	if visible, _, _, err := w.SQS().Depth(w.dead); err != nil || visible != 1 {
		t.Errorf("%d dead letters, %v, want 1", visible, err)
	}
}

func TestUnknownIdentifierFailsTheBatch(t *testing.T) {
	messages := []events.SQSMessage{{MessageId: "a", ReceiptHandle: "ra"}, {MessageId: "b", ReceiptHandle: "rb"}}
	for why, row := range map[string]struct {
		failed []string
		want   []string
	}{
		"none":    {nil, []string{"ra", "rb"}},
		"one":     {[]string{"a"}, []string{"rb"}},
		"empty":   {[]string{""}, nil},
		"unknown": {[]string{"a", "x"}, nil},
	} {
		var response events.SQSEventResponse
		for _, id := range row.failed {
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
		}
		if diff := cmp.Diff(row.want, succeeded(messages, response)); diff != "" {
			t.Errorf("%s: %s", why, diff)
		}
	}
}
