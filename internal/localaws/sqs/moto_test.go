package sqs

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	client "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/foreign"
)

// startMoto runs moto_server until the test ends, and returns its address.
func startMoto(t *testing.T) string {
	t.Helper()
	program := foreign.Need(t, "moto_server")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	cmd := exec.CommandContext(ctx, program, "-H", "127.0.0.1", "-p", fmt.Sprint(port))
	cmd.Env = append(os.Environ(), "MOTO_ACCOUNT_ID=000000000000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		cmd.Wait() // "signal: killed"
	})
	address := fmt.Sprintf("http://127.0.0.1:%d", port)
	eventually(t, "moto_server answers", func() bool {
		response, err := http.Get(address + "/moto-api/data.json")
		if err == nil {
			response.Body.Close()
		}
		return err == nil
	})
	return address
}

// peer is one of two servers that are asked the same. Each has its own receipts.
type peer struct {
	*client.Client
	receipts map[string]string // by body
	full     bool              // a call got as many as it can
}

func newPeer(t testing.TB, address string) *peer {
	t.Helper()
	connections := &http.Client{Transport: foreign.Transport(t, &http.Transport{MaxIdleConnsPerHost: 100})}
	return &peer{Client: client.New(client.Options{Region: "us-east-1", BaseEndpoint: &address, Retryer: aws.NopRetryer{},
		HTTPClient: connections, Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}), receipts: map[string]string{}}
}

// step is one request, and what is comparable of its answer.
type step struct {
	name string
	do   func(ctx context.Context, p *peer) (any, error)
}

func queueURL(name string) *string { return aws.String("http://localhost/000000000000/" + name) }

// randomStep draws a request. Times are "now" or "in ten minutes", so that the real
// clock does not matter.
func randomStep(r *rand.Rand, number int) step {
	name := []string{"a", "b", "dead"}[r.IntN(3)]
	url, body := queueURL(name), fmt.Sprint("message ", number)
	some := fmt.Sprint("message ", r.IntN(number+1))
	soon := int32(r.IntN(2) * 600)
	switch kind := r.IntN(13); kind {
	case 0:
		attributes := map[string]string{"VisibilityTimeout": []string{"3600", "3600", "3600", "600"}[r.IntN(4)]} // longer than the test
		return step{fmt.Sprint("CreateQueue ", name, attributes), func(ctx context.Context, p *peer) (any, error) {
			_, err := p.CreateQueue(ctx, &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
			return nil, err
		}}
	case 1, 2, 3:
		value := types.MessageAttributeValue{DataType: aws.String("Number"), StringValue: aws.String(fmt.Sprint(number))}
		return step{fmt.Sprint("SendMessage ", name, soon), func(ctx context.Context, p *peer) (any, error) {
			out, err := p.SendMessage(ctx, &client.SendMessageInput{QueueUrl: url, MessageBody: &body, DelaySeconds: soon,
				MessageAttributes: map[string]types.MessageAttributeValue{"n": value}})
			if err != nil {
				return nil, err
			}
			return []string{*out.MD5OfMessageBody, *out.MD5OfMessageAttributes}, nil
		}}
	case 4:
		return step{"SendMessageBatch " + name, func(ctx context.Context, p *peer) (any, error) {
			out, err := p.SendMessageBatch(ctx, &client.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
				{Id: aws.String("1"), MessageBody: aws.String(body + " of a batch")}, {Id: aws.String("2"), MessageBody: &body, DelaySeconds: soon}}})
			if err != nil {
				return nil, err
			}
			return len(out.Successful), nil
		}}
	case 5, 6, 7:
		return step{fmt.Sprint("ReceiveMessage ", name, soon), func(ctx context.Context, p *peer) (any, error) { return p.receive(ctx, url, soon) }}
	case 8:
		return step{"DeleteMessage " + some, func(ctx context.Context, p *peer) (any, error) {
			_, err := p.DeleteMessage(ctx, &client.DeleteMessageInput{QueueUrl: url, ReceiptHandle: p.receipt(name, some)})
			return nil, err
		}}
	case 9:
		return step{"ChangeMessageVisibility " + some, func(ctx context.Context, p *peer) (any, error) {
			if p.receipts[name+some] == "" {
				return nil, nil // for a handle that is none moto and AWS differ in the code
			}
			_, err := p.ChangeMessageVisibility(ctx, &client.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: p.receipt(name, some), VisibilityTimeout: soon})
			if soon == 0 {
				delete(p.receipts, name+some) // no longer in flight: they differ again
			}
			if code := errorCode(err); code == "ReceiptHandleIsInvalid" || code == "InvalidParameterValue" {
				return "gone", nil // deleted, or among the dead letters: the first is moto's code, the second AWS's
			}
			return nil, err
		}}
	case 10:
		return step{"SetQueueAttributes " + name, func(ctx context.Context, p *peer) (any, error) {
			_, err := p.SetQueueAttributes(ctx, &client.SetQueueAttributesInput{QueueUrl: queueURL("a"), Attributes: redrivePolicy("dead", 2)})
			return nil, err
		}}
	case 11:
		tag := fmt.Sprint("t", r.IntN(3))
		return step{"TagQueue " + name + tag, func(ctx context.Context, p *peer) (any, error) {
			if _, err := p.TagQueue(ctx, &client.TagQueueInput{QueueUrl: url, Tags: map[string]string{tag: body}}); err != nil {
				return nil, err
			}
			out, err := p.ListQueueTags(ctx, &client.ListQueueTagsInput{QueueUrl: url})
			if err != nil {
				return nil, err
			}
			return out.Tags, nil
		}}
	default:
		return step{"GetQueueAttributes " + name, func(ctx context.Context, p *peer) (any, error) {
			out, err := p.GetQueueAttributes(ctx, &client.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{
				"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
				"VisibilityTimeout", "QueueArn", "DelaySeconds", "MessageRetentionPeriod", "ReceiveMessageWaitTimeSeconds"}})
			if err != nil {
				return nil, err
			}
			return out.Attributes, nil
		}}
	}
}

