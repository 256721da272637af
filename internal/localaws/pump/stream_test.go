package pump

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
)

type (
	streamEvent    = events.DynamoDBEvent
	streamResponse = events.DynamoDBEventResponse
)

// calls is a handler that notes the time and records of each call, and fails as told.
type calls struct {
	begin time.Time
	log   []string
	fail  func(n int, records []record) (streamResponse, error)
}

func (c *calls) handle(_ context.Context, e streamEvent) (streamResponse, error) {
	c.log = append(c.log, fmt.Sprint(time.Since(c.begin).Round(10*time.Millisecond), pks(e.Records)))
	if c.fail == nil {
		return streamResponse{}, nil
	}
	return c.fail(len(c.log), e.Records)
}

// inBubble runs a mapping for d over the records 0..n, and returns the calls.
func inBubble(t *testing.T, n int, d time.Duration, fail func(int, []record) (streamResponse, error), optFns ...func(*StreamOptions)) (log []string, w *world, m *Mapping) {
	t.Helper()
	w = open(t, "")
	w.put(t, 0, n)
	c := &calls{begin: time.Now(), fail: fail}
	m, err := Stream(w.Local, "table", c.handle, optFns...)
	if err != nil {
		t.Fatal(err)
	}
	stop := start(t, m)
	time.Sleep(d)
	stop()
	return c.log, w, m
}

var errNo = errors.New("no")

func TestRetries(t *testing.T) {
	for name, row := range map[string]struct {
		records int
		options func(*StreamOptions)
		fail    func(n int, records []record) (streamResponse, error)
		want    []string
	}{
		"waits that double, until it succeeds": {2, func(*StreamOptions) {},
			func(n int, _ []record) (r streamResponse, err error) {
				if n < 5 {
					err = errNo
				}
				return r, err
			},
			[]string{"0s [0 1]", "50ms [0 1]", "150ms [0 1]", "350ms [0 1]", "750ms [0 1]"}},
		"given up after two retries, and what follows is delivered": {3, func(o *StreamOptions) { o.MaximumRetryAttempts, o.BatchSize = 2, 2 },
			func(_ int, records []record) (r streamResponse, err error) {
				if len(records) == 2 {
					err = errNo
				}
				return r, err
			},
			[]string{"0s [0 1]", "50ms [0 1]", "150ms [0 1]", "150ms [2]"}},
		"no retries": {3, func(o *StreamOptions) { o.MaximumRetryAttempts, o.BatchSize = 0, 2 },
			func(int, []record) (r streamResponse, err error) { return r, errNo },
			[]string{"0s [0 1]", "0s [2]"}},
		"a reported record is tried again with what follows": {4, func(o *StreamOptions) { o.ReportBatchItemFailures = true },
			func(n int, records []record) (r streamResponse, err error) {
				if n == 1 { // the lowest counts, whatever the order
					return reported(records[3], records[2]), nil
				}
				return r, err
			},
			[]string{"0s [0 1 2 3]", "50ms [2 3]"}},
		"the call that reports a record is its first": {4, func(o *StreamOptions) { o.ReportBatchItemFailures, o.MaximumRetryAttempts = true, 1 },
			func(_ int, records []record) (r streamResponse, err error) {
				return reported(records[len(records)-1]), nil
			},
			[]string{"0s [0 1 2 3]", "50ms [3]"}},
		"an unknown identifier means the whole batch": {2, func(o *StreamOptions) { o.ReportBatchItemFailures, o.MaximumRetryAttempts = true, 1 },
			func(int, []record) (streamResponse, error) { return reported(record{}), nil },
			[]string{"0s [0 1]", "50ms [0 1]"}},
		"reports that nobody asked for": {2, func(*StreamOptions) {},
			func(_ int, records []record) (streamResponse, error) { return reported(records[0]), nil },
			[]string{"0s [0 1]"}},
		"halves at once, and retries for one record": {4, func(o *StreamOptions) { o.BisectBatchOnFunctionError, o.MaximumRetryAttempts = true, 1 },
			func(_ int, records []record) (r streamResponse, err error) {
				if slices.Contains(pks(records), "2") {
					err = errNo
				}
				return r, err
			},
			[]string{"0s [0 1 2 3]", "0s [0 1]", "0s [2 3]", "0s [2]", "50ms [2]", "50ms [3]"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got, w, m := inBubble(t, row.records, time.Minute, row.fail, row.options)
				defer w.Close()
				if diff := cmp.Diff(row.want, got); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
				if !m.Idle() {
					t.Error("not idle")
				}
			})
		})
	}
}

