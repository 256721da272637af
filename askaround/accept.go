package askaround

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/askaround/askaround-go/geoindex"
)

// AskInput is a question to ask.
type AskInput struct {
	Account        AccountID
	IdempotencyKey string   // "" = none; else 1 to MaxIdempotencyKey printable ASCII characters; pointer /Idempotency-Key
	Text           string   // 1 to MaxTextLength code points once trimmed; pointer /text
	Kind           Kind     // pointer /kind
	Location       Location // pointers /location/lat, /location/lng
}

// Ask accepts a question. When it returns without error the request is stored and will be
// processed; the operation says which id the question gets. A repeated key returns
// the operation of its first use. Errors: [ErrInvalid], [ErrIdempotencyConflict],
// [ErrQuota], [ErrUnavailable].
func (s *Service) Ask(ctx context.Context, in AskInput) (Operation, error) {
	var f faults
	f.account(in.Account)
	f.idempotencyKey(in.IdempotencyKey)
	in.Text = f.text("/text", in.Text)
	f.kind("/kind", in.Kind)
	f.location("/location", in.Location)
	if err := f.err(); err != nil {
		return Operation{}, err
	}
	m := message{
		Account: in.Account,
		Ask:     &askBody{in.Text, in.Kind, in.Location},
	}
	suffix := freshID(s.options.Clock())
	if in.IdempotencyKey != "" {
		suffix = digest("question", string(in.Account), in.IdempotencyKey)
	}
	m.Question = QuestionID(geoindex.KeyAt(in.Location.LatLng(), suffix).String())
	return s.accept(ctx, s.resources.QuestionsQueue, in.IdempotencyKey, m)
}

// AnswerInput is an answer to give, or to replace the one given before.
type AnswerInput struct {
	Account        AccountID
	IdempotencyKey string // as in AskInput
	Question       QuestionID
	Value          Value // pointers /kind, /stars, /location/lat, /location/lng
}

// Answer accepts an answer. Whether the question exists and takes this answer is found
// when it is processed: the operation tells. Of several answers the one accepted last
// stands. Errors: [ErrInvalid], [ErrNotFound] (no question can have this id),
// [ErrIdempotencyConflict], [ErrQuota], [ErrUnavailable].
func (s *Service) Answer(ctx context.Context, in AnswerInput) (Operation, error) {
	var f faults
	f.account(in.Account)
	f.idempotencyKey(in.IdempotencyKey)
	f.value(in.Value)
	if err := f.err(); err != nil {
		return Operation{}, err
	}
	if _, err := in.Question.key(); err != nil {
		return Operation{}, err
	}
	body := &answerBody{Kind: in.Value.Kind}
	queue := s.resources.StarAnswersQueue
	if in.Value.Kind == KindGeo {
		body.Location = &in.Value.Location
		queue = s.resources.GeoAnswersQueue
	} else {
		body.HalfStars = in.Value.Stars
	}
	return s.accept(ctx, queue, in.IdempotencyKey, message{Account: in.Account, Question: in.Question, Answer: body})
}

// WithdrawInput names the answer to take back.
type WithdrawInput struct {
	Account        AccountID
	IdempotencyKey string // as in AskInput
	Question       QuestionID
}

// Withdraw accepts the withdrawal of the account's answer. Withdrawing an answer that
// was never given succeeds. Errors as of [Service.Answer].
func (s *Service) Withdraw(ctx context.Context, in WithdrawInput) (Operation, error) {
	var f faults
	f.account(in.Account)
	f.idempotencyKey(in.IdempotencyKey)
	if err := f.err(); err != nil {
		return Operation{}, err
	}
	if _, err := in.Question.key(); err != nil {
		return Operation{}, err
	}
	// A withdrawal carries no value, and so no kind: it travels with the star answers.
	return s.accept(ctx, s.resources.StarAnswersQueue, in.IdempotencyKey, message{Account: in.Account, Question: in.Question, Withdraw: true})
}

