package sqs

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
)

// createFIFO makes a FIFO queue with content-based deduplication, and what else is asked.
func createFIFO(t testing.TB, c *client.Client, name string, attributes map[string]string) string {
	t.Helper()
	all := map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"}
	maps.Copy(all, attributes)
	return createQueue(t, c, name, all)
}

// sendTo sends bodies to a group.
func sendTo(t testing.TB, c *client.Client, url, group string, bodies ...string) (last *client.SendMessageOutput) {
	t.Helper()
	for _, body := range bodies {
		out, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: &body, MessageGroupId: &group})
		if err != nil {
			t.Fatal(err)
		}
		last = out
	}
	return last
}

func remove(t testing.TB, c *client.Client, url string, m types.Message) {
	t.Helper()
	if _, err := c.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
}

func wantBodies(t testing.TB, why string, got []types.Message, want ...string) {
	t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), bodies(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", why, diff)
	}
}

func TestGroupIsHeldWhileAMessageIsInFlight(t *testing.T) {
	_, c, clock := newTest(t)
	url := createFIFO(t, c, "q.fifo", nil)
	sendTo(t, c, url, "a", "a1", "a2", "a3")
	one := func() types.Message {
		t.Helper()
		out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
		if err != nil || len(out.Messages) != 1 {
			t.Fatalf("%v, %v", out, err)
		}
		return out.Messages[0]
	}
	first := one()
	sendTo(t, c, url, "b", "b1")
	wantBodies(t, "another group is free", receive(t, c, url), "b1")
	wantBodies(t, "both groups are held", receive(t, c, url))
	clock.Advance(30 * time.Second)
	again := one()
	if *again.Body != "a1" || again.Attributes["ApproximateReceiveCount"] != "2" {
		t.Errorf("after the visibility timeout: %s, %v", *again.Body, again.Attributes)
	}
	if _, err := c.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first.ReceiptHandle}); errorCode(err) != "InvalidParameterValue" {
		t.Errorf("deleted by the handle of an earlier receiving: %v", err)
	}
	remove(t, c, url, again)
	wantBodies(t, "deletion frees the group, and a call takes several of a group in order", receive(t, c, url), "a2", "a3", "b1")
}

// Of several messages in flight the last one that comes back opens the group.
func TestGroupOpensWithItsLastMessageInFlight(t *testing.T) {
	_, c, clock := newTest(t)
	url := createFIFO(t, c, "q.fifo", nil)
	sendTo(t, c, url, "a", "a1", "a2")
	got := receive(t, c, url)
	sendTo(t, c, url, "a", "a3")
	if _, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: got[0].ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
	wantBodies(t, "a2 is in flight", receive(t, c, url))
	clock.Advance(30 * time.Second)
	wantBodies(t, "in the order of sending", receive(t, c, url), "a1", "a2", "a3")
}

// As many as possible of one group, so that other receivers find the other groups (DG,
// "FIFO queue delivery logic"); then the group whose first has waited longest.
func TestCallTakesOneGroupFirst(t *testing.T) {
	_, c, clock := newTest(t)
	url := createFIFO(t, c, "q.fifo", nil)
	for _, body := range []string{"a1", "b1", "a2", "c1", "b2", "a3"} {
		sendTo(t, c, url, body[:1], body)
		clock.Advance(time.Millisecond)
	}
	take := func(most int32) []types.Message {
		t.Helper()
		out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: most})
		if err != nil {
			t.Fatal(err)
		}
		return out.Messages
	}
	wantBodies(t, "one group while it lasts", take(2), "a1", "a2")
	wantBodies(t, "the group that has waited longest, then the next", take(10), "b1", "b2", "c1")
}

