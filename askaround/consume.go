package askaround

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// maxRetryDelay bounds the back-off between two attempts at a message.
const maxRetryDelay = time.Minute

// source is where a batch of messages came from.
type source struct{ queue, deadLetters string }

// consume hands each message of a batch to handle, at its own pace: one that fails is
// reported for another attempt, poison is moved away, and neither is in the way of others.
// So many of them as there are workers are in progress at a time.
func (w *Worker) consume(ctx context.Context, src source, workers int, event events.SQSEvent, handle func(context.Context, message) error) events.SQSEventResponse {
	failed := make([]bool, len(event.Records))
	parallel(len(event.Records), workers, func(i int) {
		rec := event.Records[i]
		if err := w.consumeOne(ctx, src, rec, handle); err != nil {
			failed[i] = true
			w.options.Logger.WarnContext(ctx, "message will be tried again", "message_id", rec.MessageId, "receives", receives(rec), "error", err)
			w.delay(ctx, src, rec)
		}
	})
	var response events.SQSEventResponse
	for i, rec := range event.Records {
		if failed[i] {
			response.BatchItemFailures = append(response.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: rec.MessageId})
		}
	}
	return response
}

func (w *Worker) consumeOne(ctx context.Context, src source, rec events.SQSMessage, handle func(context.Context, message) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m, err := decodeMessage(rec.Body, w.options.Clock())
	if err == nil {
		err = handle(ctx, m)
	}
	if reason, ok := asPoison(err); ok {
		w.options.Logger.ErrorContext(ctx, "message moved to the dead-letter queue", "message_id", rec.MessageId, "reason", reason)
		return w.bury(ctx, src.deadLetters, rec.Body, reason, "MessageId", rec.MessageId)
	}
	return err
}

// receives is how often the message was received, this time included.
func receives(rec events.SQSMessage) int {
	n, err := strconv.Atoi(rec.Attributes["ApproximateReceiveCount"])
	if err != nil || n < 1 {
		return 1
	}
	return n
}

// delay makes a failed message visible again after a time that doubles with every attempt,
// instead of after the queue's visibility timeout. Without success the latter holds.
func (w *Worker) delay(ctx context.Context, src source, rec events.SQSMessage) {
	if rec.ReceiptHandle == "" || ctx.Err() != nil {
		return
	}
	seconds := int32(min(time.Second<<min(receives(rec)-1, 10), maxRetryDelay) / time.Second)
	_, err := w.queues.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &src.queue, ReceiptHandle: &rec.ReceiptHandle, VisibilityTimeout: seconds,
	})
	if err != nil {
		w.options.Logger.DebugContext(ctx, "visibility timeout not changed", "message_id", rec.MessageId, "error", err)
	}
}

// parallel calls f for 0 to n-1, up to so many workers at a time, and waits for all.
func parallel(n, workers int, f func(i int)) {
	var next atomic.Int64
	work := func() {
		for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
			f(i)
		}
	}
	var others sync.WaitGroup
	for range min(n, workers) - 1 {
		others.Go(work)
	}
	work()
	others.Wait()
}

// answersSource tells the two queues of answers apart by the name at the end of the
// event source's ARN.
func (w *Worker) answersSource(event events.SQSEvent) (source, error) {
	if len(event.Records) == 0 {
		return source{}, nil
	}
	arn := event.Records[0].EventSourceARN
	name := arn[strings.LastIndexByte(arn, ':')+1:]
	for _, src := range []source{
		{w.resources.StarAnswersQueue, w.resources.StarAnswersDeadLetters},
		{w.resources.GeoAnswersQueue, w.resources.GeoAnswersDeadLetters},
	} {
		if name == src.queue[strings.LastIndexByte(src.queue, '/')+1:] {
			return src, nil
		}
	}
	return source{}, errors.New("askaround: ProcessAnswers is connected to a queue that is none of its Resources: " + arn)
}
