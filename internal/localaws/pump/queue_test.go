package pump

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func (w *world) send(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := w.sqs.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &w.url, MessageBody: &body}); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) sendGroup(t *testing.T, url, group string, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		if _, err := w.sqs.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageGroupId: &group}); err != nil {
			t.Fatal(err)
		}
	}
}

func bodies(e events.SQSEvent) (all []string) {
	for _, m := range e.Records {
		all = append(all, m.Body)
	}
	return all
}

// start runs m in the background of a synctest bubble.
func start(t *testing.T, m *Mapping) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.Run(ctx) }()
	synctest.Wait()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func TestQueueBatchWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		w.visibility(t, "60")
		begin := time.Now()
		var calls []string
		m, err := Queue(w.Local, w.url, func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			calls = append(calls, fmt.Sprint(time.Since(begin).Round(10*time.Millisecond), bodies(e)))
			return events.SQSEventResponse{}, nil
		}, func(o *QueueOptions) { o.BatchSize, o.BatchWindow, o.Timeout = 12, 5*time.Second, 10*time.Second })
		if err != nil {
			t.Fatal(err)
		}
		stop := start(t, m)
		for _, body := range []string{"a", "b", "c"} {
			w.send(t, body)
			time.Sleep(time.Second)
		}
		time.Sleep(5 * time.Second) // now it is 8 s
		w.send(t, numbers(0, 12)...)
		synctest.Wait()
		stop()
		want := []string{"5s [a b c]", fmt.Sprint("8s ", numbers(0, 12))}
		if diff := cmp.Diff(want, calls); diff != "" {
			t.Errorf("a batch waits for its window, and a full one does not (-want +got):\n%s", diff)
		}
		if !m.Idle() {
			t.Error("not idle")
		}
	})
}

func (w *world) visibility(t *testing.T, seconds string) {
	t.Helper()
	if _, err := w.sqs.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: &w.url,
		Attributes: map[string]string{"VisibilityTimeout": seconds}}); err != nil {
		t.Fatal(err)
	}
}

func TestQueueFinishesTheCallInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, "")
		defer w.Close()
		called, release := make(chan struct{}), make(chan struct{})
		m, err := Queue(w.Local, w.url, func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
			close(called)
			<-release
			return events.SQSEventResponse{}, ctx.Err() // must not be cancelled
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- m.Run(ctx) }()
		w.send(t, "a")
		<-called
		cancel()
		synctest.Wait()
		select {
		case <-ended:
			t.Fatal("Run ended before its handler")
		default:
		}
		close(release)
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if !m.Idle() {
			t.Error("the message is still there")
		}
	})
}

// What fails comes back after the visibility timeout, not before, and at last goes to
// the dead-letter queue.
func TestQueueFailures(t *testing.T) {
	for name, fail := range map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		"an error": func(context.Context, events.SQSEvent) (r events.SQSEventResponse, err error) {
			return r, errors.New("no")
		},
		"a panic":                        func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) { panic("no") },
		"an identifier that is empty":    func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) { return failures(""), nil },
		"an identifier that is no one's": func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) { return failures("x"), nil },
		"a call longer than its timeout": func(ctx context.Context, _ events.SQSEvent) (r events.SQSEventResponse, err error) {
			<-ctx.Done()
			return r, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, "")
				defer w.Close()
				w.visibility(t, "30")
				begin := time.Now()
				var at []time.Duration
				m, err := Queue(w.Local, w.url, func(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
					at = append(at, time.Since(begin).Round(time.Second))
					return fail(ctx, e)
				}, func(o *QueueOptions) { o.Timeout = 2 * time.Second })
				if err != nil {
					t.Fatal(err)
				}
				w.send(t, "poison")
				stop := start(t, m)
				time.Sleep(2 * time.Minute)
				stop()
				if diff := cmp.Diff([]time.Duration{0, 30 * time.Second}, at); diff != "" {
					t.Errorf("maxReceiveCount is 2 (-want +got):\n%s", diff)
				}
				if visible, _, _, err := w.SQS().Depth(w.dead); err != nil || visible != 1 {
					t.Errorf("%d dead letters, %v, want 1", visible, err)
				}
				if got := m.Stats(); got != (Stats{Batches: 2, Failures: 2}) {
					t.Errorf("%+v", got)
				}
			})
		})
	}
}