func TestDeduplication(t *testing.T) {
	for _, tt := range []struct {
		name             string
		attributes       map[string]string
		firstGroup       string
		firstID          *string
		secondID         *string
		secondBody       string
		after            time.Duration
		deleted, restart bool
		duplicate        bool
	}{
		{name: "the same id", firstID: aws.String("1"), secondID: aws.String("1"), secondBody: "other", duplicate: true},
		{name: "another id", firstID: aws.String("1"), secondID: aws.String("2"), secondBody: "body"},
		{name: "the same body", secondBody: "body", duplicate: true},
		{name: "another body", secondBody: "other"},
		{name: "the id that a body makes", secondBody: "other", secondID: aws.String("230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"), duplicate: true},
		{name: "at the end of five minutes", secondBody: "body", after: 5*time.Minute - time.Millisecond, duplicate: true},
		{name: "after five minutes", secondBody: "body", after: 5 * time.Minute},
		{name: "after the message is deleted", secondBody: "body", deleted: true, duplicate: true},
		{name: "after a restart", secondBody: "body", deleted: true, restart: true, duplicate: true},
		{name: "in another group, of the queue", firstGroup: "h", secondBody: "body", duplicate: true},
		{name: "in another group, by group", firstGroup: "h", secondBody: "body", attributes: map[string]string{"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}},
		{name: "in the same group, by group", secondBody: "body", attributes: map[string]string{"DeduplicationScope": "messageGroup"}, duplicate: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, clock := t.TempDir(), newClock()
			e, log := openEngine(t, dir, withClock(clock))
			c := newClient(e)
			url := createFIFO(t, c, "q.fifo", tt.attributes)
			group := "g"
			if tt.firstGroup != "" {
				group = tt.firstGroup
			}
			first, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("body"), MessageGroupId: &group, MessageDeduplicationId: tt.firstID})
			if err != nil {
				t.Fatal(err)
			}
			if tt.deleted {
				remove(t, c, url, receiveOne(t, c, url))
			}
			if tt.restart {
				log.Close()
				e, _ = openEngine(t, dir, withClock(clock))
				c = newClient(e)
			}
			clock.Advance(tt.after)
			second, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: &tt.secondBody, MessageGroupId: aws.String("g"), MessageDeduplicationId: tt.secondID})
			if err != nil {
				t.Fatal(err)
			}
			same := *first.MessageId == *second.MessageId && *first.SequenceNumber == *second.SequenceNumber
			if same != tt.duplicate {
				t.Errorf("%s %s, then %s %s; want a duplicate: %v", *first.MessageId, *first.SequenceNumber, *second.MessageId, *second.SequenceNumber, tt.duplicate)
			}
			if *second.MD5OfMessageBody != md5Hex(tt.secondBody) {
				t.Error("the checksum is not of the body sent")
			}
			want := 2
			if tt.duplicate {
				want--
			}
			if tt.deleted {
				want--
			}
			if got := receive(t, c, url); len(got) != want {
				t.Errorf("%d messages, want %d", len(got), want)
			}
		})
	}
}

func TestFIFOMessageComesBackWhole(t *testing.T) {
	_, c, _ := newTest(t)
	url := createFIFO(t, c, "q.fifo", nil)
	sent := sendTo(t, c, url, "g", "0")
	later := sendTo(t, c, url, "g", "body")
	if len(*sent.SequenceNumber) != 20 || *sent.SequenceNumber >= *later.SequenceNumber {
		t.Errorf("sequence numbers %s, %s; want 20 digits, rising", *sent.SequenceNumber, *later.SequenceNumber)
	}
	got := receive(t, c, url)[1]
	want := map[string]string{"ApproximateFirstReceiveTimestamp": "1700000000000", "ApproximateReceiveCount": "1", "SenderId": "000000000000", "SentTimestamp": "1700000000000",
		"MessageGroupId": "g", "MessageDeduplicationId": "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5", "SequenceNumber": *later.SequenceNumber}
	if diff := cmp.Diff(want, got.Attributes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	all, err := c.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}, all.Attributes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFIFOErrors(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q.fifo", map[string]string{"FifoQueue": "true"})
	standard := createQueue(t, c, "standard", nil)
	s := aws.String
	for _, tt := range []struct {
		name  string
		in    client.SendMessageInput
		code  string
		words string
	}{
		{"no group", client.SendMessageInput{MessageDeduplicationId: s("1")}, "MissingParameter", "The request must contain the parameter MessageGroupId."},
		{"neither id nor content-based", client.SendMessageInput{MessageGroupId: s("g")}, "InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"},
		{"a delay of its own", client.SendMessageInput{MessageGroupId: s("g"), MessageDeduplicationId: s("1"), DelaySeconds: 1}, "InvalidParameterValue", "Value 1 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type."},
		{"a group with a space", client.SendMessageInput{MessageGroupId: s("a b"), MessageDeduplicationId: s("1")}, "InvalidParameterValue", "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length"},
		{"an id too long", client.SendMessageInput{MessageGroupId: s("g"), MessageDeduplicationId: s(strings.Repeat("x", 129))}, "InvalidParameterValue", "MessageDeduplicationId can only include alphanumeric and punctuation characters. 1 to 128 in length"},
		{"an id in a standard queue", client.SendMessageInput{QueueUrl: &standard, MessageDeduplicationId: s("1")}, "InvalidParameterValue", "Value 1 for parameter MessageDeduplicationId is invalid. Reason: The request include parameter that is not valid for this queue type."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.in.MessageBody = s("body")
			if tt.in.QueueUrl == nil {
				tt.in.QueueUrl = &url
			}
			_, err := c.SendMessage(t.Context(), &tt.in)
			if errorCode(err) != tt.code || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("%v, want %s: %s", err, tt.code, tt.words)
			}
		})
	}
	for _, tt := range []struct{ name, queue, dead string }{
		{"a FIFO queue wants a FIFO dead-letter queue", url, "standard"}, {"a standard queue wants a standard one", standard, "q.fifo"},
	} {
		_, err := c.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &tt.queue, Attributes: redrivePolicy(tt.dead, 1)})
		if errorCode(err) != "InvalidParameterValue" || !strings.Contains(err.Error(), "same type") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// A delay of the queue holds for what is there already; a standard queue's does not.
