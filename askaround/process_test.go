package askaround

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"
)

// outcome returns the status of an operation, or the code of its failure.
func (w *world) outcome(i int, op Operation) string {
	w.t.Helper()
	got := w.operation(i, op.ID)
	if got.Failure == nil {
		return string(got.Status)
	}
	if got.Status != StatusFailed || got.Failure.Detail == "" {
		w.t.Errorf("operation %+v", got)
	}
	return string(got.Failure.Code)
}

func TestRules(t *testing.T) {
	w := newWorld(t)
	star, geo := w.ask(KindStar, manhattan), w.ask(KindGeo, manhattan)
	closed, unknown := w.ask(KindStar, manhattan), QuestionID(strings.Replace(string(star), star.suffix(), digest("none"), 1))
	w.run()
	if err := w.service.Close(w.ctx(), account(0), closed); err != nil {
		t.Fatal(err)
	}
	degree := 111_195.0 // metres
	inside := Location{manhattan.Lat + (float64(DefaultRadius)-5)/degree, manhattan.Lng}
	outside := Location{manhattan.Lat + (float64(DefaultRadius)+5)/degree, manhattan.Lng}
	half := Value{Kind: KindStar, Stars: 1}
	for _, test := range []struct {
		reason   string
		user     int
		question QuestionID
		value    Value
		want     string
	}{
		{"a rating", 1, star, half, "succeeded"},
		{"a place inside of the circle", 1, geo, Value{Kind: KindGeo, Location: inside}, "succeeded"},
		{"a place outside of the circle", 2, geo, Value{Kind: KindGeo, Location: outside}, "outside_circle"},
		{"a place at the other end of the world", 2, geo, Value{Kind: KindGeo, Location: Location{-manhattan.Lat, 180 + manhattan.Lng}}, "outside_circle"},
		{"one's own question", 0, star, half, "own_question"},
		{"a rating for a place", 1, geo, half, "kind_mismatch"},
		{"a place for a rating", 1, star, Value{Kind: KindGeo, Location: manhattan}, "kind_mismatch"},
		{"a closed question", 1, closed, half, "question_closed"},
		{"a question that does not exist", 1, unknown, half, "question_not_found"},
	} {
		op := w.answer(test.user, test.question, test.value)
		w.run()
		if got := w.outcome(test.user, op); got != test.want {
			t.Errorf("%s: %s, want %s", test.reason, got, test.want)
		}
	}
	if s := w.sums(star); s.Answers != 1 {
		t.Errorf("refused answers count: %+v", s)
	}

	for reason, id := range map[string]QuestionID{"of an answer never given": geo, "from a closed question": closed} {
		op := w.withdraw(3, id)
		w.run()
		if got := w.outcome(3, op); got != "succeeded" {
			t.Errorf("withdrawal %s: %s", reason, got)
		}
	}
	w.clock.Advance(QuestionLifetime)
	late := w.rate(1, star, 4)
	w.run()
	if got := w.outcome(1, late); got != "question_expired" {
		t.Errorf("answer after a year: %s", got)
	}
	w.noDeadLetters()
}

func (id QuestionID) suffix() string { return string(id)[17:] }

// TestAnswerBeforeItsQuestion: queues do not keep order between each other.
func TestAnswerBeforeItsQuestion(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	op := w.rate(1, id, 6)
	if _, failed := w.deliverQueue(w.resources.StarAnswersQueue, w.worker.ProcessAnswers); failed != 1 {
		t.Fatal("the answer did not wait")
	}
	if got := w.outcome(1, op); got != "pending" {
		t.Errorf("operation is %s", got)
	}
	// The worker made it visible again after a second, not after the queue's minute.
	w.clock.Advance(time.Second)
	w.deliverQueue(w.resources.QuestionsQueue, w.worker.ProcessQuestions)
	if delivered, failed := w.deliverQueue(w.resources.StarAnswersQueue, w.worker.ProcessAnswers); delivered != 1 || failed != 0 {
		t.Errorf("%d delivered, %d failed", delivered, failed)
	}
	if got := w.outcome(1, op); got != "succeeded" {
		t.Errorf("operation is %s", got)
	}
}

// TestOrderOfUpdates: any permutation of a user's updates ends at the latest (goal E07).
func TestOrderOfUpdates(t *testing.T) {
	ratings := []HalfStars{1, 3, 5}
	if slow() {
		ratings = append(ratings, 7)
	}
	for _, order := range permutations(len(ratings) + 1) {
		w := newWorld(t)
		id := w.ask(KindStar, manhattan)
		w.run()
		for _, half := range ratings {
			w.rate(1, id, half)
		}
		w.withdraw(1, id)
		bodies := w.takeBodies(w.resources.StarAnswersQueue)
		for _, i := range order {
			if r, err := w.worker.ProcessAnswers(w.ctx(), w.answersEvent(bodies[i:i+1])); err != nil || len(r.BatchItemFailures) > 0 {
				t.Fatal(r, err)
			}
		}
		w.deliverStreams(w.worker)
		if _, err := w.service.OwnAnswer(w.ctx(), account(1), id); !errors.Is(err, ErrNotFound) {
			t.Errorf("order %v: an answer came back after its withdrawal: %v", order, err)
		}
		if diff := cmp.Diff(fold(nil), w.sums(id)); diff != "" {
			t.Errorf("order %v: (-want +got)\n%s", order, diff)
		}
	}
}

