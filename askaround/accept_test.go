package askaround

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"
)

// TestOneKeyOneQuestion posts one key 100 times at once (goal E06).
func TestOneKeyOneQuestion(t *testing.T) {
	w := newWorld(t)
	in := AskInput{Account: account(0), IdempotencyKey: "6ba7b810", Text: "Open?", Kind: KindStar, Location: manhattan}
	var wg sync.WaitGroup
	operations := make([]Operation, 100)
	for i := range operations {
		wg.Go(func() {
			op, err := w.service.Ask(w.ctx(), in)
			if err != nil {
				t.Error(err)
			}
			operations[i] = op
		})
	}
	wg.Wait()
	for _, op := range operations[1:] {
		if diff := cmp.Diff(operations[0], op); diff != "" {
			t.Fatalf("one key has two operations\n%s", diff)
		}
	}
	w.run()
	page, err := w.service.Nearby(w.ctx(), NearbyInput{Account: account(0), Center: manhattan})
	if err != nil || len(page.Questions) != 1 || page.Questions[0].ID != operations[0].Question {
		t.Fatalf("questions %+v, %v", page.Questions, err)
	}
	// Answers, and then the key once more: nothing is reset (defect 6).
	w.rate(1, operations[0].Question, 8)
	w.run()
	again, err := w.service.Ask(w.ctx(), in)
	if err != nil || again.Status != StatusSucceeded || again.ID != operations[0].ID {
		t.Errorf("repeated later: %+v, %v", again, err)
	}
	w.run()
	if s := w.sums(operations[0].Question); s.Answers != 1 || s.SumHalfStars != 8 {
		t.Errorf("sums were reset: %+v", s)
	}
	w.noDeadLetters()
}

func TestKeyOfAnotherRequest(t *testing.T) {
	w := newWorld(t)
	const key = "k"
	in := AskInput{Account: account(0), IdempotencyKey: key, Text: "Open?", Kind: KindStar, Location: manhattan}
	op, err := w.service.Ask(w.ctx(), in)
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(*AskInput)) func() error {
		return func() error {
			in := in
			f(&in)
			_, err := w.service.Ask(w.ctx(), in)
			return err
		}
	}
	for _, test := range []struct {
		reason string
		do     func() error
		want   error
	}{
		{"the same again", change(func(*AskInput) {}), nil},
		{"the same but for spaces", change(func(in *AskInput) { in.Text = " Open? " }), nil},
		{"another text", change(func(in *AskInput) { in.Text = "Closed?" }), ErrIdempotencyConflict},
		{"another kind", change(func(in *AskInput) { in.Kind = KindGeo }), ErrIdempotencyConflict},
		{"another place in the same leaf cell", change(func(in *AskInput) { in.Location.Lat += 1e-12 }), ErrIdempotencyConflict},
		{"another place", change(func(in *AskInput) { in.Location.Lat++ }), ErrIdempotencyConflict},
		{"another account's key is another key", change(func(in *AskInput) { in.Account = account(1) }), nil},
		{"an answer", func() error {
			_, err := w.service.Answer(w.ctx(), AnswerInput{Account: account(0), IdempotencyKey: key, Question: op.Question, Value: Value{Kind: KindStar}})
			return err
		}, ErrIdempotencyConflict},
		{"a withdrawal", func() error {
			_, err := w.service.Withdraw(w.ctx(), WithdrawInput{Account: account(0), IdempotencyKey: key, Question: op.Question})
			return err
		}, ErrIdempotencyConflict},
	} {
		if err := test.do(); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.reason, err, test.want)
		}
	}
}

func TestWithoutKeyEveryAskIsItsOwn(t *testing.T) {
	w := newWorld(t)
	if a, b := w.ask(KindStar, manhattan), w.ask(KindStar, manhattan); a == b {
		t.Error("two questions share an id")
	}
}

// failingSQS does not send.
type failingSQS struct{ SQS }

func (failingSQS) SendMessage(context.Context, *sqs.SendMessageInput, ...func(*sqs.Options)) (*sqs.SendMessageOutput, error) {
	return nil, errInjected
}