// accept stores the operation of m, then sends m to the queue. A crash between the two
// leaves an operation that was never acknowledged; repeating the request with its key
// sends the message then. Messages may so be sent more than once: they are equal,
// and processed once.
func (s *Service) accept(ctx context.Context, queue, key string, m message) (Operation, error) {
	now := s.options.Clock()
	m.Operation = OperationID(freshID(now))
	if key != "" {
		m.Operation = OperationID(digest("operation", string(m.Account), key))
	}
	m.AcceptedAt = s.ticks.next(now)
	op, err := s.claim(ctx, newOperation(m))
	if err != nil {
		return Operation{}, err
	}
	if op.Status != StatusPending {
		return op.Operation, nil
	}
	m.AcceptedAt = op.acceptedAt // of the key's first use
	body, err := json.Marshal(m)
	if err != nil {
		return Operation{}, fmt.Errorf("askaround: %w", err)
	}
	if _, err := s.queues.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: &queue, MessageBody: aws.String(string(body))}); err != nil {
		return Operation{}, unavailable("send", err)
	}
	return op.Operation, nil
}

// claim stores a new operation, or returns the one that has its id already.
func (s *Service) claim(ctx context.Context, r operationRecord) (operationRecord, error) {
	e := newExpr()
	put := types.Put{
		TableName:                           &s.resources.Operations,
		Item:                                r.item(),
		ConditionExpression:                 aws.String("attribute_not_exists(" + e.name(attrID) + ")"),
		ExpressionAttributeNames:            e.names,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	it, err := s.putOperation(ctx, put, r)
	if it == nil {
		return r, err
	}
	old, err := parseOperation(it)
	if err != nil {
		return operationRecord{}, unavailable("read operation", err)
	}
	if old.account != r.account || old.fingerprint != r.fingerprint {
		return operationRecord{}, ErrIdempotencyConflict
	}
	return old, nil
}

// putOperation does put, within the account's quota where there is one. It returns the
// item that has the operation's id already.
func (s *Service) putOperation(ctx context.Context, put types.Put, r operationRecord) (inTheWay item, err error) {
	most, name := s.options.Quota.of(r.Kind)
	if most == 0 {
		_, err := s.db.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: put.TableName, Item: put.Item, ConditionExpression: put.ConditionExpression,
			ExpressionAttributeNames:            put.ExpressionAttributeNames,
			ReturnValuesOnConditionCheckFailure: put.ReturnValuesOnConditionCheckFailure,
		})
		if it, refused := refusedItem(err); refused && it != nil {
			return it, nil
		}
		return nil, storeOperationError(err)
	}
	now := s.options.Clock()
	for attempt := 0; ; attempt++ {
		_, err = s.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &put}, {Update: s.quotaUpdate(r, most, name, now)},
		}})
		var canceled *types.TransactionCanceledException
		if !errors.As(err, &canceled) || len(canceled.CancellationReasons) != 2 {
			return nil, storeOperationError(err)
		}
		if old := canceled.CancellationReasons[0]; code(old) == conditionFailed && old.Item != nil {
			return old.Item, nil
		}
		if over := overQuota(err, most, now); over != nil {
			return nil, over
		}
		// Another request of the account is being counted.
		if attempt == conflictAttempts || pause(ctx, attempt) != nil {
			return nil, storeOperationError(err)
		}
	}
}

func storeOperationError(err error) error {
	if err == nil {
		return nil
	}
	return unavailable("store operation", err)
}

func newOperation(m message) operationRecord {
	at := acceptedTime(m.AcceptedAt)
	return operationRecord{
		Operation: Operation{
			ID: m.Operation, Kind: m.kind(), Status: StatusPending, Question: m.Question,
			CreatedAt: at, UpdatedAt: at,
		},
		account:     m.Account,
		fingerprint: m.fingerprint(),
		acceptedAt:  m.AcceptedAt,
	}
}

// fingerprint is equal for requests that ask for the same.
func (m message) fingerprint() string {
	parts := []string{string(m.kind()), string(m.Question)}
	coordinates := func(l Location) {
		parts = append(parts, strconv.FormatFloat(l.Lat, 'g', -1, 64), strconv.FormatFloat(l.Lng, 'g', -1, 64))
	}
	switch {
	case m.Ask != nil:
		parts = append(parts, m.Ask.Text, string(m.Ask.Kind))
		coordinates(m.Ask.Location)
	case m.Answer != nil:
		v := m.Answer.value()
		parts = append(parts, string(v.Kind), v.Stars.String())
		coordinates(v.Location)
	}
	return digest(parts...)
}
