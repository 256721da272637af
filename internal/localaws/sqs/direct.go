package sqs

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Receive takes up to max messages (at least 1) as an event source mapping hands them to
// a function, with all attributes, hidden for the queue's visibility timeout. It waits
// for the first no longer than wait; none is no error. Messages that were taken when ctx
// ended are returned.
//
// Errors: [ErrQueueDoesNotExist], [ErrClosed], that of ctx, a failed journal.
func (e *Engine) Receive(ctx context.Context, queueURL string, max int, wait time.Duration) ([]events.SQSMessage, error) {
	if max < 1 {
		return nil, outOfRange(max, "MaxNumberOfMessages", "Must be at least 1")
	}
	q, got, err := e.receive(ctx, request{queueURL: queueURL, max: max, wait: &wait})
	if err != nil {
		return nil, err
	}
	messages := make([]events.SQSMessage, 0, len(got))
	for _, d := range got {
		messages = append(messages, e.event(q.Name, d))
	}
	return messages, nil
}

func (e *Engine) event(queue string, d delivery) events.SQSMessage {
	m := events.SQSMessage{MessageId: d.id, ReceiptHandle: d.handle, Body: d.body, Md5OfBody: d.md5,
		Md5OfMessageAttributes: attributesMD5(d.attributes), Attributes: d.system(),
		MessageAttributes: map[string]events.SQSMessageAttribute{}, EventSource: "aws:sqs",
		EventSourceARN: e.arn(queue), AWSRegion: e.options.Region}
	for name, a := range d.attributes {
		value := events.SQSMessageAttribute{DataType: a.dataType, StringListValues: []string{}, BinaryListValues: [][]byte{}}
		if a.binary {
			value.BinaryValue = []byte(a.value)
		} else {
			value.StringValue = &a.value
		}
		m.MessageAttributes[name] = value
	}
	return m
}

// Delete deletes messages by their receipt handles, in one operation. Those that are
// gone already are fine; a handle that is none of the queue's is an error, after which
// the others are deleted all the same.
func (e *Engine) Delete(ctx context.Context, queueURL string, receiptHandles ...string) error {
	return e.do(ctx, func(t *tx) error {
		q, err := t.queue(queueURL)
		if err != nil {
			return err
		}
		for _, receipt := range receiptHandles {
			err = errors.Join(err, t.acknowledge(q, receipt))
		}
		t.dispatch(q)
		return err
	})
}

// ChangeVisibility makes a message in flight visible after d from now, 0 for at once,
// 12 hours at most. d is rounded up to seconds.
func (e *Engine) ChangeVisibility(ctx context.Context, queueURL string, receiptHandle string, d time.Duration) error {
	seconds := int((d + time.Second - 1) / time.Second)
	_, err := e.changeMessageVisibility(ctx, receiptInput{queueURL, receiptHandle, &seconds})
	return err
}

// Depth counts a queue's messages: ready to be received, received and neither deleted
// nor visible again, and not yet visible for the first time.
func (e *Engine) Depth(queueURL string) (visible, inFlightCount, delayedCount int, err error) {
	t := e.begin()
	defer t.end()
	q, err := t.queue(queueURL)
	if err != nil {
		return 0, 0, 0, err
	}
	return q.count[ready], q.count[inFlight], q.count[delayed], nil
}

// VisibilityTimeout returns a queue's visibility timeout, 0 when there is no such queue.
func (e *Engine) VisibilityTimeout(queueURL string) time.Duration {
	t := e.begin()
	defer t.end()
	q, err := t.queue(queueURL)
	if err != nil {
		return 0
	}
	return q.settings.visibility
}

// Release makes a queue's messages in flight visible at once, for a process that starts
// again where every receiver ended with the one before: they need not wait for the
// visibility timeout.
func (e *Engine) Release(ctx context.Context, queueURL string) error {
	return e.do(ctx, func(t *tx) error {
		q, err := t.queue(queueURL)
		if err != nil {
			return err
		}
		for _, m := range slices.Clone(q.hidden.items) {
			if m.state == inFlight {
				q.displace(m)
				t.hide(q, m, 0)
			}
		}
		t.dispatch(q)
		return nil
	})
}
