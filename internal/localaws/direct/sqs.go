package direct

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/schemas"
	"github.com/aws/smithy-go/transport/http/protocol/awsjson"

	"github.com/askaround/askaround-go/internal/localaws"
	engine "github.com/askaround/askaround-go/internal/localaws/sqs"
)

// SQS has the operations of *sqs.Client that askaround uses, and is safe for concurrent use.
// Their documentation is there.
type SQS struct {
	service service
	engine  *engine.Engine
}

// NewSQS returns a client of local's SQS.
func NewSQS(local *localaws.Local) *SQS {
	return &SQS{engine: local.SQS(), service: service{
		name:     sqs.ServiceID,
		serve:    local.SQS().Call,
		protocol: awsjson.New10(schemas.AmazonSQS),
		errors:   sqs.TypeRegistry,
	}}
}

// The operations, as their schemas have them.
var (
	queueOperation = operations(schemas.AmazonSQS)

	createQueue             = queueOperation(schemas.CreateQueue, schemas.CreateQueueRequest, schemas.CreateQueueResult)
	getQueueUrl             = queueOperation(schemas.GetQueueUrl, schemas.GetQueueUrlRequest, schemas.GetQueueUrlResult)
	getQueueAttributes      = queueOperation(schemas.GetQueueAttributes, schemas.GetQueueAttributesRequest, schemas.GetQueueAttributesResult)
	sendMessage             = queueOperation(schemas.SendMessage, schemas.SendMessageRequest, schemas.SendMessageResult)
	changeMessageVisibility = queueOperation(schemas.ChangeMessageVisibility, schemas.ChangeMessageVisibilityRequest, nil)
)

func (c *SQS) CreateQueue(ctx context.Context, in *sqs.CreateQueueInput, _ ...func(*sqs.Options)) (*sqs.CreateQueueOutput, error) {
	return call[sqs.CreateQueueOutput](ctx, &c.service, createQueue, in)
}

func (c *SQS) GetQueueUrl(ctx context.Context, in *sqs.GetQueueUrlInput, _ ...func(*sqs.Options)) (*sqs.GetQueueUrlOutput, error) {
	return call[sqs.GetQueueUrlOutput](ctx, &c.service, getQueueUrl, in)
}

func (c *SQS) GetQueueAttributes(ctx context.Context, in *sqs.GetQueueAttributesInput, _ ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error) {
	return call[sqs.GetQueueAttributesOutput](ctx, &c.service, getQueueAttributes, in)
}

func (c *SQS) SendMessage(ctx context.Context, in *sqs.SendMessageInput, _ ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	if ctx.Err() != nil || !isPlain(in) {
		return call[sqs.SendMessageOutput](ctx, &c.service, sendMessage, in)
	}
	var message engine.SendInput
	message.QueueURL, message.MessageBody = textOf(in.QueueUrl), in.MessageBody
	message.MessageGroupID, message.MessageDeduplicationID = in.MessageGroupId, in.MessageDeduplicationId
	sent, err := c.engine.SendMessage(ctx, message)
	if err != nil {
		status, header, answer := c.engine.Refusal(ctx, sendMessage.target, err)
		return nil, c.service.fail(sendMessage, c.service.read(ctx, sendMessage, new(sqs.SendMessageOutput), status, header, answer))
	}
	return &sqs.SendMessageOutput{MD5OfMessageBody: &sent.MD5OfBody, MessageId: &sent.MessageID, SequenceNumber: told(sent.SequenceNumber)}, nil
}

func (c *SQS) ChangeMessageVisibility(ctx context.Context, in *sqs.ChangeMessageVisibilityInput, _ ...func(*sqs.Options)) (*sqs.ChangeMessageVisibilityOutput, error) {
	return call[sqs.ChangeMessageVisibilityOutput](ctx, &c.service, changeMessageVisibility, in)
}

// isPlain reports whether a message can be sent without JSON: it has no members that few
// have, and no text that JSON changes.
func isPlain(in *sqs.SendMessageInput) bool {
	return in.DelaySeconds == 0 && in.MessageAttributes == nil && in.MessageSystemAttributes == nil &&
		isText(in.QueueUrl) && isText(in.MessageBody) && isText(in.MessageGroupId) && isText(in.MessageDeduplicationId)
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// told returns nil for what is not told.
func told(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