func permutations(n int) [][]int {
	if n == 0 {
		return [][]int{nil}
	}
	var out [][]int
	for _, p := range permutations(n - 1) {
		for i := range n {
			q := append(append(append([]int{}, p[:i]...), n-1), p[i:]...)
			out = append(out, q)
		}
	}
	return out
}

func TestModeration(t *testing.T) {
	var calls atomic.Int32
	w := newWorld(t, func(o *WorkerOptions) {
		o.Moderate = func(_ context.Context, q Question) (Verdict, error) {
			switch {
			case strings.Contains(q.Text, "rude"):
				return Verdict{Reject: true, Reason: "Be kind."}, nil
			case strings.Contains(q.Text, "down"):
				calls.Add(1)
				return Verdict{}, errInjected
			case strings.Contains(q.Text, "shaky") && calls.Add(1)%2 == 1:
				return Verdict{}, errInjected
			}
			return Verdict{}, nil
		}
	})
	for _, test := range []struct {
		reason, text, want string
	}{
		{"passes", "Is it open?", "succeeded"},
		{"is rejected", "A rude one?", "rejected"},
		{"passes at the second attempt", "A shaky one?", "succeeded"},
		{"is given up", "Is moderation down?", "moderation_unavailable"},
	} {
		calls.Store(0)
		op, err := w.service.Ask(w.ctx(), AskInput{Account: account(0), Text: test.text, Kind: KindStar, Location: manhattan})
		if err != nil {
			t.Fatal(err)
		}
		w.run()
		if got := w.outcome(0, op); got != test.want {
			t.Errorf("%s: %s", test.reason, got)
		}
		_, err = w.service.Question(w.ctx(), account(0), op.Question)
		if stored := err == nil; stored != (test.want == "succeeded") {
			t.Errorf("%s: stored %t", test.reason, stored)
		}
		if test.want == "moderation_unavailable" && calls.Load() != moderationPatience {
			t.Errorf("%s after %d calls, want %d", test.reason, calls.Load(), moderationPatience)
		}
	}
	w.noDeadLetters()
}

// TestChangeOfMind: moderation that judges a redelivered message otherwise changes
// nothing, since the operation was settled with its effect.
func TestChangeOfMind(t *testing.T) {
	for _, rejectFirst := range []bool{true, false} {
		reject := rejectFirst
		w := newWorld(t, func(o *WorkerOptions) {
			o.Moderate = func(context.Context, Question) (Verdict, error) {
				v := Verdict{Reject: reject}
				reject = !reject
				return v, nil
			}
		})
		op, err := w.service.Ask(w.ctx(), AskInput{Account: account(0), Text: "Open?", Kind: KindStar, Location: manhattan})
		if err != nil {
			t.Fatal(err)
		}
		messages := w.receive(w.resources.QuestionsQueue, 10)
		for range 3 {
			if r, err := w.worker.ProcessQuestions(w.ctx(), events.SQSEvent{Records: messages}); err != nil || len(r.BatchItemFailures) > 0 {
				t.Fatal(r, err)
			}
		}
		_, err = w.service.Question(w.ctx(), account(0), op.Question)
		want := "succeeded"
		if rejectFirst {
			want = "rejected"
		}
		if got := w.outcome(0, op); got != want || (err == nil) == rejectFirst {
			t.Errorf("first verdict reject=%t: operation %s, question %v", rejectFirst, got, err)
		}
	}
}

// TestOneBadPublisherMessage: when the broker is down outcomes wait, and then arrive.
func TestBrokerDown(t *testing.T) {
	w := newWorld(t)
	down := true
	w.published.fail = func(string) error {
		if down {
			return errInjected
		}
		return nil
	}
	id := w.ask(KindStar, manhattan)
	if _, failed := w.deliverQueue(w.resources.QuestionsQueue, w.worker.ProcessQuestions); failed != 1 {
		t.Error("an outcome that was not told is taken as done")
	}
	if _, err := w.service.Question(w.ctx(), account(0), id); err != nil {
		t.Errorf("the question waits for the broker: %v", err)
	}
	shard := w.shards(w.resources.Questions)[0]
	records := w.records(w.resources.Questions, shard)
	if from := w.publishQuestions(w.worker)(w.ctx(), shard, records); from != records[0].Change.SequenceNumber {
		t.Errorf("repeats from %q", from)
	}
	down = false
	w.clock.Advance(time.Minute)
	w.run()
	if n := len(w.published.take()); n != 2 {
		t.Errorf("%d messages, want the outcome and the question", n)
	}
}

