package askaround

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// An account's watch list is one item of the Watches table, since it is short:
//
//	account     S   primary key
//	questions   SS  ids; absent when there is none
//	expires_at  N   Unix seconds, when everything on it has expired

const attrQuestions = "questions"

// Watch puts a question on the account's watch list. It acts at once, and again without
// harm. Errors: [ErrNotFound], [ErrWatchListFull] (the list has [MaxWatches] others),
// [ErrUnavailable].
func (s *Service) Watch(ctx context.Context, account AccountID, id QuestionID) error {
	q, err := s.question(ctx, id)
	if err != nil {
		return err
	}
	now := s.options.Clock()
	if !q.ExpiresAt.After(now) {
		return fmt.Errorf("%w: question %s has expired", ErrNotFound, id)
	}
	e := newExpr()
	e.assign(e.name(attrExpiresAt), num(now.Add(QuestionLifetime).Unix()))
	e.include(attrQuestions, string(id))
	questions := e.name(attrQuestions)
	condition := "attribute_not_exists(" + questions + ") OR contains(" + questions + ", " + e.value(str(string(id))) +
		") OR size(" + questions + ") < " + e.value(num(MaxWatches))
	err = s.updateWatches(ctx, account, e, &condition)
	if _, refused := refusedItem(err); refused {
		return fmt.Errorf("%w: it has %d questions", ErrWatchListFull, MaxWatches)
	}
	if err != nil {
		return unavailable("watch question", err)
	}
	return nil
}

// Unwatch takes a question off the account's watch list, whether it is on it or not.
// Errors: [ErrNotFound] (no question can have this id), [ErrUnavailable].
func (s *Service) Unwatch(ctx context.Context, account AccountID, id QuestionID) error {
	if _, err := id.key(); err != nil {
		return err
	}
	e := newExpr()
	e.exclude(attrQuestions, string(id))
	if err := s.updateWatches(ctx, account, e, nil); err != nil {
		return unavailable("unwatch question", err)
	}
	return nil
}

func (s *Service) updateWatches(ctx context.Context, account AccountID, e *expr, condition *string) error {
	_, err := s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &s.resources.Watches,
		Key:                       item{attrAccount: str(string(account))},
		UpdateExpression:          e.update(),
		ConditionExpression:       condition,
		ExpressionAttributeNames:  e.names,
		ExpressionAttributeValues: e.values,
	})
	return err
}

// Watches returns the account's watch list, ordered by id. Questions on it may have
// expired since. Errors: [ErrUnavailable].
func (s *Service) Watches(ctx context.Context, account AccountID) ([]QuestionID, error) {
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.resources.Watches, Key: item{attrAccount: str(string(account))}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, unavailable("read watch list", err)
	}
	set, _ := out.Item[attrQuestions].(*types.AttributeValueMemberSS)
	if set == nil {
		return nil, nil
	}
	ids := make([]QuestionID, len(set.Value))
	for i, id := range set.Value {
		ids[i] = QuestionID(id)
	}
	slices.Sort(ids)
	return ids, nil
}