func failures(ids ...string) (r events.SQSEventResponse) {
	for _, id := range ids {
		r.BatchItemFailures = append(r.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: id})
	}
	return r
}

// The event is what Lambda sends ("Using Lambda with Amazon SQS", example event).
func TestQueueEvent(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	got := make(chan events.SQSMessage, 1)
	m, err := Queue(w.Local, w.url, func(_ context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
		got <- e.Records[0]
		return events.SQSEventResponse{}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	during(t, m, func() {
		out, err := w.sqs.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: &w.url, MessageBody: new("Test message."),
			MessageAttributes: map[string]types.MessageAttributeValue{"n": {DataType: new("Number"), StringValue: new("7")},
				"b": {DataType: new("Binary"), BinaryValue: []byte{1, 2}}}})
		if err != nil {
			t.Fatal(err)
		}
		message := <-got
		want := events.SQSMessage{MessageId: *out.MessageId, Body: "Test message.", Md5OfBody: "e4e68fb7bd0e697a0ae8f1bb342846b3",
			Md5OfMessageAttributes: *out.MD5OfMessageAttributes, EventSource: "aws:sqs", AWSRegion: "us-east-1",
			EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:queue",
			MessageAttributes: map[string]events.SQSMessageAttribute{
				"n": {DataType: "Number", StringValue: new("7"), StringListValues: []string{}, BinaryListValues: [][]byte{}},
				"b": {DataType: "Binary", BinaryValue: []byte{1, 2}, StringListValues: []string{}, BinaryListValues: [][]byte{}}}}
		if diff := cmp.Diff(want, message, cmpopts.IgnoreFields(message, "ReceiptHandle", "Attributes")); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		for _, name := range []string{"ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp"} {
			if message.Attributes[name] == "" {
				t.Errorf("attribute %s is missing in %v", name, message.Attributes)
			}
		}
	})
}

func TestQueueOptions(t *testing.T) {
	w := open(t, "")
	defer w.Close()
	h := func(context.Context, events.SQSEvent) (r events.SQSEventResponse, err error) { return r, nil }
	for name, set := range map[string]func(*QueueOptions){
		"a batch above 10 without window": func(o *QueueOptions) { o.BatchSize = 11 },
		"a batch above 10,000":            func(o *QueueOptions) { o.BatchSize, o.BatchWindow = 10_001, time.Second },
		"a negative batch":                func(o *QueueOptions) { o.BatchSize = -1 },
		"a window above 5 minutes":        func(o *QueueOptions) { o.BatchWindow = 301 * time.Second },
		"no concurrency":                  func(o *QueueOptions) { o.Concurrency = -1 },
		"a timeout above visibility":      func(o *QueueOptions) { o.Timeout = 2 * time.Second },
		"eleven filters":                  func(o *QueueOptions) { o.Filters = slices.Repeat([]string{`{"body":["a"]}`}, 11) },
		"a filter that is no JSON":        func(o *QueueOptions) { o.Filters = []string{"body"} },
	} {
		if _, err := Queue(w.Local, w.url, h, set); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v, want ErrInvalid", name, err)
		}
	}
	if _, err := Queue(w.Local, w.url+"x", h); !errors.Is(err, ErrInvalid) {
		t.Errorf("a queue that does not exist: %v", err)
	}
}

func TestFittingKeepsEventsBelowTheLimit(t *testing.T) {
	large := events.SQSMessage{Body: string(make([]byte, 1<<20))}
	messages := make([]events.SQSMessage, 10)
	for i := range messages {
		messages[i] = large
	}
	if n := fitting(messages); n != 6 {
		t.Errorf("%d messages of 1 MiB in an event of 6 MiB", n)
	}
	if n := fitting([]events.SQSMessage{{Body: string(make([]byte, 7<<20))}}); n != 1 {
		t.Errorf("%d, one message is always an event", n)
	}
}