// TestDeadlineOfABatch: what is not begun in time is reported, not lost.
func TestDeadlineOfABatch(t *testing.T) {
	w := newWorld(t)
	w.ask(KindStar, manhattan)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	messages := w.receive(w.resources.QuestionsQueue, 10)
	r, err := w.worker.ProcessQuestions(ctx, events.SQSEvent{Records: messages})
	if err != nil || len(r.BatchItemFailures) != 1 || r.BatchItemFailures[0].ItemIdentifier != messages[0].MessageId {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWrongEventSource(t *testing.T) {
	w := newWorld(t)
	if _, err := w.worker.ProcessAnswers(w.ctx(), events.SQSEvent{Records: []events.SQSMessage{{EventSourceARN: "arn:aws:sqs:x:y:other"}}}); err == nil {
		t.Error("a queue of somebody else is taken")
	}
	var window events.DynamoDBTimeWindowEvent
	if _, err := w.worker.AggregateAnswers(w.ctx(), window); err != nil {
		t.Errorf("the end of a window: %v", err)
	}
	window.Records = make([]events.DynamoDBEventRecord, 1)
	if _, err := w.worker.AggregateAnswers(w.ctx(), window); err == nil {
		t.Error("a stream without a window is taken, and shards would be mixed up")
	}
}

func TestClose(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.published.take()
	if err := w.service.Close(w.ctx(), account(1), id); !errors.Is(err, ErrForbidden) {
		t.Errorf("another closes it: %v", err)
	}
	for range 2 {
		if err := w.service.Close(w.ctx(), account(0), id); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if q := w.question(id); q.State != StateClosed || q.Summary.Version != 1 {
		t.Errorf("question %+v", q)
	}
	w.run()
	q := w.question(id).Question
	geo, _ := geoTopic(id)
	want := map[publication]bool{
		{geo.String(), toJSON(t, QuestionMessage{TypeQuestion, q})}:                                    true,
		{"askaround/v1/question/" + string(id), toJSON(t, QuestionMessage{TypeQuestion, q})}:           true,
		{"askaround/v1/question/" + string(id), toJSON(t, SummaryMessage{TypeSummary, id, q.Summary})}: true,
	}
	got := map[publication]bool{}
	for _, m := range w.published.take() {
		got[m] = true
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(publication{})); diff != "" {
		t.Errorf("published (-want +got)\n%s", diff)
	}
	if err := w.service.Close(w.ctx(), account(0), QuestionID(string(id)[:17]+digest("x"))); !errors.Is(err, ErrNotFound) {
		t.Errorf("an unknown question: %v", err)
	}
	w.clock.Advance(QuestionLifetime)
	if err := w.service.Close(w.ctx(), account(0), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("an expired question: %v", err)
	}
}

func TestAnnounce(t *testing.T) {
	w := newWorld(t)
	if err := w.worker.Announce(w.ctx(), "Back in a minute."); err != nil {
		t.Fatal(err)
	}
	if err := w.worker.Announce(w.ctx(), ""); !errors.Is(err, ErrInvalid) {
		t.Errorf("an empty notice: %v", err)
	}
	want := []publication{{"askaround/v1/system", `{"type":"notice","text":"Back in a minute."}`}}
	if diff := cmp.Diff(want, w.published.take(), cmp.AllowUnexported(publication{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestOutageThenAnswerFirst: messages that were received often because AWS was down are
// not out of patience when it comes back.
func TestOutageThenAnswerFirst(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	op := w.rate(1, id, 6)
	c := &crasher{crashAt: 1}
	down := w.newWorker(crashingDB{w.db, c}, w.queues, w.published)
	for range 10 {
		if _, failed := w.deliverQueues(down); failed != 2 {
			t.Fatalf("%d messages failed", failed)
		}
		w.clock.Advance(2 * time.Minute)
	}
	w.deliverQueue(w.resources.StarAnswersQueue, w.worker.ProcessAnswers)
	if got := w.outcome(1, op); got != "pending" {
		t.Fatalf("the answer is %s before its question had a chance", got)
	}
	w.clock.Advance(2 * time.Minute)
	w.deliverQueue(w.resources.QuestionsQueue, w.worker.ProcessQuestions)
	w.run()
	if got := w.outcome(1, op); got != "succeeded" {
		t.Errorf("the answer is %s", got)
	}
}

// TestParallel: everything is done once, by as many at a time as there may be.
func TestParallel(t *testing.T) {
	for _, row := range []struct{ n, workers, most int }{{0, 3, 0}, {1, 3, 1}, {2, 3, 2}, {50, 3, 3}, {50, 1, 1}} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			done, now, peak := make([]int, row.n), 0, 0
			parallel(row.n, row.workers, func(i int) {
				mu.Lock()
				now++
				peak, done[i] = max(peak, now), done[i]+1
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				defer mu.Unlock()
				now--
			})
			if peak != row.most || slices.ContainsFunc(done, func(times int) bool { return times != 1 }) {
				t.Errorf("%+v: up to %d at a time; done %v", row, peak, done)
			}
		})
	}
}