func TestFIFODelayIsRetroactive(t *testing.T) {
	e, c, clock := newTest(t)
	url := createFIFO(t, c, "q.fifo", map[string]string{"DelaySeconds": "60"})
	delay := func(seconds string) {
		t.Helper()
		if _, err := c.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{"DelaySeconds": seconds}}); err != nil {
			t.Fatal(err)
		}
	}
	sendTo(t, c, url, "g", "m")
	if got := depth(t, e, url); got != [3]int{0, 0, 1} {
		t.Errorf("sent: %v", got)
	}
	clock.Advance(10 * time.Second)
	for _, step := range []struct {
		seconds string
		want    [3]int
	}{{"10", [3]int{1, 0, 0}}, {"11", [3]int{0, 0, 1}}, {"0", [3]int{1, 0, 0}}} {
		if delay(step.seconds); depth(t, e, url) != step.want {
			t.Errorf("%s s: %v, want %v", step.seconds, depth(t, e, url), step.want)
		}
	}
	receiveOne(t, c, url)
	if delay("900"); depth(t, e, url) != [3]int{0, 1, 0} {
		t.Errorf("in flight: %v", depth(t, e, url))
	}
}

func TestFIFORedrive(t *testing.T) {
	e, c, clock := newTest(t)
	dead := createFIFO(t, c, "dead.fifo", map[string]string{"MessageRetentionPeriod": "120"})
	url := createFIFO(t, c, "q.fifo", redrivePolicy("dead.fifo", 1))
	sendTo(t, c, url, "g", "poison")
	first := receiveOne(t, c, url)
	sendTo(t, c, url, "g", "good")
	clock.Advance(30 * time.Second)
	wantBodies(t, "the group goes on without the dead letter", receive(t, c, url), "good")
	got := receiveOne(t, c, dead)
	for name, want := range map[string]string{
		"MessageDeduplicationId": *first.MessageId, "MessageGroupId": "g", "DeadLetterQueueSourceArn": e.arn("q.fifo"),
		"SentTimestamp": "1700000030000", // the time of the move
	} {
		if got.Attributes[name] != want {
			t.Errorf("%s %s, want %s", name, got.Attributes[name], want)
		}
	}
	if *got.MessageId != *first.MessageId {
		t.Error("another message id")
	}
	clock.Advance(119 * time.Second)
	if d := depth(t, e, dead); d[0]+d[1] != 1 {
		t.Errorf("retention counts from the move: %v", d)
	}
}