func reported(records ...record) (r streamResponse) {
	for _, x := range records {
		r.BatchItemFailures = append(r.BatchItemFailures, events.DynamoDBBatchItemFailure{ItemIdentifier: sequence(x)})
	}
	return r
}

// What is given up is told in Lambda's words ("Retaining discarded batches").
func TestDestination(t *testing.T) {
	for name, row := range map[string]struct {
		options func(*StreamOptions)
		age     time.Duration // of the records when they are read
		want    map[string]any
	}{
		"retries exhausted": {func(o *StreamOptions) { o.MaximumRetryAttempts = 1 }, 0, map[string]any{
			"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 2.0, "functionError": "Unhandled"}},
		"too old before the first call": {func(o *StreamOptions) { o.MaximumRecordAge = time.Minute }, 2 * time.Minute, map[string]any{
			"condition": "RecordAgeExceeded", "approximateInvokeCount": 0.0, "functionError": nil}},
		"too old in the end": {func(o *StreamOptions) { o.MaximumRecordAge, o.RetryDelay = time.Minute, 30*time.Second }, 0, map[string]any{
			"condition": "RecordAgeExceeded", "approximateInvokeCount": 2.0, "functionError": "Unhandled"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, "")
				defer w.Close()
				w.put(t, 0, 3)
				arrival := time.Now().UTC().Format(time.RFC3339)
				time.Sleep(row.age)
				c := &calls{fail: func(int, []record) (r streamResponse, err error) { return r, errNo }}
				m, err := Stream(w.Local, "table", c.handle, row.options, func(o *StreamOptions) { o.OnFailure, o.Consumer = w.dead, "worker" })
				if err != nil {
					t.Fatal(err)
				}
				stop := start(t, m)
				time.Sleep(2 * time.Minute)
				stop()
				out, err := w.sqs.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: &w.dead})
				if err != nil || len(out.Messages) != 1 {
					t.Fatalf("%d notices, %v", len(out.Messages), err)
				}
				arn, err := w.DynamoDB().StreamARN("table")
				if err != nil {
					t.Fatal(err)
				}
				shards, err := w.DynamoDB().StreamShards("table")
				if err != nil {
					t.Fatal(err)
				}
				records, _, err := w.DynamoDB().StreamRecords("table", shards[0].ID, "", 10)
				if err != nil {
					t.Fatal(err)
				}
				var got map[string]any
				if err := json.Unmarshal([]byte(*out.Messages[0].Body), &got); err != nil {
					t.Fatal(err)
				}
				want := map[string]any{
					"requestContext": map[string]any{"functionArn": "arn:aws:lambda:us-east-1:000000000000:function:worker",
						"condition": row.want["condition"], "approximateInvokeCount": row.want["approximateInvokeCount"]},
					"version": "1.0",
					"DDBStreamBatchInfo": map[string]any{"shardId": shards[0].ID, "startSequenceNumber": sequence(records[0]), "endSequenceNumber": sequence(records[2]),
						"approximateArrivalOfFirstRecord": arrival, "approximateArrivalOfLastRecord": arrival, "batchSize": 3.0, "streamArn": arn},
				}
				if row.want["functionError"] != nil {
					want["responseContext"] = map[string]any{"statusCode": 200.0, "executedVersion": "$LATEST", "functionError": "Unhandled"}
				}
				if id, ok := got["requestContext"].(map[string]any)["requestId"].(string); !ok || len(id) != 36 {
					t.Errorf("requestId %q", id)
				}
				if _, err := time.Parse(time.RFC3339Nano, fmt.Sprint(got["timestamp"])); err != nil {
					t.Error(err)
				}
				delete(got["requestContext"].(map[string]any), "requestId")
				delete(got, "timestamp")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				if m.Stats().Discarded != 3 {
					t.Errorf("%+v", m.Stats())
				}
			})
		})
	}
}

