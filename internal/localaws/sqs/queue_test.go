package sqs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
)

func TestCreateQueueIsIdempotent(t *testing.T) {
	_, c, _ := newTest(t)
	first := createQueue(t, c, "q", map[string]string{"VisibilityTimeout": "7"})
	if want := "http://sqs.us-east-1.localhost/000000000000/q"; first != want {
		t.Errorf("URL %s, want %s", first, want)
	}
	for _, tt := range []struct {
		name       string
		attributes map[string]string
		same       bool
	}{
		{"the same value", map[string]string{"VisibilityTimeout": "7"}, true},
		{"attributes not named may be what they are", nil, true},
		{"a default, named", map[string]string{"DelaySeconds": "0"}, true},
		{"another value", map[string]string{"VisibilityTimeout": "8"}, false},
		{"another than the default", map[string]string{"DelaySeconds": "1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out, err := c.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: aws.String("q"), Attributes: tt.attributes})
			var exists *types.QueueNameExists
			if tt.same && (err != nil || *out.QueueUrl != first) {
				t.Errorf("%v, %v; want the queue that exists", out, err)
			} else if !tt.same && !errors.As(err, &exists) {
				t.Errorf("%v, want QueueNameExists", err)
			}
		})
	}
}

func TestQueueAttributes(t *testing.T) {
	_, c, clock := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"DelaySeconds": "5"})
	clock.Advance(100 * time.Second)
	if _, err := c.SetQueueAttributes(t.Context(), &client.SetQueueAttributesInput{QueueUrl: &url,
		Attributes: map[string]string{"VisibilityTimeout": "9", "Policy": `{"Version":"2012-10-17"}`}}); err != nil {
		t.Fatal(err)
	}
	send(t, c, url, "delayed")
	all, err := c.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"All"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"ApproximateNumberOfMessages": "0", "ApproximateNumberOfMessagesDelayed": "1", "ApproximateNumberOfMessagesNotVisible": "0",
		"CreatedTimestamp": "1700000000", "LastModifiedTimestamp": "1700000100", "DelaySeconds": "5", "MaximumMessageSize": "1048576",
		"MessageRetentionPeriod": "345600", "Policy": `{"Version":"2012-10-17"}`, "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
		"ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true", "VisibilityTimeout": "9",
	}
	if diff := cmp.Diff(want, all.Attributes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	some, err := c.GetQueueAttributes(t.Context(), &client.GetQueueAttributesInput{QueueUrl: &url,
		AttributeNames: []types.QueueAttributeName{"VisibilityTimeout", "RedrivePolicy"}})
	if err != nil || !cmp.Equal(some.Attributes, map[string]string{"VisibilityTimeout": "9"}) {
		t.Errorf("%v, %v; want what was asked for and is set", some, err)
	}
}

func TestListQueues(t *testing.T) {
	_, c, _ := newTest(t)
	var all []string
	for i := range 5 {
		all = append(all, createQueue(t, c, fmt.Sprintf("a-%d", i), nil))
	}
	createQueue(t, c, "b", nil)
	pages := client.NewListQueuesPaginator(c, &client.ListQueuesInput{QueueNamePrefix: aws.String("a-"), MaxResults: aws.Int32(2)})
	var got []string
	count := 0
	for ; pages.HasMorePages(); count++ {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.QueueUrls...)
	}
	if !cmp.Equal(all, got) || count != 3 {
		t.Errorf("%d pages: %v, want 3 of %v", count, got, all)
	}
}

func TestDeletedQueueIsGoneAndItsNameIsFree(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", nil)
	send(t, c, url, "old")
	if _, err := c.DeleteQueue(t.Context(), &client.DeleteQueueInput{QueueUrl: &url}); err != nil {
		t.Fatal(err)
	}
	_, err := c.GetQueueUrl(t.Context(), &client.GetQueueUrlInput{QueueName: aws.String("q")})
	var gone *types.QueueDoesNotExist
	if !errors.As(err, &gone) {
		t.Errorf("GetQueueUrl: %v", err)
	}
	createQueue(t, c, "q", map[string]string{"DelaySeconds": "0"})
	if got := receive(t, c, url); len(got) > 0 {
		t.Errorf("the new queue has %q of the old one", bodies(got))
	}
}