func (p *peer) receipt(queue, body string) *string {
	if receipt := p.receipts[queue+body]; receipt != "" {
		return &receipt
	}
	return aws.String("nonsense")
}

func (p *peer) receive(ctx context.Context, url *string, visibility int32) (any, error) {
	out, err := p.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: visibility,
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	if err != nil {
		return nil, err
	}
	if p.full = len(out.Messages) == 10; p.full {
		return "ten of perhaps more: which ones is not promised", nil
	}
	got := []string{}
	queue := (*url)[strings.LastIndex(*url, "/")+1:]
	for _, m := range out.Messages {
		p.receipts[queue+*m.Body] = *m.ReceiptHandle
		got = append(got, fmt.Sprint(*m.Body, *m.MD5OfBody, aws.ToString(m.MD5OfMessageAttributes), m.Attributes["ApproximateReceiveCount"]))
	}
	slices.Sort(got)
	return got, nil
}

func errorCode(err error) string {
	var api smithy.APIError
	if err == nil {
		return ""
	}
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return err.Error()
}

// Where moto and AWS disagree the steps keep away, and tests of our own decide. The
// documents are the SQS Developer Guide (DG) and the API reference (API), 2026:
//
//   - A missing dead-letter target: moto says NonExistentQueue, AWS InvalidParameterValue.
//   - The visibility of a message that is gone: moto says ReceiptHandleIsInvalid, AWS
//     InvalidParameterValue, since the handle is a good one (API, ChangeMessageVisibility).
//   - A message not in flight: moto changes its visibility, AWS says MessageNotInflight
//     (API, ChangeMessageVisibility).
//   - Values of attributes: moto does not hold most to their ranges (API, SetQueueAttributes).
//   - More than ten messages that can be received: which ones come is not promised, so the
//     queues begin anew.
//   - A deduplication id whose message is deleted: forgotten by moto, kept by AWS for the
//     five minutes (DG, "Amazon SQS FIFO queue key terms").
//   - DeduplicationScope messageGroup: moto looks at the whole queue (API, CreateQueue).
//   - A deduplication id in a FIFO dead-letter queue: kept by moto, so that a move can lose
//     a message; replaced by the message id on AWS (DG, "Learn how to configure a
//     dead-letter queue redrive").
//   - A duplicate: moto makes up a MessageId, and a random SequenceNumber for every
//     message that has an id of its own (API, SendMessage: it rises).
//   - An expired receipt handle of a FIFO queue: accepted by moto (DG, "Amazon SQS
//     visibility timeout").
//   - Several groups in one call: moto mixes them in the order of sending, AWS takes as
//     many as it can of one group (DG, "FIFO queue delivery logic").
//   - ReceiveRequestAttemptId, OverLimit, the delay of messages that are there already, and
//     PurgeQueueInProgress: not in moto.
//   - StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask: not in moto
//     (agreeOnRefusals says when they are).

