package httpapi

import (
	"context"

	"github.com/askaround/askaround-go/askaround"
)

// Service is the domain as the handler needs it; [*askaround.Service] is one. A
// method returns soon after its context ends: by that every request is answered
// in time.
type Service interface {
	Ask(context.Context, askaround.AskInput) (askaround.Operation, error)
	Answer(context.Context, askaround.AnswerInput) (askaround.Operation, error)
	Withdraw(context.Context, askaround.WithdrawInput) (askaround.Operation, error)
	Nearby(context.Context, askaround.NearbyInput) (askaround.QuestionPage, error)
	Question(context.Context, askaround.AccountID, askaround.QuestionID) (askaround.QuestionDetail, error)
	Close(context.Context, askaround.AccountID, askaround.QuestionID) error
	Delete(context.Context, askaround.AccountID, askaround.QuestionID) error
	OwnAnswer(context.Context, askaround.AccountID, askaround.QuestionID) (askaround.Answer, error)
	Operation(context.Context, askaround.AccountID, askaround.OperationID) (askaround.Operation, error)
	Watch(context.Context, askaround.AccountID, askaround.QuestionID) error
	Unwatch(context.Context, askaround.AccountID, askaround.QuestionID) error
	Watches(context.Context, askaround.AccountID) ([]askaround.QuestionID, error)
}

var _ Service = (*askaround.Service)(nil)

// TokenVerifier checks bearer tokens; [*Verifier] is one. Its errors are a
// [TokenError] or [ErrKeysUnavailable].
type TokenVerifier interface {
	Verify(ctx context.Context, token string) (Identity, error)
}
