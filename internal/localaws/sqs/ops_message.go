package sqs

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// SendInput is the input of [Engine.SendMessage].
type SendInput struct {
	QueueURL string `json:"QueueUrl"`
	newMessage
}

// SendOutput tells of a message that was sent. What is "" is not told.
type SendOutput struct {
	ID              string `json:"Id,omitempty"` // in a batch
	MD5OfAttributes string `json:"MD5OfMessageAttributes,omitempty"`
	MD5OfBody       string `json:"MD5OfMessageBody"`
	MD5OfSystem     string `json:"MD5OfMessageSystemAttributes,omitempty"`
	MessageID       string `json:"MessageId"`
	SequenceNumber  string `json:",omitempty"`
}

// sent is the answer for c, which was stored as o in a queue.
func (q *queue) sent(c *content, o original) SendOutput {
	out := SendOutput{MD5OfAttributes: attributesMD5(c.attributes), MD5OfBody: c.md5, MessageID: o.id}
	if q.fifo != nil {
		out.SequenceNumber = sequenceNumber(o.sequence)
	}
	if c.trace != "" {
		out.MD5OfSystem = attributesMD5(map[string]attribute{"AWSTraceHeader": {dataType: "String", value: c.trace}})
	}
	return out
}

func (e *Engine) sendMessage(ctx context.Context, in SendInput) (any, error) {
	return e.SendMessage(ctx, in)
}

// SendMessage does the operation of this name, for callers in the process that have its
// input without JSON. [Engine.Refusal] says what an error is told as.
func (e *Engine) SendMessage(ctx context.Context, in SendInput) (out SendOutput, err error) {
	c, parseErr := in.parse()
	err = e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		if parseErr != nil {
			return parseErr
		}
		out, err = t.send(q, c, in.DelaySeconds)
		t.dispatch(q)
		return err
	})
	return out, err
}

func (q *queue) checkSize(c *content) error {
	if c.size() > q.settings.maxSize {
		return invalidParameter("One or more parameters are invalid. Reason: Message must be shorter than %d bytes.", q.settings.maxSize)
	}
	return nil
}

// send adds c to q, unless it is a duplicate there; then the answer tells of the first.
// A nil delay (seconds) is the queue's. The caller dispatches afterwards.
func (t *tx) send(q *queue, c *content, delay *int) (SendOutput, error) {
	if err := q.checkSize(c); err != nil {
		return SendOutput{}, err
	}
	if err := q.checkFIFO(c, delay); err != nil {
		return SendOutput{}, err
	}
	if q.fifo == nil {
		return q.sent(c, t.store(q, c, delay)), nil
	}
	key := q.deduplicationKey(c)
	if _, first, ok := q.fifo.sent.get(key); ok {
		return q.sent(c, first), nil
	}
	o := t.store(q, c, nil)
	t.noteSent(q, key, t.now, o)
	return q.sent(c, o), nil
}

// store adds c to q.
func (t *tx) store(q *queue, c *content, delay *int) original {
	t.sequence++
	c.id, c.sent, c.sender = uuid.NewString(), t.now, t.options.AccountID
	m := &message{content: c, sequence: t.sequence, visible: t.now}
	wait := q.settings.delay
	if delay != nil {
		wait = time.Duration(*delay) * time.Second
	}
	if wait > 0 {
		m.state, m.visible = delayed, t.now+wait.Milliseconds()
	}
	t.add(q, m)
	return original{c.id, m.sequence}
}

// sequenceNumber is the SequenceNumber of a message: 20 digits.
func sequenceNumber(sequence uint64) string {
	return strconv.FormatUint(firstSequence+sequence, 10)
}

type receiveInput struct {
	QueueURL                    string   `json:"QueueUrl"`
	AttributeNames              []string `query:"AttributeName"`
	MessageSystemAttributeNames []string `query:"MessageSystemAttributeName"`
	MessageAttributeNames       []string `query:"MessageAttributeName"`
	MaxNumberOfMessages         *int
	VisibilityTimeout           *int
	WaitTimeSeconds             *int
	ReceiveRequestAttemptID     *string `json:"ReceiveRequestAttemptId"`
}

type receivedMessage struct {
	Attributes        map[string]string `json:",omitempty" query:"Attribute"`
	Body              string
	MD5OfBody         string
	MD5OfAttributes   string                    `json:"MD5OfMessageAttributes,omitempty"`
	MessageAttributes map[string]attributeValue `json:",omitempty" query:"MessageAttribute"`
	MessageID         string                    `json:"MessageId"`
	ReceiptHandle     string
}

func (e *Engine) receiveMessage(ctx context.Context, in receiveInput) (any, error) {
	most := 1
	if in.MaxNumberOfMessages != nil {
		most = *in.MaxNumberOfMessages
	}
	if most < 1 || most > 10 {
		return nil, outOfRange(most, "MaxNumberOfMessages", "Must be between 1 and 10, if provided")
	}
	attempt := ""
	if err := parseToken(in.ReceiveRequestAttemptID, "ReceiveRequestAttemptId", &attempt); err != nil {
		return nil, err
	}
	visibility, err := inSeconds(in.VisibilityTimeout, maxVisibility, "VisibilityTimeout")
	if err != nil {
		return nil, err
	}
	wait, err := inSeconds(in.WaitTimeSeconds, numbers["ReceiveMessageWaitTimeSeconds"].most, "WaitTimeSeconds")
	if err != nil {
		return nil, err
	}
	system, err := systemAttributes(slices.Concat(in.AttributeNames, in.MessageSystemAttributeNames))
	if err != nil {
		return nil, err
	}
	var out struct {
		Messages []receivedMessage `json:",omitempty" query:"Message"`
	}
	q, got, err := e.receive(ctx, request{in.QueueURL, most, visibility, wait, attempt})
	if errors.Is(err, ErrClosed) || ctx.Err() != nil && err != nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return out, e.giveBack(ctx, q, got)
	}
	for _, d := range got {
		out.Messages = append(out.Messages, d.wire(system, in.MessageAttributeNames))
	}
	return out, err
}

