package sqs

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ignoreResult = cmpopts.IgnoreUnexported(types.Message{}, types.MessageAttributeValue{})

func TestMessageComesBackWhole(t *testing.T) {
	_, c, clock := newTest(t)
	url := createQueue(t, c, "q", nil)
	attributes := map[string]types.MessageAttributeValue{
		"text":   {DataType: aws.String("String"), StringValue: aws.String("grüße")},
		"number": {DataType: aws.String("Number.int"), StringValue: aws.String("-12.5")},
		"bytes":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 1, 0xff}},
	}
	sent, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("hello <&> \u2028 🌍"),
		MessageAttributes: attributes, MessageGroupId: aws.String("g"),
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1")}}})
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(1500 * time.Millisecond)
	got := receiveOne(t, c, url)
	want := types.Message{
		Body: aws.String("hello <&> \u2028 🌍"), MD5OfBody: sent.MD5OfMessageBody, MD5OfMessageAttributes: sent.MD5OfMessageAttributes,
		MessageAttributes: attributes, MessageId: sent.MessageId, ReceiptHandle: got.ReceiptHandle,
		Attributes: map[string]string{"AWSTraceHeader": "Root=1", "ApproximateFirstReceiveTimestamp": "1700000001500", "ApproximateReceiveCount": "1",
			"MessageGroupId": "g", "SenderId": "000000000000", "SentTimestamp": "1700000000000"},
	}
	if diff := cmp.Diff(want, got, ignoreResult); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The digests are those of moto 5.2.1 for the same attributes.
func TestAttributesMD5(t *testing.T) {
	for _, tt := range []struct {
		name       string
		attributes map[string]attribute
		want       string
	}{
		{"none has none", nil, ""},
		{"one attribute", map[string]attribute{"AWSTraceHeader": {dataType: "String", value: "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"}}, "5ae4d5d7636402d80f4eb6d213245a88"},
		{"names are sorted, types are part", map[string]attribute{
			"b": {dataType: "Number", value: "1"}, "a": {dataType: "Binary.png", value: "\x00\x01", binary: true}, "c": {dataType: "String", value: "é"}}, "ba5746ae9047bda2999dad1b76271f2a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := attributesMD5(tt.attributes); got != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestChosenAttributes(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", nil)
	value := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("v")}
	if _, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("b"),
		MessageAttributes: map[string]types.MessageAttributeValue{"geo.lat": value, "geo.lng": value, "kind": value}}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		names []string
		want  []string
	}{
		{"none unless asked for", nil, nil},
		{"by name", []string{"kind", "unknown"}, []string{"kind"}},
		{"by prefix", []string{"geo.*"}, []string{"geo.lat", "geo.lng"}},
		{"all", []string{"All"}, []string{"geo.lat", "geo.lng", "kind"}},
		{"all, as a prefix", []string{".*"}, []string{"geo.lat", "geo.lng", "kind"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url, VisibilityTimeout: 1,
				MessageAttributeNames: tt.names, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SentTimestamp"}})
			if err != nil || len(out.Messages) != 1 {
				t.Fatalf("%v, %v", out, err)
			}
			m := out.Messages[0]
			chosen := map[string]attribute{}
			for _, name := range tt.want {
				chosen[name] = attribute{dataType: "String", value: "v"}
			}
			if aws.ToString(m.MD5OfMessageAttributes) != attributesMD5(chosen) || len(m.MessageAttributes) != len(tt.want) {
				t.Errorf("%v with MD5 %s, want %v", m.MessageAttributes, aws.ToString(m.MD5OfMessageAttributes), tt.want)
			}
			if !cmp.Equal(m.Attributes, map[string]string{"SentTimestamp": "1700000000000"}) {
				t.Errorf("system attributes %v", m.Attributes)
			}
			if _, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: m.ReceiptHandle}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The largest message, at exactly 1 MiB with its attributes, passes; a byte more fails.
func TestSizeLimit(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", nil)
	for _, tt := range []struct {
		name string
		size int
		ok   bool
	}{{"1 MiB with attributes", maxMessageSize, true}, {"a byte more", maxMessageSize + 1, false}} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String(strings.Repeat("\n", tt.size-len("nStringv"))),
				MessageAttributes: map[string]types.MessageAttributeValue{"n": {DataType: aws.String("String"), StringValue: aws.String("v")}}})
			if (err == nil) != tt.ok {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestVisibility(t *testing.T) {
	e, c, clock := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"VisibilityTimeout": "10"})
	send(t, c, url, "m")
	first := receiveOne(t, c, url)
	clock.Advance(10*time.Second - time.Millisecond)
	if got := receive(t, c, url); len(got) != 0 {
		t.Fatalf("visible before its time: %q", bodies(got))
	}
	clock.Advance(time.Millisecond)
	second := receiveOne(t, c, url)
	if second.Attributes["ApproximateReceiveCount"] != "2" || second.Attributes["ApproximateFirstReceiveTimestamp"] != first.Attributes["ApproximateFirstReceiveTimestamp"] {
		t.Errorf("second receiving: %v", second.Attributes)
	}
	if *first.ReceiptHandle == *second.ReceiptHandle {
		t.Error("both receivings have one handle")
	}
	change := func(seconds int32) error {
		_, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: second.ReceiptHandle, VisibilityTimeout: seconds})
		return err
	}
	if err := change(20); err != nil {
		t.Fatal(err)
	}
	clock.Advance(19 * time.Second)
	if got := depth(t, e, url); got != [3]int{0, 1, 0} {
		t.Errorf("after 19 of 20 s: %v", got)
	}
	if err := change(43_200); err == nil {
		t.Error("hidden for 12 hours and 19 seconds in all")
	}
	if err := change(0); err != nil || depth(t, e, url) != [3]int{1, 0, 0} {
		t.Errorf("made visible: %v, %v", err, depth(t, e, url))
	}
	// AWS deletes by an earlier handle too, and says nothing when it is gone.
	for range 2 {
		if _, err := c.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: first.ReceiptHandle}); err != nil {
			t.Error(err)
		}
	}
	if got := depth(t, e, url); got != [3]int{} {
		t.Errorf("after deletion: %v", got)
	}
}

