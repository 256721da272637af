package askaround

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/askaround/askaround-go/geoindex"
)

// ServiceOptions configure a Service.
type ServiceOptions struct {
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes what no caller sees; nil discards.
	Logger *slog.Logger
}

// Service is the request side. It is safe for concurrent use.
type Service struct{}

// NewService returns a Service over the installation r. It does no I/O. Missing
// clients or names are an [ErrOptions].
func NewService(db DynamoDB, q SQS, r Resources, optFns ...func(*ServiceOptions)) (*Service, error) {
	return nil, errors.ErrUnsupported
}

// AskInput is a question to ask.
type AskInput struct {
	Account        AccountID
	IdempotencyKey string   // "" = none; else 1 to MaxIdempotencyKey printable ASCII characters
	Text           string   // 1 to MaxTextLength code points once trimmed; pointer /text
	Kind           Kind     // pointer /kind
	Location       Location // pointers /location/lat, /location/lng
}

// Ask accepts a question.
func (s *Service) Ask(ctx context.Context, in AskInput) (Operation, error) {
	return Operation{}, errors.ErrUnsupported
}

// AnswerInput is an answer to give, or to replace the one given before.
type AnswerInput struct {
	Account        AccountID
	IdempotencyKey string
	Question       QuestionID
	Value          Value // pointers /kind, /stars, /location/lat, /location/lng
}

// Answer accepts an answer.
func (s *Service) Answer(ctx context.Context, in AnswerInput) (Operation, error) {
	return Operation{}, errors.ErrUnsupported
}

// WithdrawInput names the answer to take back.
type WithdrawInput struct {
	Account        AccountID
	IdempotencyKey string
	Question       QuestionID
}

// Withdraw accepts the withdrawal of the account's answer.
func (s *Service) Withdraw(ctx context.Context, in WithdrawInput) (Operation, error) {
	return Operation{}, errors.ErrUnsupported
}

// Close closes the account's own question: it stays visible and takes no answers. It
// acts at once. Errors: [ErrNotFound], [ErrForbidden], [ErrUnavailable].
func (s *Service) Close(ctx context.Context, account AccountID, id QuestionID) error {
	return errors.ErrUnsupported
}

// Order is the order of a search's results.
type Order string

const (
	OrderNewest  Order = "newest"
	OrderNearest Order = "nearest"
)

// NearbyInput is a search.
type NearbyInput struct {
	Account AccountID       // for Mine
	Center  Location        // pointers /lat, /lng
	Radius  geoindex.Meters // 0 = DefaultRadius; up to MaxRadius; pointer /radius
	Order   Order           // "" = newest; pointer /order
	Limit   int             // 0 = DefaultLimit; up to MaxLimit; pointer /limit
	Cursor  string          // "" = first page; else a page's Next; pointer /cursor
}

// Nearby returns one page of the questions within the radius.
func (s *Service) Nearby(ctx context.Context, in NearbyInput) (QuestionPage, error) {
	return QuestionPage{}, errors.ErrUnsupported
}

// Question returns one question with its heat. account decides Mine. Errors:
// [ErrNotFound], [ErrUnavailable].
func (s *Service) Question(ctx context.Context, account AccountID, id QuestionID) (QuestionDetail, error) {
	return QuestionDetail{}, errors.ErrUnsupported
}

// OwnAnswer returns the account's answer that stands. Errors: [ErrNotFound],
// [ErrUnavailable].
func (s *Service) OwnAnswer(ctx context.Context, account AccountID, id QuestionID) (Answer, error) {
	return Answer{}, errors.ErrUnsupported
}

// Operation returns the account's operation. Errors: [ErrNotFound], [ErrUnavailable].
func (s *Service) Operation(ctx context.Context, account AccountID, id OperationID) (Operation, error) {
	return Operation{}, errors.ErrUnsupported
}
