package askaround

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/aws/aws-lambda-go/events"
)

// Aggregation is a way to keep sums exact. An installation keeps to one: sums that one
// way has made are none that another can go on with.
type Aggregation string

const (
	// AggregateWatermark is the default: the sums remember how far into each shard they
	// are. One write for each batch and question, whatever the batch holds. It needs a
	// source that keeps the order of a question's answers and leaves nothing out, as
	// DynamoDB Streams does; it may repeat.
	AggregateWatermark Aggregation = "watermark"
	// AggregateLWW counts each answer by its revision, the last writer wins: for any
	// source, in any order. Somewhat over two writes for each answer.
	AggregateLWW Aggregation = "lww"
	// AggregateRecompute reads all answers of each question that a batch names. One
	// write for each batch and question, and reads that grow with the answers: for
	// questions with some hundred answers at most.
	AggregateRecompute Aggregation = "recompute"
)

// applier makes changes of one question count, those of a batch in the order of their
// positions. What it could not do it adds to failed.
type applier func(ctx context.Context, shard string, changes []change, failed *failures)

func (w *Worker) applier() (applier, error) {
	switch w.options.Aggregation {
	case AggregateWatermark:
		return w.applyByWatermark, nil
	case AggregateLWW:
		return w.whole(w.applyByRevision), nil
	case AggregateRecompute:
		return w.whole(w.applyByQuery), nil
	}
	return nil, fmt.Errorf("%w: unknown aggregation %q", ErrOptions, w.options.Aggregation)
}

// AggregateAnswers folds changed answers into the sums, in the worker's way. Event source:
// the stream of the Answers table, new and old images, with a tumbling window (for the
// shard's id, which AggregateWatermark needs).
//
// Each change counts once, however often and by whomever a batch is processed.
func (w *Worker) AggregateAnswers(ctx context.Context, event events.DynamoDBTimeWindowEvent) (events.DynamoDBTimeWindowEventResponse, error) {
	response := events.DynamoDBTimeWindowEventResponse{
		TimeWindowEventResponseProperties: events.TimeWindowEventResponseProperties{State: event.State},
	}
	if len(event.Records) == 0 {
		return response, nil // the window closes
	}
	if event.ShardID == "" && w.options.Aggregation == AggregateWatermark {
		return response, errors.New("askaround: AggregateAnswers needs a tumbling window: without one the event does not name its shard")
	}
	failed := &failures{}
	groups := byQuestion(w.readChanges(ctx, event.Records, failed))
	parallel(len(groups), w.options.BatchWorkers, func(i int) {
		w.apply(ctx, event.ShardID, groups[i], failed)
	})
	response.BatchItemFailures = failed.items(event.Records)
	return response, nil
}

// whole returns an applier that does all changes of a question or none.
func (w *Worker) whole(do func(context.Context, []change) error) applier {
	return func(ctx context.Context, _ string, changes []change, failed *failures) {
		first, last := changes[0].position, changes[len(changes)-1].position
		err := do(ctx, changes)
		if reason, ok := asPoison(err); ok {
			p := posting{target{question: changes[0].question}, changes}
			err = w.bury(ctx, w.resources.StarAnswersDeadLetters, p.String(), reason, "SequenceNumber", string(last))
		}
		if err != nil {
			w.options.Logger.WarnContext(ctx, "sums will be tried again", "question", changes[0].question, "error", err)
			failed.add(first)
		}
	}
}

// applyByWatermark applies the postings of one question. One that fails does not keep the
// others back, since they have watermarks of their own.
func (w *Worker) applyByWatermark(ctx context.Context, shard string, changes []change, failed *failures) {
	for _, p := range post(changes) {
		gone, err := w.applyPosting(ctx, shard, p)
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

// deleted makes of an answer's revision that of its item's deletion: after it, and before
// all later ones, which differ earlier.
const deleted = "~"

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
		account:  cmp.Or(neu.account, old.account),
		revision: cmp.Or(neu.rev, old.rev+deleted),
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