func TestDelay(t *testing.T) {
	e, c, clock := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"DelaySeconds": "60"})
	if _, err := c.SendMessage(t.Context(), &client.SendMessageInput{QueueUrl: &url, MessageBody: aws.String("own"), DelaySeconds: 5}); err != nil {
		t.Fatal(err)
	}
	send(t, c, url, "queue's")
	if got := depth(t, e, url); got != [3]int{0, 0, 2} {
		t.Errorf("at first: %v", got)
	}
	clock.Advance(5 * time.Second)
	if got := bodies(receive(t, c, url)); !cmp.Equal(got, []string{"own"}) {
		t.Errorf("after 5 s: %q", got)
	}
	clock.Advance(55 * time.Second)
	if got := bodies(receive(t, c, url)); !cmp.Equal(got, []string{"own", "queue's"}) {
		t.Errorf("after 60 s: %q", got)
	}
}

func TestRetention(t *testing.T) {
	e, c, clock := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"MessageRetentionPeriod": "60", "VisibilityTimeout": "3600"})
	send(t, c, url, "old and in flight", "old")
	clock.Advance(30 * time.Second)
	receive(t, c, url)
	send(t, c, url, "young")
	clock.Advance(30 * time.Second)
	if got := depth(t, e, url); got != [3]int{1, 0, 0} {
		t.Errorf("after 60 s: %v", got)
	}
	if got := bodies(receive(t, c, url)); !cmp.Equal(got, []string{"young"}) {
		t.Errorf("after 60 s: %q", got)
	}
}

// A message that fails does not stand before those that have not had their turn.
func TestFailedMessageQueuesUpBehindOthers(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", nil)
	send(t, c, url, "poison", "good")
	var order []string
	for range 3 {
		out, err := c.ReceiveMessage(t.Context(), &client.ReceiveMessageInput{QueueUrl: &url})
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, bodies(out.Messages)...)
		if _, err := c.ChangeMessageVisibility(t.Context(), &client.ChangeMessageVisibilityInput{QueueUrl: &url, ReceiptHandle: out.Messages[0].ReceiptHandle}); err != nil {
			t.Fatal(err)
		}
	}
	if !cmp.Equal(order, []string{"poison", "good", "poison"}) {
		t.Errorf("received %q", order)
	}
}