// TestCrashBetweenOperationAndQueue repeats a request whose operation was stored and
// whose message was not sent.
func TestCrashBetweenOperationAndQueue(t *testing.T) {
	w := newWorld(t)
	broken, err := NewService(w.db, failingSQS{w.queues}, w.resources, func(o *ServiceOptions) { o.Clock = w.clock.Now })
	if err != nil {
		t.Fatal(err)
	}
	in := AskInput{Account: account(0), IdempotencyKey: "k", Text: "Open?", Kind: KindStar, Location: manhattan}
	if _, err := broken.Ask(w.ctx(), in); !errors.Is(err, ErrUnavailable) || !errors.Is(err, errInjected) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	first := w.clock.Now()
	w.clock.Advance(time.Minute)
	op, err := w.service.Ask(w.ctx(), in)
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	if q := w.question(op.Question); !q.CreatedAt.Equal(first) {
		t.Errorf("asked at %v, want the time of the first attempt, %v", q.CreatedAt, first)
	}
	if got := w.operation(0, op.ID); got.Status != StatusSucceeded {
		t.Errorf("operation %+v", got)
	}
}

// TestRepeatedAnswerKeepsItsPlace: an answer whose request is repeated after a newer one
// must not win over it.
func TestRepeatedAnswerKeepsItsPlace(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	old := AnswerInput{Account: account(1), IdempotencyKey: "old", Question: id, Value: Value{Kind: KindStar, Stars: 2}}
	for _, in := range []AnswerInput{old, {Account: account(1), IdempotencyKey: "new", Question: id, Value: Value{Kind: KindStar, Stars: 9}}, old} {
		if _, err := w.service.Answer(w.ctx(), in); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(time.Second)
	}
	w.run()
	if a, err := w.service.OwnAnswer(w.ctx(), account(1), id); err != nil || a.Value.Stars != 9 {
		t.Errorf("the answer that stands: %+v, %v", a, err)
	}
}

// TestAcceptedInOneTick: the clock does not move between two answers.
func TestAcceptedInOneTick(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	for half := range HalfStars(MaxHalfStars + 1) {
		w.rate(1, id, half)
	}
	w.run()
	if s := w.sums(id); s.Answers != 1 || s.SumHalfStars != MaxHalfStars {
		t.Errorf("sums %+v, want the last answer's", s)
	}
}

func TestOperationIsItsAccounts(t *testing.T) {
	w := newWorld(t)
	op := w.rate(1, w.ask(KindStar, manhattan), 4)
	for _, test := range []struct {
		reason  string
		account AccountID
		id      OperationID
		want    error
	}{
		{"its own", account(1), op.ID, nil},
		{"another's", account(2), op.ID, ErrNotFound},
		{"nobody's", "", op.ID, ErrNotFound},
		{"an unknown one", account(1), OperationID(freshID(w.clock.Now())), ErrNotFound},
		{"no id", account(1), "", ErrNotFound},
		{"a bad id", account(1), "../../etc/passwd", ErrNotFound},
	} {
		if _, err := w.service.Operation(w.ctx(), test.account, test.id); !errors.Is(err, test.want) {
			t.Errorf("%s: %v", test.reason, err)
		}
	}
}

func TestCancelledContext(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := w.service.Ask(ctx, AskInput{Account: account(0), Text: "Open?", Kind: KindStar, Location: manhattan})
	if !errors.Is(err, ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("Ask: %v", err)
	}
	if _, err := w.service.Nearby(ctx, NearbyInput{Center: manhattan}); !errors.Is(err, context.Canceled) {
		t.Errorf("Nearby: %v", err)
	}
}

func TestConstructorsRefuse(t *testing.T) {
	w := newWorld(t)
	missing := w.resources
	missing.GeoAnswersDeadLetters = ""
	for reason, err := range map[string]error{
		"no DynamoDB":      second(NewService(nil, w.queues, w.resources)),
		"no SQS":           second(NewService(w.db, nil, w.resources)),
		"a name":           second(NewService(w.db, w.queues, missing)),
		"no publisher":     second(NewWorker(w.db, w.queues, w.resources, nil)),
		"worker's name":    second(NewWorker(w.db, w.queues, missing, w.published)),
		"too many workers": second(NewWorker(w.db, w.queues, w.resources, w.published, func(o *WorkerOptions) { o.BatchWorkers = 101 })),
		"too few workers":  second(NewWorker(w.db, w.queues, w.resources, w.published, func(o *WorkerOptions) { o.BatchWorkers = -1 })),
	} {
		if !errors.Is(err, ErrOptions) {
			t.Errorf("%s: %v", reason, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestProvisionAgain(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	again, err := Provision(w.ctx(), w.db, w.queues, "test-")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w.resources, again); diff != "" {
		t.Errorf("other resources\n%s", diff)
	}
	w.question(id) // still there
	other, err := Provision(w.ctx(), w.db, w.queues, "other-")
	if err != nil || other.Questions == w.resources.Questions || other.QuestionsQueue == w.resources.QuestionsQueue {
		t.Errorf("another prefix: %+v, %v", other, err)
	}
}