func TestPurgeQueue(t *testing.T) {
	e, c, clock := newTest(t)
	url := createQueue(t, c, "q", nil)
	send(t, c, url, "ready", "in flight")
	receive(t, c, url)
	purge := func() error {
		_, err := c.PurgeQueue(t.Context(), &client.PurgeQueueInput{QueueUrl: &url})
		return err
	}
	if err := purge(); err != nil || depth(t, e, url) != [3]int{} {
		t.Errorf("purge: %v, left %v", err, depth(t, e, url))
	}
	clock.Advance(59 * time.Second)
	var busy *types.PurgeQueueInProgress
	if err := purge(); !errors.As(err, &busy) {
		t.Errorf("second purge within 60 s: %v", err)
	}
	clock.Advance(time.Second)
	if err := purge(); err != nil {
		t.Errorf("purge after 60 s: %v", err)
	}
}

func TestTags(t *testing.T) {
	_, c, _ := newTest(t)
	out, err := c.CreateQueue(t.Context(), &client.CreateQueueInput{QueueName: aws.String("q"), Tags: map[string]string{"a": "1"}})
	if err != nil {
		t.Fatal(err)
	}
	url := out.QueueUrl
	if _, err := c.TagQueue(t.Context(), &client.TagQueueInput{QueueUrl: url, Tags: map[string]string{"b": "2", "c": ""}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.UntagQueue(t.Context(), &client.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a", "unknown"}}); err != nil {
		t.Fatal(err)
	}
	tags, err := c.ListQueueTags(t.Context(), &client.ListQueueTagsInput{QueueUrl: url})
	if err != nil || !cmp.Equal(tags.Tags, map[string]string{"b": "2", "c": ""}) {
		t.Errorf("%v, %v", tags.Tags, err)
	}
}

// Errors come out as the SDK's own types where it has one, and with AWS's code.
func TestErrors(t *testing.T) {
	_, c, _ := newTest(t)
	url := createQueue(t, c, "q", map[string]string{"MaximumMessageSize": "1024"})
	other := createQueue(t, c, "other", nil)
	send(t, c, url, "in flight", "deleted")
	got := receive(t, c, url)
	flying, deleted := got[0].ReceiptHandle, got[1].ReceiptHandle
	if _, err := c.DeleteMessage(t.Context(), &client.DeleteMessageInput{QueueUrl: &url, ReceiptHandle: deleted}); err != nil {
		t.Fatal(err)
	}
	s, n := aws.String, func(n int32) int32 { return n }
	ctx := t.Context()
	create := func(name string, attributes map[string]string) error {
		_, err := c.CreateQueue(ctx, &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
		return err
	}
	set := func(name, value string) error {
		_, err := c.SetQueueAttributes(ctx, &client.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{name: value}})
		return err
	}
	sendIn := func(in *client.SendMessageInput) error {
		in.QueueUrl = &url
		_, err := c.SendMessage(ctx, in)
		return err
	}
	attribute := func(name, dataType string, v *string) error {
		return sendIn(&client.SendMessageInput{MessageBody: s("b"),
			MessageAttributes: map[string]types.MessageAttributeValue{name: {DataType: &dataType, StringValue: v}}})
	}
	receiveIn := func(in *client.ReceiveMessageInput) error {
		in.QueueUrl = &url
		_, err := c.ReceiveMessage(ctx, in)
		return err
	}
	visibility := func(queue string, receipt *string, seconds int32) error {
		_, err := c.ChangeMessageVisibility(ctx, &client.ChangeMessageVisibilityInput{QueueUrl: &queue, ReceiptHandle: receipt, VisibilityTimeout: seconds})
		return err
	}
	batch := func(ids ...string) error {
		in := &client.SendMessageBatchInput{QueueUrl: &other, Entries: []types.SendMessageBatchRequestEntry{}}
		for _, id := range ids {
			in.Entries = append(in.Entries, types.SendMessageBatchRequestEntry{Id: s(id), MessageBody: s(strings.Repeat("x", 200<<10))})
		}
		_, err := c.SendMessageBatch(ctx, in)
		return err
	}
	for _, tt := range []struct {
		name   string
		err    error
		target any // pointer to a typed error, nil where the SDK has none
		code   string
	}{
		{"unknown queue", receiveErr(c, "http://x/000000000000/none"), new(*types.QueueDoesNotExist), "AWS.SimpleQueueService.NonExistentQueue"},
		{"another account's queue", receiveErr(c, "http://x/111111111111/q"), new(*types.QueueDoesNotExist), "AWS.SimpleQueueService.NonExistentQueue"},
		{"a URL that is no queue's", receiveErr(c, "http://x/q"), new(*types.InvalidAddress), "InvalidAddress"},
		{"a name with a space", create("a b", nil), nil, "InvalidParameterValue"},
		{"a name of 81 characters", create(strings.Repeat("a", 81), nil), nil, "InvalidParameterValue"},
		{"an attribute nobody knows", create("x", map[string]string{"Colour": "1"}), new(*types.InvalidAttributeName), "InvalidAttributeName"},
		{"a number that is none", create("x", map[string]string{"DelaySeconds": "soon"}), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"a delay above 900", set("DelaySeconds", "901"), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"a size above 1 MiB", set("MaximumMessageSize", "1048577"), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"a retention below a minute", set("MessageRetentionPeriod", "59"), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"a policy that is no JSON", set("Policy", "{"), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"a FIFO queue without suffix", create("f", map[string]string{"FifoQueue": "true"}), nil, "InvalidParameterValue"},
		{"a suffix without FIFO queue", create("f.fifo", nil), nil, "InvalidParameterValue"},
		{"FIFO of no truth value", create("f.fifo", map[string]string{"FifoQueue": "yes"}), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"FIFO that is false", create("f", map[string]string{"FifoQueue": "false"}), new(*types.InvalidAttributeName), "InvalidAttributeName"},
		{"deduplication in a standard queue", create("f", map[string]string{"ContentBasedDeduplication": "true"}), new(*types.InvalidAttributeName), "InvalidAttributeName"},
		{"a scope nobody knows", create("f.fifo", map[string]string{"FifoQueue": "true", "DeduplicationScope": "shard"}), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"throughput by group without that scope", create("f.fifo", map[string]string{"FifoQueue": "true", "FifoThroughputLimit": "perMessageGroupId"}), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"a standard queue made FIFO", set("FifoQueue", "true"), new(*types.InvalidAttributeValue), "InvalidAttributeValue"},
		{"an attempt id at a standard queue", receiveIn(&client.ReceiveMessageInput{ReceiveRequestAttemptId: s("a")}), nil, "InvalidParameterValue"},
		{"an attempt id with a space", receiveIn(&client.ReceiveMessageInput{ReceiveRequestAttemptId: s("a b")}), nil, "InvalidParameterValue"},
		{"redrive to nowhere", set("RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:none","maxReceiveCount":1}`), nil, "InvalidParameterValue"},
		{"redrive to itself", set("RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:q","maxReceiveCount":1}`), nil, "InvalidParameterValue"},
		{"redrive without a count", set("RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:other"}`), nil, "InvalidParameterValue"},
		{"redrive with count 0", set("RedrivePolicy", `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:000000000000:other","maxReceiveCount":0}`), nil, "InvalidParameterValue"},
		{"an attribute nobody knows, read", func() error {
			_, err := c.GetQueueAttributes(ctx, &client.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []types.QueueAttributeName{"Colour"}})
			return err
		}(), new(*types.InvalidAttributeName), "InvalidAttributeName"},
		{"an empty body", sendIn(&client.SendMessageInput{MessageBody: s("")}), nil, "MissingParameter"},
		{"a body with a control character", sendIn(&client.SendMessageInput{MessageBody: s("a\x00b")}), new(*types.InvalidMessageContents), "InvalidMessageContents"},
		{"a body above the queue's limit", sendIn(&client.SendMessageInput{MessageBody: s(strings.Repeat("x", 1025))}), nil, "InvalidParameterValue"},
		{"a delay out of range", sendIn(&client.SendMessageInput{MessageBody: s("b"), DelaySeconds: n(901)}), nil, "InvalidParameterValue"},
		{"a FIFO parameter", sendIn(&client.SendMessageInput{MessageBody: s("b"), MessageDeduplicationId: s("1")}), nil, "InvalidParameterValue"},
		{"an attribute called aws.x", attribute("aws.x", "String", s("v")), nil, "InvalidParameterValue"},
		{"an attribute with two periods", attribute("a..b", "String", s("v")), nil, "InvalidParameterValue"},
		{"an attribute without value", attribute("a", "String", nil), nil, "InvalidParameterValue"},
		{"an attribute of no type", attribute("a", "Text", s("v")), nil, "InvalidParameterValue"},
		{"a number that is none, in an attribute", attribute("a", "Number", s("v")), nil, "InvalidParameterValue"},
		{"eleven messages", receiveIn(&client.ReceiveMessageInput{MaxNumberOfMessages: 11}), nil, "InvalidParameterValue"},
		{"a wait above 20 s", receiveIn(&client.ReceiveMessageInput{WaitTimeSeconds: 21}), nil, "InvalidParameterValue"},
		{"a receipt that is none", visibility(url, s("nonsense"), 0), new(*types.ReceiptHandleIsInvalid), "ReceiptHandleIsInvalid"},
		{"a receipt of another queue", visibility(other, flying, 0), new(*types.ReceiptHandleIsInvalid), "ReceiptHandleIsInvalid"},
		{"visibility of a deleted message", visibility(url, deleted, 0), nil, "InvalidParameterValue"},
		{"visibility above 12 hours", visibility(url, flying, 43201), nil, "InvalidParameterValue"},
		{"visibility of a message in the queue", errors.Join(visibility(url, flying, 0), visibility(url, flying, 0)), new(*types.MessageNotInflight), "AWS.SimpleQueueService.MessageNotInflight"},
		{"an empty batch", batch(), new(*types.EmptyBatchRequest), "AWS.SimpleQueueService.EmptyBatchRequest"},
		{"a batch of eleven", batch(strings.Split("a b c d e f g h i j k", " ")...), new(*types.TooManyEntriesInBatchRequest), "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"},
		{"an id twice", batch("a", "a"), new(*types.BatchEntryIdsNotDistinct), "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"},
		{"an id with a space", batch("a b"), new(*types.InvalidBatchEntryId), "AWS.SimpleQueueService.InvalidBatchEntryId"},
		{"a batch above 1 MiB", batch("a", "b", "c", "d", "e", "f"), new(*types.BatchRequestTooLong), "AWS.SimpleQueueService.BatchRequestTooLong"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var api smithy.APIError
			if !errors.As(tt.err, &api) || api.ErrorCode() != tt.code || tt.target == nil && api.ErrorMessage() == "" {
				t.Fatalf("%v, want code %s", tt.err, tt.code)
			}
			if tt.target != nil && !errors.As(tt.err, tt.target) {
				t.Errorf("%v is no %T", tt.err, tt.target)
			}
		})
	}
}

func receiveErr(c *client.Client, url string) error {
	_, err := c.ReceiveMessage(context.Background(), &client.ReceiveMessageInput{QueueUrl: &url})
	return err
}
