package sqs

import (
	"context"
	"errors"
	"fmt"
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
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
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
}

func newPeer(address string) *peer {
	return &peer{client.New(client.Options{Region: "us-east-1", BaseEndpoint: &address, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")}), map[string]string{}}
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
		attributes := map[string]string{}
		if r.IntN(4) == 0 {
			attributes["VisibilityTimeout"] = []string{"30", "600"}[r.IntN(2)] // moto does not validate
		}
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

// A random sequence of requests has the same outcome here and in moto.
func TestAgreesWithMoto(t *testing.T) {
	t.Parallel() // it waits for another program
	moto := newPeer(startMoto(t))
	e, _ := openEngine(t, "")
	server := httptest.NewServer(e)
	defer server.Close()
	ours := newPeer(server.URL)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	steps := 300
	if testing.Short() {
		steps = 50
	}
	var trace []string
	// moto says NonExistentQueue of a missing dead-letter target, AWS InvalidParameterValue.
	createQueue(t, ours.Client, "dead", nil)
	createQueue(t, moto.Client, "dead", nil)
	for number := range steps {
		s := randomStep(r, number)
		trace = append(trace, s.name)
		got, gotErr := s.do(t.Context(), ours)
		want, wantErr := s.do(t.Context(), moto)
		if diff := cmp.Diff([]any{want, errorCode(wantErr)}, []any{got, errorCode(gotErr)}); diff != "" {
			t.Fatalf("%s\n(-moto +here):\n%s\nours: %v\nmoto: %v", strings.Join(trace, "\n"), diff, gotErr, wantErr)
		}
	}
}