// A destination that fails holds the shard up; nothing is lost in silence.
func TestDestinationGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		w.put(t, 0, 1)
		c := &calls{fail: func(int, []record) (r streamResponse, err error) { return r, errNo }}
		m, err := Stream(w.Local, "table", c.handle, func(o *StreamOptions) { o.OnFailure, o.MaximumRetryAttempts = w.dead, 0 })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.sqs.DeleteQueue(t.Context(), &awssqs.DeleteQueueInput{QueueUrl: &w.dead}); err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		time.Sleep(time.Minute)
		if m.Idle() || m.Stats().Discarded != 0 {
			t.Errorf("given up without a word: %+v", m.Stats())
		}
		w.queue(t, "dead", nil)
		time.Sleep(10 * time.Second)
		stop()
		if visible, _, _, err := w.SQS().Depth(w.dead); err != nil || visible != 1 || !m.Idle() {
			t.Errorf("%d notices, %v", visible, err)
		}
	})
}

func TestStreamBatchWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		c := &calls{begin: time.Now()}
		m, err := Stream(w.Local, "table", c.handle, func(o *StreamOptions) { o.BatchSize, o.BatchWindow = 4, 5*time.Second })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		w.put(t, 0, 1)
		time.Sleep(time.Second)
		w.put(t, 1, 2)
		time.Sleep(6 * time.Second)
		w.put(t, 2, 7) // at 7 s: four at once, one that waits
		time.Sleep(10 * time.Second)
		stop()
		if diff := cmp.Diff([]string{"5s [0 1]", "7s [2 3 4 5]", "12s [6]"}, c.log); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestPace: what comes after a pause is delivered at once; under load there is one batch in
