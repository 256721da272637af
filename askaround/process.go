package askaround

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/geoindex"
)

// How many attempts find nothing before an operation fails: an answer its question,
// a question its moderation. With the back-off these are 7 seconds and 2 minutes.
const (
	questionPatience   = 4
	moderationPatience = 8
)

// answersOutliveQuestion is how long the answers of an expired question are kept.
const answersOutliveQuestion = 7 * 24 * time.Hour

// moderated is how many questions of a batch are in progress at a time: a moderator may take
// its time for each.
const moderated = 10

// ProcessQuestions stores asked questions. Event source: QuestionsQueue, batches of 10.
func (w *Worker) ProcessQuestions(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	src := source{w.resources.QuestionsQueue, w.resources.QuestionsDeadLetters}
	return w.consume(ctx, src, moderated, event, w.processQuestion), nil
}

func (w *Worker) processQuestion(ctx context.Context, m message) error {
	if m.Ask == nil {
		return poisonf("an %s in the queue of questions", m.kind())
	}
	q, key, err := w.newQuestion(m)
	if err != nil {
		return err
	}
	verdict, err := w.options.Moderate(ctx, q.Question)
	if err != nil {
		return w.postpone(ctx, m, moderationPatience, fmt.Errorf("askaround: moderate: %w", err),
			Failure{FailedModeration, "The question could not be checked. Ask again later."})
	}
	if verdict.Reject {
		return w.fail(ctx, m, FailedRejected, cmp.Or(verdict.Reason, "The question did not pass moderation."))
	}
	it, err := w.index.Item(newQuestionPoint(q, key))
	if err != nil {
		return poisonf("%v", err)
	}
	e := newExpr()
	condition := "attribute_not_exists(" + e.name(attrText) + ")" // every question has one
	old, err := w.effect(ctx, m, types.Put{
		TableName: &w.resources.Questions, Item: it,
		ConditionExpression: &condition, ExpressionAttributeNames: e.names,
	})
	if old == nil {
		return err
	}
	// The id is taken although the operation is pending: its key was used before, too
	// long ago for the operation to be remembered.
	if author, ok := old[attrAuthor].(*types.AttributeValueMemberS); ok && author.Value == string(m.Account) {
		return w.succeed(ctx, m)
	}
	return w.fail(ctx, m, FailedConflict, "Another question has this id. Ask again with another idempotency key.")
}

// newQuestion returns the question that m asks.
func (w *Worker) newQuestion(m message) (questionRecord, geoindex.Key, error) {
	key, err := m.Question.key()
	if err != nil {
		return questionRecord{}, geoindex.Key{}, poisonf("%v", err)
	}
	createdAt := acceptedTime(m.AcceptedAt)
	return questionRecord{
		Question: Question{
			ID:        m.Question,
			Text:      m.Ask.Text,
			Kind:      m.Ask.Kind,
			Location:  m.Ask.Location,
			Radius:    DefaultRadius,
			State:     StateOpen,
			CreatedAt: createdAt,
			ExpiresAt: createdAt.Add(QuestionLifetime).Truncate(time.Second),
		},
		author: m.Account,
	}, key, nil
}

// ProcessAnswers stores answers and withdrawals. Event sources: StarAnswersQueue and
// GeoAnswersQueue, batches of 10.
func (w *Worker) ProcessAnswers(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	src, err := w.answersSource(event)
	if err != nil {
		return events.SQSEventResponse{}, err
	}
	questions := &lookup{find: w.question}
	return w.consume(ctx, src, w.options.BatchWorkers, event, func(ctx context.Context, m message) error {
		return w.processAnswer(ctx, questions, m)
	}), nil
}

func (w *Worker) processAnswer(ctx context.Context, questions *lookup, m message) error {
	if m.Ask != nil {
		return poisonf("an ask in a queue of answers")
	}
	q, err := questions.get(ctx, m.Question)
	switch {
	case errors.Is(err, ErrNotFound): // it may be on its way
		return w.postpone(ctx, m, questionPatience, err, Failure{FailedQuestionNotFound, "There is no such question."})
	case errors.Is(err, geoindex.ErrCorrupt):
		return poisonf("%v", err)
	case err != nil:
		return err
	}
	if f := q.refuses(m, w.options.Clock()); f != nil {
		return w.fail(ctx, m, f.Code, f.Detail)
	}
	r := answerRecord{
		question:   m.Question,
		account:    m.Account,
		rev:        revision(m.AcceptedAt, m.Operation),
		acceptedAt: m.AcceptedAt,
		expiresAt:  q.ExpiresAt.Add(answersOutliveQuestion).Unix(),
	}
	if m.Answer != nil {
		r.value = m.Answer.value()
	}
	e := newExpr()
	condition := "attribute_not_exists(" + e.name(attrQuestion) + ") OR " + e.name(attrRevision) + " < " + e.value(str(r.rev))
	newer, err := w.effect(ctx, m, types.Put{
		TableName: &w.resources.Answers, Item: r.item(),
		ConditionExpression: &condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	})
	if newer != nil {
		return w.succeed(ctx, m) // a later answer has replaced this one already
	}
	return err
}

// refuses says why q does not take m, nil when it does.
func (q questionRecord) refuses(m message, now time.Time) *Failure {
	if m.Withdraw {
		return nil // who answered may always take it back
	}
	v := m.Answer.value()
	switch {
	case !q.ExpiresAt.After(now):
		return &Failure{FailedQuestionExpired, "The question has expired."}
	case q.State != StateOpen:
		return &Failure{FailedQuestionClosed, "The question is closed."}
	case q.author == m.Account:
		return &Failure{FailedOwnQuestion, "Nobody may answer their own question."}
	case q.Kind != v.Kind:
		return &Failure{FailedKindMismatch, fmt.Sprintf("The question wants a %s answer, not a %s answer.", q.Kind, v.Kind)}
	case v.Kind == KindGeo && v.Location.LatLng().Distance(q.Location.LatLng()) > q.Radius:
		return &Failure{FailedOutsideCircle, fmt.Sprintf("The place is more than %.0f m from the question's.", float64(q.Radius))}
	}
	return nil
}

// lookup remembers the questions of one batch, whose answers are often to the same one.
type lookup struct {
	find func(context.Context, QuestionID) (questionRecord, error)

	mu    sync.Mutex
	found map[QuestionID]func(context.Context) (questionRecord, error)
}

func (l *lookup) get(ctx context.Context, id QuestionID) (questionRecord, error) {
	l.mu.Lock()
	find := l.found[id]
	if find == nil {
		find = onceFind(l.find, id)
		if l.found == nil {
			l.found = make(map[QuestionID]func(context.Context) (questionRecord, error))
		}
		l.found[id] = find
	}
	l.mu.Unlock()
	return find(ctx)
}

// onceFind asks once, with the context of the first caller.
func onceFind(find func(context.Context, QuestionID) (questionRecord, error), id QuestionID) func(context.Context) (questionRecord, error) {
	var (
		once sync.Once
		q    questionRecord
		err  error
	)
	return func(ctx context.Context) (questionRecord, error) {
		once.Do(func() { q, err = find(ctx, id) })
		return q, err
	}
}