func TestReceiveRequestAttempt(t *testing.T) {
	for _, tt := range []struct {
		name string
		// between the two calls
		between func(t *testing.T, c *client.Client, clock *clock, url string, got []types.Message)
		same    bool
		restart bool
	}{
		{"at once", nil, true, false},
		{"before the visibility timeout ends", func(_ *testing.T, _ *client.Client, clock *clock, _ string, _ []types.Message) {
			clock.Advance(29 * time.Second)
		}, true, false},
		{"after a restart", nil, true, true},
		{"after the visibility timeout", func(_ *testing.T, _ *client.Client, clock *clock, _ string, _ []types.Message) {
			clock.Advance(30 * time.Second)
		}, false, false},
		{"after a message is deleted", func(t *testing.T, c *client.Client, _ *clock, url string, got []types.Message) {
			remove(t, c, url, got[0])
		}, false, false},
		{"after its visibility has changed", func(t *testing.T, c *client.Client, _ *clock, url string, got []types.Message) {
			if _, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: got[1].ReceiptHandle, VisibilityTimeout: 90}); err != nil {
				t.Fatal(err)
			}
		}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir, clock := t.TempDir(), newClock()
			e, log := openEngine(t, dir, withClock(clock))
			c := newClient(e)
			url := createFIFO(t, c, "q.fifo", nil)
			sendTo(t, c, url, "g", "1", "2")
			attempt := func() []types.Message {
				t.Helper()
				out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: 10, ReceiveRequestAttemptId: aws.String("try")})
				if err != nil {
					t.Fatal(err)
				}
				return out.Messages
			}
			got := attempt()
			if tt.between != nil {
				tt.between(t, c, clock, url, got)
			}
			if tt.restart {
				log.Close()
				e, _ = openEngine(t, dir, withClock(clock))
				c = newClient(e)
			}
			again := attempt()
			if same := cmp.Equal(got, again, ignoreResult); same != tt.same {
				t.Errorf("%q, then %q; want the same: %v", bodies(got), bodies(again), tt.same)
			}
			if tt.same { // the visibility timeout begins anew
				clock.Advance(29 * time.Second)
				if d := depth(t, e, url); d != [3]int{0, 2, 0} {
					t.Errorf("depth %v", d)
				}
			}
		})
	}
}

func TestAttemptIsForgottenAfterFiveMinutes(t *testing.T) {
	_, c, clock := newTest(t)
	url := createFIFO(t, c, "q.fifo", map[string]string{"VisibilityTimeout": "600"})
	sendTo(t, c, url, "g", "1")
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 1}, {4 * time.Minute, 1}, {time.Minute, 0}} {
		clock.Advance(tt.after)
		out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, ReceiveRequestAttemptId: aws.String("try")})
		if err != nil || len(out.Messages) != tt.want {
			t.Errorf("after %v more: %v, %v; want %d messages", tt.after, out, err, tt.want)
		}
	}
}

// A standard queue tells a short poll that too many are in flight; a long poll and a
// FIFO queue wait in silence. None of them gets a message.
func TestInFlightLimit(t *testing.T) {
	for _, tt := range []struct {
		name, queue string
		wait        int32
		code        string
	}{{"standard", "q", 0, "OverLimit"}, {"standard, long poll", "q", 1, ""}, {"FIFO", "q.fifo", 0, ""}} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
				var url string
				if isFIFO(tt.queue) {
					url = createFIFO(t, c, tt.queue, nil)
				} else {
					url = createQueue(t, c, tt.queue, nil)
				}
				e.limit = 20
				fill(t, e, url, 21)
				if got, err := e.Receive(t.Context(), url, 21, 0); err != nil || len(got) != 20 {
					t.Fatalf("%d messages, %v", len(got), err)
				}
				out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, WaitTimeSeconds: tt.wait})
				if errorCode(err) != tt.code || out != nil && len(out.Messages) > 0 {
					t.Errorf("%v, %v; want %q", out, err, tt.code)
				}
			})
		})
	}
}

