package rules

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/iotauth/gateway/rules/iotsql"
)

// sqsAction sends the payload to a queue.
type sqsAction struct {
	client SQS
	queue  *iotsql.Template
	base64 bool
}

// fifo is how the names of queues end that the action has not.
const fifo = ".fifo"

var (
	errFIFO    = fmt.Errorf("%w: a FIFO queue, as on AWS", ErrUnsupported)
	errNoText  = errors.New("the outgoing payload is no UTF-8: set useBase64")
	errNothing = errors.New("the outgoing payload is empty, which a queue does not take")
)

func (e *Engine) newSQS(body json.RawMessage, f *fields) (action, error) {
	var j struct {
		RoleARN   string `json:"roleArn"`
		QueueURL  string `json:"queueUrl"`
		UseBase64 bool   `json:"useBase64"`
	}
	if err := decodeStrictly(body, &j); err != nil {
		return nil, err
	}
	if e.options.SQS == nil {
		return nil, fmt.Errorf("%w: this engine has no client of SQS", ErrUnsupported)
	}
	f.role(j.RoleARN)
	a := &sqsAction{e.options.SQS, f.template("queueUrl", j.QueueURL, true), j.UseBase64}
	if text, ok := literalOf(a.queue); ok && strings.HasSuffix(text, fifo) {
		return nil, errFIFO
	}
	return a, nil
}

func (a *sqsAction) kind() string { return "SqsAction" }

func (a *sqsAction) do(ctx context.Context, _ *Engine, out *outgoing) (queue string, err error) {
	if queue, err = out.expand("queueUrl", a.queue); err != nil {
		return "", err
	}
	body := string(out.payload)
	switch {
	case strings.HasSuffix(queue, fifo):
		return queue, errFIFO
	case body == "":
		return queue, errNothing
	case a.base64:
		body = base64.StdEncoding.EncodeToString(out.payload)
	case !utf8.ValidString(body):
		return queue, errNoText
	}
	_, err = a.client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queue), MessageBody: aws.String(body)})
	return queue, err
}