// randomSteps is how many requests a differential test makes.
func randomSteps() int {
	switch {
	case slow():
		return 1500
	case testing.Short():
		return 50
	}
	return 60
}

// pair is an engine and moto, asked the same.
type pair struct {
	ours, moto *peer
	trace      []string
}

func newPair(t *testing.T, moto string) *pair {
	t.Helper()
	e, _ := openEngine(t, "")
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return &pair{ours: newPeer(t, server.URL), moto: newPeer(t, moto)}
}

// try asks both and fails unless they answer the same.
func (p *pair) try(t *testing.T, s step) {
	t.Helper()
	p.trace = append(p.trace, s.name)
	got, gotErr := s.do(t.Context(), p.ours)
	want, wantErr := s.do(t.Context(), p.moto)
	if diff := cmp.Diff([]any{want, errorCode(wantErr)}, []any{got, errorCode(gotErr)}); diff != "" {
		t.Fatalf("%s\n(-moto +here):\n%s\nours: %v\nmoto: %v", strings.Join(p.trace, "\n"), diff, gotErr, wantErr)
	}
}

// The same requests have the same outcome here and in moto.
func TestAgreesWithMoto(t *testing.T) {
	t.Parallel() // it waits for another program
	moto := startMoto(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	t.Run("standard queues", func(t *testing.T) { agreeOnStandard(t, newPair(t, moto), r) })
	t.Run("FIFO queues", func(t *testing.T) { agreeOnFIFO(t, newPair(t, moto), r) })
	t.Run("refusals", func(t *testing.T) { agreeOnRefusals(t, newPair(t, moto)) })
}

func agreeOnStandard(t *testing.T, p *pair, r *rand.Rand) {
	p.try(t, begin)
	for number := range randomSteps() {
		if p.try(t, randomStep(r, number)); p.ours.full {
			p.try(t, begin)
		}
	}
}

// begin makes the queues anew.
var begin = step{"begin anew", func(ctx context.Context, p *peer) (any, error) {
	for _, name := range []string{"a", "b", "dead"} {
		var gone *types.QueueDoesNotExist
		if _, err := p.DeleteQueue(ctx, &client.DeleteQueueInput{QueueUrl: queueURL(name)}); err != nil && !errors.As(err, &gone) {
			return nil, err
		}
	}
	clear(p.receipts)
	p.full = false
	_, err := p.CreateQueue(ctx, &client.CreateQueueInput{QueueName: aws.String("dead"), Attributes: map[string]string{"VisibilityTimeout": "3600"}})
	return nil, err
}}

// fifoSteps draws requests to a FIFO queue and its dead-letter queue. It keeps to at most
// ten messages, so that one call can take all of them whatever the order of groups.
type fifoSteps struct {
	r      *rand.Rand
	number int
	alive  map[string]bool // bodies
	flying map[string]string
}

func (f *fifoSteps) next() step {
	f.number++
	queue := []string{"q.fifo", "q.fifo", "dead.fifo"}[f.r.IntN(3)]
	switch kind := f.r.IntN(10); {
	case kind < 4 && len(f.alive) < 9:
		return f.send(queue)
	case kind < 7:
		return f.receive(queue)
	case kind < 8 && len(f.flying) > 0:
		return f.delete()
	case kind < 9 && len(f.flying) > 0:
		return f.change()
	}
	return step{"GetQueueAttributes " + queue, func(ctx context.Context, p *peer) (any, error) {
		out, err := p.GetQueueAttributes(ctx, &client.GetQueueAttributesInput{QueueUrl: queueURL(queue), AttributeNames: []types.QueueAttributeName{
			"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "FifoQueue", "ContentBasedDeduplication"}})
		if err != nil {
			return nil, err
		}
		return out.Attributes, nil
	}}
}

// send sends a message twice: by its body, or with an id, or in a batch.
func (f *fifoSteps) send(queue string) step {
	body, group := fmt.Sprint("message ", f.number), fmt.Sprint("g", f.r.IntN(3))
	f.alive[body] = true
	var id *string
	if f.r.IntN(2) == 0 {
		id = aws.String(fmt.Sprint("id", f.number))
	}
	inBatch := f.r.IntN(3) == 0
	return step{fmt.Sprint("SendMessage ", queue, " ", group, " ", body, " batch ", inBatch), func(ctx context.Context, p *peer) (any, error) {
		for range 2 {
			_, err := p.SendMessage(ctx, &client.SendMessageInput{QueueUrl: queueURL(queue), MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: id})
			if err != nil {
				return nil, err
			}
		}
		if !inBatch {
			return nil, nil
		}
		out, err := p.SendMessageBatch(ctx, &client.SendMessageBatchInput{QueueUrl: queueURL(queue), Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: id}}})
		if err != nil {
			return nil, err
		}
		return len(out.Successful), nil
	}}
}

// receive takes all that can be received. The answer is, by group, what came in order.
func (f *fifoSteps) receive(queue string) step {
	return step{"ReceiveMessage " + queue, func(ctx context.Context, p *peer) (any, error) {
		out, err := p.ReceiveMessage(ctx, &client.ReceiveMessageInput{QueueUrl: queueURL(queue), MaxNumberOfMessages: 10, VisibilityTimeout: 600,
			MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
		if err != nil {
			return nil, err
		}
		groups := map[string][]string{}
		for _, m := range out.Messages {
			p.receipts[*m.Body] = *m.ReceiptHandle
			f.flying[*m.Body] = queue // the same for both, as is seen below
			group := m.Attributes["MessageGroupId"]
			groups[group] = append(groups[group], *m.Body+" "+m.Attributes["ApproximateReceiveCount"])
		}
		return groups, nil
	}}
}

// some draws a message in flight and says that it is no longer.
func (f *fifoSteps) some() (body, queue string) {
	bodies := slices.Sorted(maps.Keys(f.flying))
	body = bodies[f.r.IntN(len(bodies))]
	queue = f.flying[body]
	delete(f.flying, body)
	return body, queue
}

func (f *fifoSteps) delete() step {
	body, queue := f.some()
	delete(f.alive, body)
	return step{"DeleteMessage " + queue + " " + body, func(ctx context.Context, p *peer) (any, error) {
		_, err := p.DeleteMessage(ctx, &client.DeleteMessageInput{QueueUrl: queueURL(queue), ReceiptHandle: aws.String(p.receipts[body])})
		return nil, err
	}}
}

func (f *fifoSteps) change() step {
	body, queue := f.some()
	return step{"ChangeMessageVisibility " + queue + " " + body, func(ctx context.Context, p *peer) (any, error) {
		_, err := p.ChangeMessageVisibility(ctx, &client.ChangeMessageVisibilityInput{QueueUrl: queueURL(queue), ReceiptHandle: aws.String(p.receipts[body])})
		return nil, err
	}}
}

// agreeOnFIFO is about groups, their locks, duplicates and dead letters.
func agreeOnFIFO(t *testing.T, p *pair, r *rand.Rand) {
	f := &fifoSteps{r: r, alive: map[string]bool{}, flying: map[string]string{}}
	for _, c := range []*client.Client{p.ours.Client, p.moto.Client} {
		createFIFO(t, c, "dead.fifo", nil)
		createFIFO(t, c, "q.fifo", redrivePolicy("dead.fifo", 2))
	}
	for range randomSteps() {
		p.try(t, f.next())
	}
}

// agreeOnRefusals compares their codes.
func agreeOnRefusals(t *testing.T, p *pair) {
	for _, c := range []*client.Client{p.ours.Client, p.moto.Client} {
		createQueue(t, c, "r.fifo", map[string]string{"FifoQueue": "true"})
		createQueue(t, c, "q", nil)
	}
	s := aws.String
	send := func(in client.SendMessageInput) func(context.Context, *peer) error {
		return func(ctx context.Context, p *peer) error {
			_, err := p.SendMessage(ctx, &in)
			return err
		}
	}
	create := func(name string, attributes map[string]string) func(context.Context, *peer) error {
		return func(ctx context.Context, p *peer) error {
			_, err := p.CreateQueue(ctx, &client.CreateQueueInput{QueueName: &name, Attributes: attributes})
			return err
		}
	}
	permit := func(actions ...string) func(context.Context, *peer) error {
		return func(ctx context.Context, p *peer) error {
			_, err := p.AddPermission(ctx, &client.AddPermissionInput{QueueUrl: queueURL("q"), Label: s("l"), AWSAccountIds: []string{"111122223333"}, Actions: actions})
			return err
		}
	}
	for _, tt := range []struct {
		name string
		do   func(context.Context, *peer) error
	}{
		{"no group", send(client.SendMessageInput{QueueUrl: queueURL("r.fifo"), MessageBody: s("b"), MessageDeduplicationId: s("1")})},
		{"no deduplication id", send(client.SendMessageInput{QueueUrl: queueURL("r.fifo"), MessageBody: s("b"), MessageGroupId: s("g")})},
		{"a delay of its own", send(client.SendMessageInput{QueueUrl: queueURL("r.fifo"), MessageBody: s("b"), MessageGroupId: s("g"), MessageDeduplicationId: s("1"), DelaySeconds: 1})},
		{"no queue", send(client.SendMessageInput{QueueUrl: queueURL("none"), MessageBody: s("b")})},
		{"FIFO without suffix", create("r", map[string]string{"FifoQueue": "true"})},
		{"another attribute", create("q", map[string]string{"VisibilityTimeout": "31"})},
		{"a permission", permit("SendMessage")},
		{"a permission twice", permit("SendMessage")},
		{"too many actions", permit("*", "*", "*", "*", "*", "*", "*", "*")},
		{"an action of the owner", permit("DeleteQueue")},
		{"a label that is not there", func(ctx context.Context, p *peer) error {
			_, err := p.RemovePermission(ctx, &client.RemovePermissionInput{QueueUrl: queueURL("q"), Label: s("x")})
			return err
		}},
		{"an empty batch", func(ctx context.Context, p *peer) error {
			_, err := p.SendMessageBatch(ctx, &client.SendMessageBatchInput{QueueUrl: queueURL("q"), Entries: []types.SendMessageBatchRequestEntry{}})
			return err
		}},
		{"ids that are the same", func(ctx context.Context, p *peer) error {
			_, err := p.SendMessageBatch(ctx, &client.SendMessageBatchInput{QueueUrl: queueURL("q"), Entries: []types.SendMessageBatchRequestEntry{
				{Id: s("1"), MessageBody: s("a")}, {Id: s("1"), MessageBody: s("b")}}})
			return err
		}},
	} {
		p.try(t, step{tt.name, func(ctx context.Context, p *peer) (any, error) { return nil, tt.do(ctx, p) }})
	}
	if _, err := p.moto.StartMessageMoveTask(t.Context(), &client.StartMessageMoveTaskInput{SourceArn: s(arnOf + "q")}); err == nil || errorCode(err) == "InvalidParameterValue" {
		t.Errorf("moto has move tasks now (%v): compare them", err)
	}
}