// fill sends messages, each of a group of its own, in one operation.
func fill(t testing.TB, e *Engine, url string, n int) {
	t.Helper()
	err := e.do(t.Context(), func(tx *tx) error {
		q, err := tx.queue(url)
		for i := range n {
			c := &content{body: fmt.Sprint(i), dedup: "", group: fmt.Sprint(i)}
			tx.store(q, c, nil)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A receiver that waits gets the next of a group at the moment the group is free.
func TestWaitingReceiverGetsTheNextOfAGroup(t *testing.T) {
	for _, tt := range []struct {
		name string
		free func(t *testing.T, c *client.Client, url string, m types.Message)
		want time.Duration
		body string
	}{
		{"by deletion", func(t *testing.T, c *client.Client, url string, m types.Message) { remove(t, c, url, m) }, 0, "2"},
		{"by batch deletion", func(t *testing.T, c *client.Client, url string, m types.Message) {
			if _, err := c.DeleteMessageBatch(t.Context(), &client.DeleteMessageBatchInput{QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{{Id: aws.String("1"), ReceiptHandle: m.ReceiptHandle}}}); err != nil {
				t.Error(err)
			}
		}, 0, "2"},
		{"by the visibility timeout", func(*testing.T, *client.Client, string, types.Message) {}, 30 * time.Second, "1"},
		{"by the end of retention", func(t *testing.T, c *client.Client, url string, m types.Message) {
			if _, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: 3600}); err != nil {
				t.Error(err)
			}
		}, 50 * time.Second, "2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, e *Engine, c *client.Client) {
				url := createFIFO(t, c, "q.fifo", map[string]string{"MessageRetentionPeriod": "60"})
				sendTo(t, c, url, "g", "1")
				time.Sleep(10 * time.Second)
				first := receiveOne(t, c, url)
				sendTo(t, c, url, "g", "2")
				start := time.Now()
				go func() {
					synctest.Wait()
					tt.free(t, c, url, first)
				}()
				got, err := e.Receive(t.Context(), url, 1, time.Minute)
				if err != nil || len(got) != 1 || got[0].Body != tt.body || time.Since(start) != tt.want {
					t.Errorf("%v, %v after %v; want %s after %v", got, err, time.Since(start), tt.body, tt.want)
				}
			})
		})
	}
}

// modelled is a message as the naive model of a FIFO queue has it.
type modelled struct {
	group, body string
	until       time.Time // in flight before
	receipt     *string
	deleted     bool
}

// A random run is held to the naive reading of the rules: of a group with nothing in
// flight the first messages come, in order; nobody else's do; and none is left out.
func TestFIFOAgainstANaiveModel(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 2))
	_, c, clock := newTest(t)
	url := createFIFO(t, c, "q.fifo", map[string]string{"VisibilityTimeout": "20"})
	var all []*modelled
	for number := range 1500 {
		switch r.IntN(7) {
		case 0, 1, 2:
			m := &modelled{group: fmt.Sprint(r.IntN(4)), body: fmt.Sprint(number)}
			sendTo(t, c, url, m.group, m.body, m.body) // the second is a duplicate
			all = append(all, m)
		case 3, 4:
			most := 1 + r.IntN(10)
			out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, MaxNumberOfMessages: int32(most)})
			if err != nil {
				t.Fatal(err)
			}
			checkReceived(t, all, out.Messages, most, clock.Now())
		case 5:
			if m := inFlightOf(all, r, clock.Now()); m != nil {
				remove(t, c, url, types.Message{ReceiptHandle: m.receipt})
				m.deleted = true
			}
		case 6:
			clock.Advance(time.Duration(r.IntN(15)) * time.Second)
		}
		if t.Failed() {
			t.Fatalf("at step %d", number)
		}
	}
}

func checkReceived(t *testing.T, all []*modelled, got []types.Message, most int, now time.Time) {
	t.Helper()
	open := map[string][]*modelled{}
	for _, m := range all {
		if !m.deleted {
			open[m.group] = append(open[m.group], m)
		}
	}
	left := 0
	for group, messages := range open {
		if slices.ContainsFunc(messages, func(m *modelled) bool { return now.Before(m.until) }) {
			delete(open, group)
			continue
		}
		left += len(messages)
	}
	if want := min(most, left); len(got) != want {
		t.Errorf("%d messages, want %d", len(got), want)
	}
	for _, m := range got {
		group := ""
		for name, messages := range open {
			if len(messages) > 0 && messages[0].body == *m.Body {
				group = name
			}
		}
		if group == "" {
			t.Errorf("%s is not the first of a free group", *m.Body)
			continue
		}
		first := open[group][0]
		first.until, first.receipt = now.Add(20*time.Second), m.ReceiptHandle
		open[group] = open[group][1:]
	}
}

func inFlightOf(all []*modelled, r *rand.Rand, now time.Time) *modelled {
	var some []*modelled
	for _, m := range all {
		if !m.deleted && now.Before(m.until) {
			some = append(some, m)
		}
	}
	if len(some) == 0 {
		return nil
	}
	return some[r.IntN(len(some))]
}
