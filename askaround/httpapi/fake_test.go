package httpapi_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/askaround"
)

// fake is a domain in memory that processes what it accepts at once. fails and
// waits make it a sick one.
type fake struct {
	mu         sync.Mutex
	questions  map[askaround.QuestionID]askaround.QuestionDetail
	answers    map[string]askaround.Answer // by account and question
	operations map[string]askaround.Operation
	keys       map[string]string // idempotency key to request
	watches    map[askaround.AccountID][]askaround.QuestionID
	serial     int

	fails error                       // what every method returns
	waits func(context.Context) error // what every method does first
}

func newFake() *fake {
	return &fake{
		questions:  make(map[askaround.QuestionID]askaround.QuestionDetail),
		answers:    make(map[string]askaround.Answer),
		operations: make(map[string]askaround.Operation),
		keys:       make(map[string]string),
		watches:    make(map[askaround.AccountID][]askaround.QuestionID),
	}
}

var epoch = time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)

func (f *fake) begin(ctx context.Context) error {
	if f.waits != nil {
		if err := f.waits(ctx); err != nil {
			return err
		}
	}
	return f.fails
}

// serialID is the nth id of 26 characters.
func (f *fake) serialID() string {
	f.serial++
	return fmt.Sprintf("%026d", f.serial)
}

func (f *fake) accept(account askaround.AccountID, kind askaround.OperationKind, q askaround.QuestionID) askaround.Operation {
	o := askaround.Operation{
		ID: askaround.OperationID(f.serialID()), Kind: kind, Status: askaround.StatusPending,
		Question: q, CreatedAt: epoch, UpdatedAt: epoch,
	}
	done := o
	done.Status, done.UpdatedAt = askaround.StatusSucceeded, epoch.Add(time.Second)
	if kind != askaround.OperationAsk && f.questions[q].ID == "" {
		done.Status = askaround.StatusFailed
		done.Failure = &askaround.Failure{Code: askaround.FailedQuestionNotFound, Detail: "There is no such question."}
	}
	f.operations[string(account)+string(o.ID)] = done
	return o
}

func (f *fake) Ask(ctx context.Context, in askaround.AskInput) (askaround.Operation, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.Operation{}, err
	}
	if strings.TrimSpace(in.Text) == "" {
		return askaround.Operation{}, &askaround.ValidationError{Fields: []askaround.FieldError{{Pointer: "/text", Detail: "empty: write a question"}}}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if before, ok := f.keys[in.IdempotencyKey]; ok && before != in.Text {
		return askaround.Operation{}, askaround.ErrIdempotencyConflict
	}
	if in.IdempotencyKey != "" {
		f.keys[in.IdempotencyKey] = in.Text
	}
	id := askaround.QuestionID("89c25a8c5fc1fb8d-" + f.serialID())
	q := askaround.QuestionDetail{QuestionView: askaround.QuestionView{Question: askaround.Question{
		ID: id, Text: in.Text, Kind: in.Kind, Location: in.Location, Radius: askaround.DefaultRadius,
		State: askaround.StateOpen, CreatedAt: epoch, ExpiresAt: epoch.Add(askaround.QuestionLifetime),
	}}}
	if in.Kind == askaround.KindGeo {
		q.Heat = []askaround.HeatPart{{Part: "89c25b", Version: 1, Cells: map[string]int64{"89c25a3": 2}}}
	}
	f.questions[id] = q
	return f.accept(in.Account, askaround.OperationAsk, id), nil
}

func (f *fake) Answer(ctx context.Context, in askaround.AnswerInput) (askaround.Operation, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.Operation{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.answers[string(in.Account)+string(in.Question)] = askaround.Answer{Question: in.Question, Value: in.Value, AcceptedAt: epoch}
	return f.accept(in.Account, askaround.OperationAnswer, in.Question), nil
}

func (f *fake) Withdraw(ctx context.Context, in askaround.WithdrawInput) (askaround.Operation, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.Operation{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.answers, string(in.Account)+string(in.Question))
	return f.accept(in.Account, askaround.OperationWithdraw, in.Question), nil
}

// Close closes any question: the fake does not know whose it is.
func (f *fake) Close(ctx context.Context, _ askaround.AccountID, id askaround.QuestionID) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	q, ok := f.questions[id]
	if !ok {
		return askaround.ErrNotFound
	}
	q.State = askaround.StateClosed
	f.questions[id] = q
	return nil
}

// Delete takes away any question that is there.
func (f *fake) Delete(ctx context.Context, _ askaround.AccountID, id askaround.QuestionID) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.questions[id]; !ok {
		return askaround.ErrNotFound
	}
	delete(f.questions, id)
	return nil
}

// Nearby pages through all questions by id; its cursor is the last id.
func (f *fake) Nearby(ctx context.Context, in askaround.NearbyInput) (askaround.QuestionPage, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.QuestionPage{}, err
	}
	if in.Cursor != "" && f.questions[askaround.QuestionID(in.Cursor)].ID == "" {
		return askaround.QuestionPage{}, &askaround.ValidationError{Fields: []askaround.FieldError{{Pointer: "/cursor", Detail: "not a cursor of this search"}}}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	limit := in.Limit
	if limit == 0 {
		limit = askaround.DefaultLimit
	}
	var page askaround.QuestionPage
	for i := range f.serial {
		q, ok := f.questions[askaround.QuestionID(fmt.Sprintf("89c25a8c5fc1fb8d-%026d", i+1))]
		if !ok || string(q.ID) <= in.Cursor {
			continue
		}
		if len(page.Questions) == limit {
			page.Next = string(page.Questions[limit-1].ID)
			break
		}
		view := q.QuestionView
		view.Distance = 12.5
		page.Questions = append(page.Questions, view)
	}
	return page, nil
}

func (f *fake) Question(ctx context.Context, _ askaround.AccountID, id askaround.QuestionID) (askaround.QuestionDetail, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.QuestionDetail{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	q, ok := f.questions[id]
	if !ok {
		return q, askaround.ErrNotFound
	}
	return q, nil
}

func (f *fake) OwnAnswer(ctx context.Context, account askaround.AccountID, id askaround.QuestionID) (askaround.Answer, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.Answer{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.answers[string(account)+string(id)]
	if !ok {
		return a, askaround.ErrNotFound
	}
	return a, nil
}

func (f *fake) Operation(ctx context.Context, account askaround.AccountID, id askaround.OperationID) (askaround.Operation, error) {
	if err := f.begin(ctx); err != nil {
		return askaround.Operation{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	o, ok := f.operations[string(account)+string(id)]
	if !ok {
		return o, askaround.ErrNotFound
	}
	return o, nil
}

// Watch watches any question that is there.
func (f *fake) Watch(ctx context.Context, account askaround.AccountID, id askaround.QuestionID) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.questions[id].ID == "" {
		return askaround.ErrNotFound
	}
	list := f.watches[account]
	if slices.Contains(list, id) {
		return nil
	}
	if len(list) == askaround.MaxWatches {
		return askaround.ErrWatchListFull
	}
	f.watches[account] = append(list, id)
	return nil
}

func (f *fake) Unwatch(ctx context.Context, account askaround.AccountID, id askaround.QuestionID) error {
	if err := f.begin(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watches[account] = slices.DeleteFunc(f.watches[account], func(other askaround.QuestionID) bool { return other == id })
	return nil
}

func (f *fake) Watches(ctx context.Context, account askaround.AccountID) ([]askaround.QuestionID, error) {
	if err := f.begin(ctx); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.watches[account]), nil
}