// giveBack makes messages visible again whose receiver was gone before the answer.
func (e *Engine) giveBack(ctx context.Context, q *queue, got []delivery) error {
	return e.do(ctx, func(t *tx) error {
		for _, d := range got {
			if m := q.messages[d.sequence]; !q.gone && m != nil && m.state == inFlight && m.receives == d.receives {
				q.displace(m)
				t.set(q, m, ready, t.now)
			}
		}
		t.dispatch(q)
		return nil
	})
}

func (d delivery) wire(system func(name string) bool, names []string) receivedMessage {
	out := receivedMessage{Body: d.body, MD5OfBody: d.md5, MessageID: d.id, ReceiptHandle: d.handle}
	for name, value := range d.system() {
		if system(name) {
			if out.Attributes == nil {
				out.Attributes = map[string]string{}
			}
			out.Attributes[name] = value
		}
	}
	chosen := map[string]attribute{}
	for name, a := range d.attributes {
		if wanted(name, names) {
			chosen[name] = a
		}
	}
	out.MD5OfAttributes = attributesMD5(chosen)
	if len(chosen) > 0 {
		out.MessageAttributes = wireAttributes(chosen)
	}
	return out
}

func wireAttributes(attributes map[string]attribute) map[string]attributeValue {
	all := make(map[string]attributeValue, len(attributes))
	for name, a := range attributes {
		all[name] = a.wire()
	}
	return all
}

// system returns the attributes that SQS itself gives a message.
func (m *message) system() map[string]string {
	all := map[string]string{
		"ApproximateFirstReceiveTimestamp": strconv.FormatInt(m.firstReceived, 10),
		"ApproximateReceiveCount":          strconv.FormatUint(m.receives, 10),
		"SenderId":                         m.sender,
		"SentTimestamp":                    strconv.FormatInt(m.sent, 10),
	}
	if m.dedup != "" {
		all["SequenceNumber"] = sequenceNumber(m.sequence)
	}
	for name, value := range map[string]string{"AWSTraceHeader": m.trace, "DeadLetterQueueSourceArn": m.deadLetterOf,
		"MessageGroupId": m.group, "MessageDeduplicationId": m.dedup} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// systemAttributes returns whether a name was asked for.
func systemAttributes(names []string) (func(string) bool, error) {
	for _, name := range names {
		switch name {
		case "All", "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber",
			"MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn":
		default:
			return nil, unknownAttribute(name)
		}
	}
	all := slices.Contains(names, "All")
	return func(name string) bool { return all || slices.Contains(names, name) }, nil
}

// wanted reports whether names ask for a message attribute: "All", ".*", a name, or the
// beginning of one followed by ".*".
func wanted(name string, names []string) bool {
	return slices.ContainsFunc(names, func(want string) bool {
		prefix, isPrefix := strings.CutSuffix(want, ".*")
		return want == "All" || want == name || isPrefix && strings.HasPrefix(name, prefix)
	})
}

type receiptInput struct {
	QueueURL          string `json:"QueueUrl"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

func (e *Engine) deleteMessage(ctx context.Context, in receiptInput) (any, error) {
	return nil, e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		err = t.acknowledge(q, in.ReceiptHandle)
		t.dispatch(q)
		return err
	})
}

// acknowledge deletes a message. One that is gone already is fine, as on AWS. The caller
// dispatches afterwards: the group of the message may be free now.
func (t *tx) acknowledge(q *queue, receipt string) error {
	if receipt == "" {
		return missingParameter("ReceiptHandle")
	}
	m, err := q.find(receipt)
	if m != nil {
		t.delete(q, m)
	}
	return err
}

func (e *Engine) changeMessageVisibility(ctx context.Context, in receiptInput) (any, error) {
	return nil, e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err != nil {
			return err
		}
		err = t.changeVisibility(q, in.ReceiptHandle, in.VisibilityTimeout)
		t.dispatch(q)
		return err
	})
}

// changeVisibility makes a message in flight appear after so many seconds from now.
// The caller dispatches afterwards.
func (t *tx) changeVisibility(q *queue, receipt string, seconds *int) error {
	if receipt == "" {
		return missingParameter("ReceiptHandle")
	}
	if seconds == nil {
		return missingParameter("VisibilityTimeout")
	}
	d, err := inSeconds(seconds, maxVisibility, "VisibilityTimeout")
	if err != nil {
		return err
	}
	m, err := q.find(receipt)
	switch {
	case err != nil:
		return err
	case m == nil:
		return outOfRange(shorten(receipt), "ReceiptHandle", "Message does not exist or is not available for visibility timeout change")
	case m.state != inFlight:
		return refuse("MessageNotInflight", "The message referred to is not in flight.")
	case t.now+d.Milliseconds()-m.lastReceived > maxVisibility*1000:
		return outOfRange(*seconds, "VisibilityTimeout", "Total VisibilityTimeout for the message is beyond the limit [43200 seconds]")
	}
	q.displace(m)
	t.hide(q, m, *d)
	return nil
}
