package askaround

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Verdict is what moderation says of a question. The zero Verdict lets it pass.
type Verdict struct {
	Reject bool
	Reason string // told to the author when Reject
}

// WorkerOptions configure a Worker.
type WorkerOptions struct {
	// Moderate judges a question before it is stored; nil lets all pass. It may be
	// slow: nobody waits for it but the question. An error is retried.
	Moderate func(context.Context, Question) (Verdict, error)
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes what no caller sees; nil discards.
	Logger *slog.Logger
}

// Worker is the event side. It is safe for concurrent use.
type Worker struct{}

// NewWorker returns a Worker over the installation r that publishes through p. It
// does no I/O. Missing clients or names are an [ErrOptions].
func NewWorker(db DynamoDB, q SQS, r Resources, p Publisher, optFns ...func(*WorkerOptions)) (*Worker, error) {
	return nil, errors.ErrUnsupported
}

// ProcessQuestions stores asked questions. Event source: QuestionsQueue.
func (w *Worker) ProcessQuestions(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	return events.SQSEventResponse{}, errors.ErrUnsupported
}

// ProcessAnswers stores answers and withdrawals. Event sources: StarAnswersQueue and
// GeoAnswersQueue.
func (w *Worker) ProcessAnswers(ctx context.Context, event events.SQSEvent) (events.SQSEventResponse, error) {
	return events.SQSEventResponse{}, errors.ErrUnsupported
}

// AggregateAnswers folds changed answers into the sums. Event source: the stream of
// the Answers table with a tumbling window (for the shard's id) and new and old images.
func (w *Worker) AggregateAnswers(ctx context.Context, event events.DynamoDBTimeWindowEvent) (events.DynamoDBTimeWindowEventResponse, error) {
	return events.DynamoDBTimeWindowEventResponse{}, errors.ErrUnsupported
}

// PublishQuestions tells subscribers of new questions and moved sums. Event source:
// the stream of the Questions table.
func (w *Worker) PublishQuestions(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return events.DynamoDBEventResponse{}, errors.ErrUnsupported
}

// PublishHeat tells subscribers of moved heat. Event source: the stream of the Heat table.
func (w *Worker) PublishHeat(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return events.DynamoDBEventResponse{}, errors.ErrUnsupported
}

// Announce publishes a notice on the system topic.
func (w *Worker) Announce(ctx context.Context, text string) error {
	return errors.ErrUnsupported
}
