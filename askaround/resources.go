package askaround

import (
	"context"
	"errors"
)

// Resources names the tables and queues of one installation.
type Resources struct {
	// Tables.
	Questions, Answers, Heat, Operations string
	// Queue URLs, each with its dead-letter queue.
	QuestionsQueue, QuestionsDeadLetters     string
	StarAnswersQueue, StarAnswersDeadLetters string
	GeoAnswersQueue, GeoAnswersDeadLetters   string
}

// Provision creates the tables and queues of an installation whose names begin with
// prefix, and returns when they can be used. What exists already stays as it is, so that
// Provision may run at every start. On AWS infrastructure code makes the same.
func Provision(ctx context.Context, db DynamoDB, q SQS, prefix string) (Resources, error) {
	return Resources{}, errors.ErrUnsupported
}