func redrivePolicy(target string, most int) map[string]string {
	return map[string]string{"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:%s","maxReceiveCount":%d}`, target, most)}
}

func TestRedrive(t *testing.T) {
	e, c, clock := newTest(t)
	dead := createQueue(t, c, "dead", nil)
	url := createQueue(t, c, "q", redrivePolicy("dead", 2))
	send(t, c, url, "poison")
	var id string
	for range 2 {
		id = *receiveOne(t, c, url).MessageId
		clock.Advance(30 * time.Second)
	}
	if got := receive(t, c, url); len(got) != 0 {
		t.Fatalf("received a third time: %q", bodies(got))
	}
	got := receiveOne(t, c, dead)
	if *got.MessageId != id || got.Attributes["DeadLetterQueueSourceArn"] != e.arn("q") ||
		got.Attributes["SentTimestamp"] != "1700000000000" || got.Attributes["ApproximateReceiveCount"] != "3" {
		t.Errorf("dead letter %s: %v", *got.MessageId, got.Attributes)
	}
	sources, err := c.ListDeadLetterSourceQueues(t.Context(), &client.ListDeadLetterSourceQueuesInput{QueueUrl: &dead})
	if err != nil || !cmp.Equal(sources.QueueUrls, []string{url}) {
		t.Errorf("sources %v, %v", sources, err)
	}
	if _, err := c.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: &dead}); err != nil {
		t.Fatal(err)
	}
	send(t, c, url, "survivor")
	for range 3 {
		receiveOne(t, c, url)
		clock.Advance(30 * time.Second)
	}
}

// Two queues that are each other's dead-letter queue must not toss a message for ever.
func TestRedriveInACircle(t *testing.T) {
	_, c, clock := newTest(t)
	a := createQueue(t, c, "a", nil)
	b := createQueue(t, c, "b", redrivePolicy("a", 1))
	if _, err := c.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &a, Attributes: redrivePolicy("b", 1)}); err != nil {
		t.Fatal(err)
	}
	send(t, c, a, "m")
	for _, turn := range []struct {
		url  string
		want int
	}{{a, 1}, {a, 0}, {b, 1}, {b, 0}, {a, 1}} {
		if got := receive(t, c, turn.url); len(got) != turn.want {
			t.Fatalf("%s: %d messages, want %d", turn.url, len(got), turn.want)
		}
		clock.Advance(30 * time.Second)
	}
}

func TestRedriveAllowPolicy(t *testing.T) {
	_, c, _ := newTest(t)
	for _, tt := range []struct {
		name, policy string
		ok           bool
	}{
		{"everybody may", `{"redrivePermission":"allowAll"}`, true},
		{"nobody may", `{"redrivePermission":"denyAll"}`, false},
		{"this queue may", `{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:q"]}`, true},
		{"another may", `{"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:000000000000:r"]}`, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dead := createQueue(t, c, "dead", map[string]string{"RedriveAllowPolicy": tt.policy})
			_, err := c.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: aws.String("q"), Attributes: redrivePolicy("dead", 1)})
			if (err == nil) != tt.ok {
				t.Error(err)
			}
			for _, url := range []string{dead, strings.Replace(dead, "dead", "q", 1)} {
				_, err := c.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: &url})
				var gone *types.QueueDoesNotExist
				if err != nil && !errors.As(err, &gone) {
					t.Fatal(err)
				}
			}
		})
	}
}

func TestBatches(t *testing.T) {
	e, c, _ := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"MaximumMessageSize": "1024"})
	s := aws.String
	sent, err := c.SendMessageBatch(t.Context(), &client.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: s("good"), MessageBody: s("a"), MessageAttributes: map[string]types.MessageAttributeValue{"n": {DataType: s("Number"), StringValue: s("1")}}},
		{Id: s("too-late"), MessageBody: s("b"), DelaySeconds: 901},
		{Id: s("too-long"), MessageBody: s(strings.Repeat("x", 1025))},
		{Id: s("later"), MessageBody: s("c"), DelaySeconds: 900},
	}})
	if err != nil {
		t.Fatal(err)
	}
	outcome := map[string]string{}
	for _, x := range sent.Successful {
		outcome[*x.Id] = "sent"
	}
	for _, x := range sent.Failed {
		outcome[*x.Id] = *x.Code
	}
	want := map[string]string{"good": "sent", "too-late": "InvalidParameterValue", "too-long": "InvalidParameterValue", "later": "sent"}
	if diff := cmp.Diff(want, outcome); diff != "" || depth(t, e, url) != [3]int{1, 0, 1} {
		t.Errorf("%v (-want +got):\n%s", depth(t, e, url), diff)
	}
	m := receiveOne(t, c, url)
	if aws.ToString(m.MD5OfMessageAttributes) != *sent.Successful[0].MD5OfMessageAttributes {
		t.Error("attributes of a batch are lost")
	}
	changed, err := c.ChangeMessageVisibilityBatch(t.Context(), &client.ChangeMessageVisibilityBatchInput{QueueUrl: &url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
		{Id: s("1"), ReceiptHandle: m.ReceiptHandle}, {Id: s("2"), ReceiptHandle: s("nonsense")}}})
	if err != nil || len(changed.Successful) != 1 || len(changed.Failed) != 1 || *changed.Failed[0].Code != "ReceiptHandleIsInvalid" {
		t.Errorf("%+v, %v", changed, err)
	}
	deleted, err := c.DeleteMessageBatch(t.Context(), &client.DeleteMessageBatchInput{QueueUrl: &url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: s("1"), ReceiptHandle: m.ReceiptHandle}, {Id: s("2"), ReceiptHandle: s("nonsense")}}})
	if err != nil || len(deleted.Successful) != 1 || len(deleted.Failed) != 1 || depth(t, e, url) != [3]int{0, 0, 1} {
		t.Errorf("%+v, %v, %v", deleted, err, depth(t, e, url))
	}
}
