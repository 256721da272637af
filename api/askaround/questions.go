package askaround

import (
	"context"
	"errors"
	"iter"

	"github.com/askaround/askaround-go/internal/apiclient"
)

// AskQuestion asks a question. What it returns has the question's id, by which it can be
// read once [Pending.Wait] has returned.
func (c *Client) AskQuestion(ctx context.Context, q NewQuestion, optFns ...CallOption) (*Pending, error) {
	call := apiclient.NewCall(optFns)
	r, err := c.generated.AskQuestion(ctx, &AskQuestionParams{IdempotencyKey: call.Key}, q)
	return c.accepted("ask question", r, err)
}

// Questions returns the open questions around a place, exactly, in the order that p asks
// for, reading page after page of p.Limit questions (20 by default) as they are wanted. It
// ends after an error.
func (c *Client) Questions(ctx context.Context, p ListQuestionsParams) iter.Seq2[Question, error] {
	return apiclient.Pages(func(cursor *string) ([]Question, *string, error) {
		at := p
		if cursor != nil {
			at.Cursor = cursor
		}
		page, err := c.ListQuestions(ctx, at)
		if err != nil {
			return nil, nil, err
		}
		return page.Items, page.NextCursor, nil
	})
}

// ListQuestions returns one page of the open questions around a place.
func (c *Client) ListQuestions(ctx context.Context, p ListQuestionsParams) (*QuestionPage, error) {
	r, err := c.generated.ListQuestions(ctx, &p)
	page, _, err := apiclient.Decode[QuestionPage](api, "list questions", r, err)
	return page, err
}

// GetQuestion returns a question with its summary and, for a geo question, its heat map.
func (c *Client) GetQuestion(ctx context.Context, id QuestionID) (*Question, error) {
	r, err := c.generated.GetQuestion(ctx, id, nil)
	q, _, err := apiclient.Decode[Question](api, "get question", r, err)
	return q, err
}

// CloseQuestion closes a question of the caller's own, for good. Closing it again does
// nothing.
func (c *Client) CloseQuestion(ctx context.Context, id QuestionID) error {
	r, err := c.generated.CloseQuestion(apiclient.Repeatable(ctx), id)
	return api.Done("close question", r, err)
}

// DeleteQuestion takes a question of the caller's own away from everybody. Deleting what
// is gone does nothing.
func (c *Client) DeleteQuestion(ctx context.Context, id QuestionID) error {
	r, err := c.generated.DeleteQuestion(ctx, id)
	if err = api.Done("delete question", r, err); errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// Stars is the answer to a star question: 0 to 5 in half steps.
func Stars(stars float64) AnswerValue { return AnswerValue{Stars: &stars} }

// Place is the answer to a geo question, in degrees north and east.
func Place(lat, lng float64) AnswerValue {
	return AnswerValue{Location: &LatLng{Lat: lat, Lng: lng}}
}

// PutAnswer answers a question, or changes the answer.
func (c *Client) PutAnswer(ctx context.Context, id QuestionID, v AnswerValue, optFns ...CallOption) (*Pending, error) {
	call := apiclient.NewCall(optFns)
	r, err := c.generated.PutAnswer(ctx, id, &PutAnswerParams{IdempotencyKey: &call.Key}, v)
	return c.accepted("put answer", r, err)
}

// GetAnswer returns the caller's own answer; the error is [ErrNotFound] where there is none.
func (c *Client) GetAnswer(ctx context.Context, id QuestionID) (*Answer, error) {
	r, err := c.generated.GetAnswer(ctx, id)
	a, _, err := apiclient.Decode[Answer](api, "get answer", r, err)
	return a, err
}

// DeleteAnswer withdraws the caller's own answer. Withdrawing what is not there succeeds.
func (c *Client) DeleteAnswer(ctx context.Context, id QuestionID, optFns ...CallOption) (*Pending, error) {
	call := apiclient.NewCall(optFns)
	r, err := c.generated.DeleteAnswer(ctx, id, &DeleteAnswerParams{IdempotencyKey: &call.Key})
	return c.accepted("delete answer", r, err)
}
