package askaround

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-lambda-go/events"
)

// AggregateAnswers folds changed answers into the sums. Event source: the stream of
// the Answers table, new and old images, with a tumbling window (for the shard's id).
//
// One update is written per batch and question, and one per part of a geo question's
// heat. Each is applied once, however often and by whomever a batch is processed.
func (w *Worker) AggregateAnswers(ctx context.Context, event events.DynamoDBTimeWindowEvent) (events.DynamoDBTimeWindowEventResponse, error) {
	response := events.DynamoDBTimeWindowEventResponse{
		TimeWindowEventResponseProperties: events.TimeWindowEventResponseProperties{State: event.State},
	}
	if len(event.Records) == 0 {
		return response, nil // the window closes
	}
	if event.ShardID == "" {
		return response, errors.New("askaround: AggregateAnswers needs a tumbling window: without one the event does not name its shard")
	}
	failed := &failures{}
	groups := post(w.readChanges(ctx, event.Records, failed))
	parallel(len(groups), func(i int) {
		w.applyGroup(ctx, event.ShardID, groups[i], failed)
	})
	response.BatchItemFailures = failed.items(event.Records)
	return response, nil
}

// applyGroup applies the postings of one question. One that fails does not keep the
// others back, since they have watermarks of their own.
func (w *Worker) applyGroup(ctx context.Context, shard string, group []posting, failed *failures) {
	for _, p := range group {
		gone, err := w.apply(ctx, shard, p)
		if reason, ok := asPoison(err); ok {
			err = w.bury(ctx, w.resources.StarAnswersDeadLetters, p.String(), reason, "SequenceNumber", string(p.first()))
		}
		if err != nil {
			w.options.Logger.WarnContext(ctx, "sums will be tried again", "question", p.target.question, "part", p.target.part, "error", err)
			failed.add(p.first())
		}
		if gone {
			return // the question was deleted, and with it its heat
		}
	}
}

// String describes the posting for the dead-letter queue.
func (p posting) String() string {
	return fmt.Sprintf(`{"question":%q,"part":%q,"first":%q,"last":%q}`, p.target.question, p.target.part, p.first(), p.last())
}

// readChanges reads the records, in order. One that cannot be read is buried; what can be
// read of it still counts.
func (w *Worker) readChanges(ctx context.Context, records []events.DynamoDBEventRecord, failed *failures) []change {
	changes := make([]change, 0, len(records))
	for _, rec := range records {
		c, err := readChange(rec)
		if err != nil {
			if err := w.buryRecord(ctx, w.resources.StarAnswersDeadLetters, rec, err.Error()); err != nil {
				failed.addRecord(rec)
			}
		}
		if c.question != "" {
			changes = append(changes, c)
		}
	}
	return changes
}

// ttlPrincipal deletes expired items.
const ttlPrincipal = "dynamodb.amazonaws.com"

// readChange reads a record of the stream of answers; the zero change has no question and
// changes no sum. An image that cannot be read contributes nothing: neither when it comes
// nor when it goes, so that the sums still equal a fold of the readable answers. It is
// reported when it comes.
func readChange(rec events.DynamoDBEventRecord) (change, error) {
	if id := rec.UserIdentity; id != nil && id.PrincipalID == ttlPrincipal {
		return change{}, nil // its question expired long before
	}
	p, err := parsePosition(rec.Change.SequenceNumber)
	if err != nil {
		return change{}, err
	}
	old, oldErr := readImage(rec.Change.OldImage)
	neu, newErr := readImage(rec.Change.NewImage)
	c := change{
		question: cmp.Or(neu.question, old.question),
		position: p,
		at:       rec.Change.ApproximateCreationDateTime.Unix(),
		expires:  max(old.expiresAt, neu.expiresAt),
		old:      old.contribution(),
		new:      neu.contribution(),
	}
	switch {
	case newErr != nil:
		return c, newErr
	case c.question == "" && oldErr == nil:
		return change{}, errors.New("record without images: the stream must have new and old ones")
	case old.question != "" && old.question != c.question:
		return change{}, errors.New("images of two questions")
	}
	return c, nil
}

// readImage reads an image of an answer. An absent or unreadable one is the zero record.
func readImage(image map[string]events.DynamoDBAttributeValue) (answerRecord, error) {
	it, err := fromStream(image)
	if err != nil || it == nil {
		return answerRecord{}, err
	}
	r, err := parseAnswer(it)
	if err != nil {
		return answerRecord{}, err
	}
	if _, err := r.question.key(); err != nil {
		return answerRecord{}, err
	}
	return r, nil
}

// failures collects what a batch could not do.
type failures struct {
	mu      sync.Mutex
	first   position // the lowest
	unnamed bool     // a record without a readable sequence number failed
}

func (f *failures) add(p position) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.first == "" || p < f.first {
		f.first = p
	}
}

// addRecord adds a record, the whole batch where its position cannot be read.
func (f *failures) addRecord(rec events.DynamoDBEventRecord) {
	if p, err := parsePosition(rec.Change.SequenceNumber); err == nil {
		f.add(p)
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unnamed = true
}

// items names the record from which the batch is to be repeated, as Lambda wants it: the
// lowest sequence number that failed.
func (f *failures) items(records []events.DynamoDBEventRecord) []events.DynamoDBBatchItemFailure {
	if f.unnamed {
		return []events.DynamoDBBatchItemFailure{{ItemIdentifier: records[0].Change.SequenceNumber}}
	}
	if f.first == "" {
		return nil
	}
	for _, rec := range records {
		if p, err := parsePosition(rec.Change.SequenceNumber); err == nil && p == f.first {
			return []events.DynamoDBBatchItemFailure{{ItemIdentifier: rec.Change.SequenceNumber}}
		}
	}
	return []events.DynamoDBBatchItemFailure{{ItemIdentifier: records[0].Change.SequenceNumber}}
}
