package askaround

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

// maxBuried is the longest body that every SQS queue takes, with room for attributes.
const maxBuried = 250 << 10

// bury puts what can never be processed into a dead-letter queue. Its attributes say why
// ("Reason") and where it came from ("SourceMessageId" or "SourceSequenceNumber").
func (w *Worker) bury(ctx context.Context, queue, body, reason, kind, id string) error {
	body = truncate(body, maxBuried)
	if body == "" {
		body = "{}" // SQS takes no empty body
	}
	attributes := map[string]sqstypes.MessageAttributeValue{
		"Reason": {DataType: aws.String("String"), StringValue: aws.String(plain(reason))},
	}
	if id != "" {
		attributes["Source"+kind] = sqstypes.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(plain(id))}
	}
	_, err := w.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String(plain(body)), MessageAttributes: attributes})
	if err != nil {
		return fmt.Errorf("askaround: send to the dead-letter queue: %w", err)
	}
	return nil
}

// plain replaces what SQS does not take in a text: it allows #x9, #xA, #xD, #x20 to
// #xD7FF, #xE000 to #xFFFD, #x10000 to #x10FFFF.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return r
		case r < ' ' || r == 0xFFFE || r == 0xFFFF:
			return '\uFFFD'
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// buryRecord buries a stream record that cannot be read.
func (w *Worker) buryRecord(ctx context.Context, queue string, rec events.DynamoDBEventRecord, reason string) error {
	w.options.Logger.ErrorContext(ctx, "stream record moved to the dead-letter queue",
		"source", rec.EventSourceArn, "sequence_number", rec.Change.SequenceNumber, "reason", reason)
	return w.bury(ctx, queue, recordJSON(rec), reason, "SequenceNumber", rec.Change.SequenceNumber)
}

// recordJSON returns the record as Lambda sends it, or as much of it as can be written.
func recordJSON(rec events.DynamoDBEventRecord) (body string) {
	defer func() {
		if recover() != nil { // a value that was never set panics on the way to JSON
			body = fmt.Sprintf(`{"eventID":%q}`, plain(rec.EventID))
		}
	}()
	b, err := json.Marshal(rec)
	if err != nil || len(b) > maxBuried {
		rec.Change.NewImage, rec.Change.OldImage = nil, nil
		if b, err = json.Marshal(rec); err != nil {
			return fmt.Sprintf(`{"eventID":%q}`, plain(rec.EventID))
		}
	}
	return string(b)
}