// each interval, with all that came in it, however the shard is read.
func TestPace(t *testing.T) {
	for name, options := range map[string]func(*StreamOptions){
		"one call at a time": func(*StreamOptions) {},
		"several calls":      func(o *StreamOptions) { o.ParallelizationFactor = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, "")
				defer w.Close()
				got := map[time.Duration]int{} // records, by when they were delivered
				var mu sync.Mutex
				begin := time.Now()
				m, err := Stream(w.Local, "table", func(_ context.Context, e streamEvent) (streamResponse, error) {
					mu.Lock()
					defer mu.Unlock()
					got[time.Since(begin)] += len(e.Records)
					return streamResponse{}, nil
				}, options, func(o *StreamOptions) { o.Pace = time.Second })
				if err != nil {
					t.Fatal(err)
				}
				stop := start(t, m)
				for i := range 8 { // 0 to 2.1 s
					w.put(t, i, i+1)
					time.Sleep(300 * time.Millisecond)
				}
				time.Sleep(7600 * time.Millisecond)
				w.put(t, 8, 9) // at 10 s
				time.Sleep(time.Minute)
				stop()
				want := map[time.Duration]int{0: 1, time.Second: 3, 2 * time.Second: 3, 3 * time.Second: 1, 10 * time.Second: 1}
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

func TestStartingPositionLatest(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	w.put(t, 0, 10)
	got := new(seen)
	for range 2 { // a second mapping of the consumer goes on, it does not start anew
		m, err := Stream(w.Local, "table", func(_ context.Context, e streamEvent) (streamResponse, error) {
			got.add(pks(e.Records)...)
			return streamResponse{}, nil
		}, func(o *StreamOptions) { o.StartingPosition = Latest })
		if err != nil {
			t.Fatal(err)
		}
		n := 10 + len(got.all())
		w.put(t, n, n+3)
		during(t, m, func() { until(t, "read to the end", m.Idle) })
	}
	if diff := cmp.Diff(numbers(10, 16), got.all()); diff != "" {
		t.Error(diff)
	}
}

// The handler sees an item's life, as Lambda tells it.
func TestStreamEvent(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	table, key := aws.String("table"), map[string]types.AttributeValue{"pk": &types.AttributeValueMemberN{Value: "1.50"}}
	for _, text := range []string{"a", "b"} {
		if _, err := w.db.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: table, Key: key, UpdateExpression: aws.String("SET s = :s"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":s": &types.AttributeValueMemberS{Value: text}}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.db.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: key}); err != nil {
		t.Fatal(err)
	}
	var got []string
	m, err := Stream(w.Local, "table", func(_ context.Context, e streamEvent) (streamResponse, error) {
		for _, r := range e.Records {
			new := ""
			if v, ok := r.Change.NewImage["s"]; ok {
				new = v.String()
			}
			got = append(got, fmt.Sprint(r.EventName, " ", r.EventSource, " ", r.AWSRegion, " ", r.Change.Keys["pk"].Number(), " ", new))
			if !strings.HasPrefix(r.EventSourceArn, "arn:aws:dynamodb:us-east-1:000000000000:table/table/stream/") || r.EventID == "" {
				t.Errorf("%+v", r)
			}
		}
		return streamResponse{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	during(t, m, func() { until(t, "read to the end", m.Idle) })
	want := []string{"INSERT aws:dynamodb us-east-1 1.5 a", "MODIFY aws:dynamodb us-east-1 1.5 b", "REMOVE aws:dynamodb us-east-1 1.5 "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStreamOptions(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	h := func(context.Context, streamEvent) (r streamResponse, err error) { return r, nil }
	for name, set := range map[string]func(*StreamOptions){
		"a batch above 10,000":         func(o *StreamOptions) { o.BatchSize = 10_001 },
		"a negative batch":             func(o *StreamOptions) { o.BatchSize = -1 },
		"a batch window above 5 min":   func(o *StreamOptions) { o.BatchWindow = time.Hour },
		"a pace above a minute":        func(o *StreamOptions) { o.Pace = time.Hour },
		"a negative pace":              func(o *StreamOptions) { o.Pace = -1 },
		"an unknown position":          func(o *StreamOptions) { o.StartingPosition = "MIDDLE" },
		"more than 10 calls at once":   func(o *StreamOptions) { o.ParallelizationFactor = 11 },
		"more than 10,000 retries":     func(o *StreamOptions) { o.MaximumRetryAttempts = 10_001 },
		"a negative age":               func(o *StreamOptions) { o.MaximumRecordAge = -1 },
		"an age below a minute":        func(o *StreamOptions) { o.MaximumRecordAge = 59 * time.Second },
		"a filter that is none":        func(o *StreamOptions) { o.Filters = []string{"[]"} },
		"a timeout above 15 min":       func(o *StreamOptions) { o.Timeout = time.Hour },
		"a window above 15 min":        func(o *StreamOptions) { o.TumblingWindow = time.Hour },
		"a negative delay":             func(o *StreamOptions) { o.RetryDelay = -1 },
		"a destination that is no one": func(o *StreamOptions) { o.OnFailure = w.url + "x" },
	} {
		if _, err := Stream(w.Local, "table", h, set); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	if _, err := Stream(w.Local, "nothing", h); !errors.Is(err, ErrInvalid) {
		t.Errorf("a table that does not exist: %v", err)
	}
	wh := func(context.Context, windowEvent) (r windowResponse, err error) { return r, nil }
	if _, err := Window(w.Local, "table", wh, func(o *StreamOptions) { o.ParallelizationFactor = 2 }); !errors.Is(err, ErrInvalid) {
		t.Errorf("a window with parallel calls: %v", err)
	}
}

func TestDroppedTableEndsRun(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	c := &calls{}
	m, err := Stream(w.Local, "table", c.handle)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	go func() { ended <- m.Run(ctx) }()
	if _, err := w.db.DeleteTable(t.Context(), &dynamodb.DeleteTableInput{TableName: aws.String("table")}); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("Run went on without a table, or was ended by its context")
	}
}

func FuzzPosition(f *testing.F) {
	f.Add("")
	f.Add("100000000000000000001")
	f.Add(`{"after":"1","window":{"start":"2026-01-01T00:00:00Z","state":{"a":"b"}}}`)
	f.Add(`{"after":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePosition(text)
		if err != nil || p.Window == nil {
			return
		}
		b, err := json.Marshal(p)
		if err != nil {
			return // a year that RFC 3339 cannot write
		}
		again, err := parsePosition(string(b))
		if err != nil || !cmp.Equal(p, again) {
			t.Errorf("%+v is read again as %+v, %v", p, again, err)
		}
	})
}
