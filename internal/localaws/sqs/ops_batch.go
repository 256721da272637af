package sqs

import (
	"context"
	"errors"
)

// maxBatch is the number of entries that a batch can have.
const maxBatch = 10

type batchOutput[T any] struct {
	Successful []T            `json:",omitempty" query:"*ResultEntry"`
	Failed     []batchFailure `json:",omitempty" query:"BatchResultErrorEntry"`
}

type batchFailure struct {
	Code        string
	ID          string `json:"Id"`
	Message     string
	SenderFault bool
}

// batchID is the answer to an entry that has nothing else to say.
type batchID struct {
	ID string `json:"Id"`
}

func (o *batchOutput[T]) fail(id string, err error) {
	var refusal *Error
	if !errors.As(err, &refusal) {
		panic(err) // entries fail by refusal only
	}
	o.Failed = append(o.Failed, batchFailure{refusal.queryCode(), id, refusal.Message, true})
}

// checkBatch holds the entries to what AWS demands of all of them.
func checkBatch(action string, ids []string) error {
	if len(ids) == 0 {
		return refuse("EmptyBatchRequest", "There should be at least one %sBatchRequestEntry in the request.", action)
	}
	if len(ids) > maxBatch {
		return refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxBatch, len(ids))
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if !batchIDPattern.MatchString(id) {
			return refuse("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id] {
			return refuse("BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}

type sendEntry struct {
	ID string `json:"Id"`
	newMessage
}

type sendBatchInput struct {
	QueueURL string      `json:"QueueUrl"`
	Entries  []sendEntry `query:"*RequestEntry"`
}

func (e *Engine) sendMessageBatch(ctx context.Context, in sendBatchInput) (any, error) {
	var out batchOutput[SendOutput]
	contents, parseErrs := make([]*content, len(in.Entries)), make([]error, len(in.Entries))
	ids, size := make([]string, len(in.Entries)), 0
	for i, entry := range in.Entries {
		ids[i] = entry.ID
		if contents[i], parseErrs[i] = entry.parse(); parseErrs[i] == nil {
			size += contents[i].size()
		}
	}
	err := e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err == nil {
			err = checkBatch("SendMessage", ids)
		}
		if err != nil {
			return err
		}
		if size > maxMessageSize {
			return refuse("BatchRequestTooLong", "Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessageSize, size)
		}
		for i, c := range contents {
			err := parseErrs[i]
			var sent SendOutput
			if err == nil {
				sent, err = t.send(q, c, in.Entries[i].DelaySeconds)
			}
			if err != nil {
				out.fail(ids[i], err)
				continue
			}
			sent.ID = ids[i]
			out.Successful = append(out.Successful, sent)
		}
		t.dispatch(q)
		return nil
	})
	return out, err
}

type receiptEntry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout *int
}

type receiptBatchInput struct {
	QueueURL string         `json:"QueueUrl"`
	Entries  []receiptEntry `query:"*RequestEntry"`
}

func (e *Engine) deleteMessageBatch(ctx context.Context, in receiptBatchInput) (any, error) {
	return e.receiptBatch(ctx, in, "DeleteMessage", func(t *tx, q *queue, r receiptEntry) error {
		return t.acknowledge(q, r.ReceiptHandle)
	})
}

func (e *Engine) changeMessageVisibilityBatch(ctx context.Context, in receiptBatchInput) (any, error) {
	return e.receiptBatch(ctx, in, "ChangeMessageVisibility", func(t *tx, q *queue, r receiptEntry) error {
		return t.changeVisibility(q, r.ReceiptHandle, r.VisibilityTimeout)
	})
}

func (e *Engine) receiptBatch(ctx context.Context, in receiptBatchInput, action string, f func(*tx, *queue, receiptEntry) error) (any, error) {
	var out batchOutput[batchID]
	ids := make([]string, len(in.Entries))
	for i, entry := range in.Entries {
		ids[i] = entry.ID
	}
	err := e.do(ctx, func(t *tx) error {
		q, err := t.queue(in.QueueURL)
		if err == nil {
			err = checkBatch(action, ids)
		}
		if err != nil {
			return err
		}
		for _, entry := range in.Entries {
			if err := f(t, q, entry); err != nil {
				out.fail(entry.ID, err)
				continue
			}
			out.Successful = append(out.Successful, batchID{entry.ID})
		}
		t.dispatch(q)
		return nil
	})
	return out, err
}
