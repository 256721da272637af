package askaround

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// A question is open until its author closes it, and is shown until it expires; a year
// after it was asked, or at once when its author deletes it. An expired question is
// hidden everywhere from that moment. DynamoDB deletes its item some time later, by
// the TTL attribute.
//
//	open   ── Close ──▶ closed
//	open, closed ── Delete, or time ──▶ expired

// Close closes the account's own question: it takes no more answers and is listed no
// more, and can still be read. It acts at once, and again without harm. Errors:
// [ErrNotFound], [ErrForbidden], [ErrUnavailable].
func (s *Service) Close(ctx context.Context, account AccountID, id QuestionID) error {
	e := newExpr()
	e.assign(e.path(attrState), str(string(StateClosed)))
	e.add(attrVersion, 1)
	condition := e.name(attrState) + " = " + e.value(str(string(StateOpen)))
	return s.change(ctx, account, id, e, condition)
}

// Delete takes the account's own question away from everybody: it is closed, expired
// and without its text at once. Its answers can no longer be read by anybody but who
// gave them, and are deleted when they would have been anyway. Deleting again is
// [ErrNotFound]. Errors: [ErrNotFound], [ErrForbidden], [ErrUnavailable].
func (s *Service) Delete(ctx context.Context, account AccountID, id QuestionID) error {
	e := newExpr()
	e.assign(e.path(attrState), str(string(StateClosed)))
	e.assign(e.path(attrText), str(""))
	e.assign(e.path(attrExpiresAt), num(s.options.Clock().Unix()))
	e.add(attrVersion, 1)
	return s.change(ctx, account, id, e, "")
}

// change updates the account's own question by e, while it has not expired and the
// condition holds, if there is one. It holds no more when the change was made before.
func (s *Service) change(ctx context.Context, account AccountID, id QuestionID, e *expr, condition string) error {
	key, err := id.key()
	if err != nil {
		return err
	}
	allowed := e.name(attrAuthor) + " = " + e.value(str(string(account))) +
		" AND " + e.name(attrExpiresAt) + " > " + e.value(num(s.options.Clock().Unix()))
	if condition != "" {
		allowed += " AND " + condition
	}
	_, err = s.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &s.resources.Questions,
		Key:                                 s.index.PrimaryKey(key),
		UpdateExpression:                    e.update(),
		ConditionExpression:                 &allowed,
		ExpressionAttributeNames:            e.names,
		ExpressionAttributeValues:           e.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err == nil {
		return nil
	}
	it, refused := refusedItem(err)
	if !refused {
		return unavailable("change question", err)
	}
	return s.whyNotChanged(account, id, it)
}

// whyNotChanged tells from the item why change was refused; nil means that it was made
// before.
func (s *Service) whyNotChanged(account AccountID, id QuestionID, it item) error {
	none := fmt.Errorf("%w: question %s", ErrNotFound, id)
	if it == nil {
		return none
	}
	q, err := s.parseQuestionItem(it)
	switch {
	case err != nil:
		return unavailable("change question", err)
	case !q.ExpiresAt.After(s.options.Clock()):
		return none
	case q.author != account:
		return ErrForbidden
	case q.State == StateClosed:
		return nil
	}
	return unavailable("change question", errors.New("the condition failed for no visible reason"))
}
