package askaround

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// Reads are strongly consistent: a client that subscribes to a topic first and reads
// then must find all that was published before it subscribed. An eventually consistent
// read may be older than that, and leave a gap.

// Question returns one question with its heat. account decides Mine. Errors:
// [ErrNotFound], [ErrUnavailable].
func (s *Service) Question(ctx context.Context, account AccountID, id QuestionID) (QuestionDetail, error) {
	q, err := s.question(ctx, id)
	if err != nil {
		return QuestionDetail{}, err
	}
	if !q.ExpiresAt.After(s.options.Clock()) {
		return QuestionDetail{}, fmt.Errorf("%w: question %s has expired", ErrNotFound, id)
	}
	detail := QuestionDetail{QuestionView: q.view(account)}
	if q.Kind == KindGeo {
		if detail.Heat, err = s.heat(ctx, id); err != nil {
			return QuestionDetail{}, err
		}
	}
	return detail, nil
}

// view returns the question as account sees it.
func (q questionRecord) view(account AccountID) QuestionView {
	return QuestionView{Question: q.Question, Mine: q.author == account && account != ""}
}

// question reads a question, expired or not. Errors: [ErrNotFound], [ErrUnavailable].
func (s stores) question(ctx context.Context, id QuestionID) (questionRecord, error) {
	key, err := id.key()
	if err != nil {
		return questionRecord{}, err
	}
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.resources.Questions, Key: s.index.PrimaryKey(key), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return questionRecord{}, unavailable("read question", err)
	}
	if out.Item == nil {
		return questionRecord{}, fmt.Errorf("%w: question %s", ErrNotFound, id)
	}
	return s.parseQuestionItem(out.Item)
}

func (s stores) parseQuestionItem(it item) (questionRecord, error) {
	p, err := s.index.ParseItem(it)
	if err != nil {
		return questionRecord{}, err
	}
	return parseQuestion(p)
}

// heat reads all parts of a question's heat. There are as many as cells of level
// HeatPartLevel meet its circle: about a dozen.
func (s *Service) heat(ctx context.Context, id QuestionID) ([]HeatPart, error) {
	e := newExpr()
	pages := dynamodb.NewQueryPaginator(s.db, &dynamodb.QueryInput{
		TableName:                 &s.resources.Heat,
		KeyConditionExpression:    aws.String(e.name(attrQuestion) + " = " + e.value(str(string(id)))),
		ExpressionAttributeNames:  e.names,
		ExpressionAttributeValues: e.values,
		ConsistentRead:            aws.Bool(true),
	})
	heat := []HeatPart{}
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, unavailable("read heat", err)
		}
		for _, it := range page.Items {
			_, part, err := parseHeat(it)
			if err != nil {
				s.options.Logger.ErrorContext(ctx, "skipped a heat item", "question", id, "error", err)
				continue
			}
			heat = append(heat, part)
		}
	}
	slices.SortFunc(heat, func(a, b HeatPart) int { return strings.Compare(a.Part, b.Part) })
	return heat, nil
}

// OwnAnswer returns the account's answer that stands. Errors: [ErrNotFound],
// [ErrUnavailable].
func (s *Service) OwnAnswer(ctx context.Context, account AccountID, id QuestionID) (Answer, error) {
	if _, err := id.key(); err != nil {
		return Answer{}, err
	}
	none := fmt.Errorf("%w: no answer to question %s", ErrNotFound, id)
	if !validBase32(string(account)) {
		return Answer{}, none
	}
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.resources.Answers, Key: answerKey(id, account), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Answer{}, unavailable("read answer", err)
	}
	if out.Item == nil {
		return Answer{}, none
	}
	r, err := parseAnswer(out.Item)
	if err != nil {
		return Answer{}, unavailable("read answer", err)
	}
	if r.value.Kind == "" || r.expiresAt <= s.options.Clock().Unix() {
		return Answer{}, none
	}
	return Answer{Question: id, Value: r.value, AcceptedAt: acceptedTime(r.acceptedAt)}, nil
}

// Operation returns the account's operation. Errors: [ErrNotFound], [ErrUnavailable].
func (s *Service) Operation(ctx context.Context, account AccountID, id OperationID) (Operation, error) {
	none := fmt.Errorf("%w: operation %.26q", ErrNotFound, id)
	if !validBase32(string(id)) {
		return Operation{}, none
	}
	out, err := s.db.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.resources.Operations, Key: operationKey(id), ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return Operation{}, unavailable("read operation", err)
	}
	if out.Item == nil {
		return Operation{}, none
	}
	r, err := parseOperation(out.Item)
	if err != nil {
		return Operation{}, unavailable("read operation", err)
	}
	if r.account != account {
		return Operation{}, none
	}
	return r.Operation, nil
}
