package askaround

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"
)

func TestDelete(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 8)
	w.run()
	w.published.take()
	if err := w.service.Delete(w.ctx(), account(1), id); !errors.Is(err, ErrForbidden) {
		t.Errorf("another deletes it: %v", err)
	}
	if err := w.service.Delete(w.ctx(), account(0), id); err != nil {
		t.Fatal(err)
	}
	if err := w.service.Delete(w.ctx(), account(0), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("deleted twice: %v", err)
	}
	if _, err := w.service.Question(w.ctx(), account(0), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("it can still be read: %v", err)
	}
	if page, err := w.service.Nearby(w.ctx(), NearbyInput{Center: manhattan}); err != nil || len(page.Questions) > 0 {
		t.Errorf("it is still listed: %+v, %v", page, err)
	}
	if err := w.service.Watch(w.ctx(), account(1), id); !errors.Is(err, ErrNotFound) {
		t.Errorf("it can still be watched: %v", err)
	}
	late := w.rate(2, id, 4)
	w.run()
	if got := w.outcome(2, late); got != string(FailedQuestionExpired) {
		t.Errorf("a late answer is %s", got)
	}
	geo, _ := geoTopic(id)
	told := map[string]QuestionMessage{}
	for _, m := range w.published.take() {
		if strings.Contains(m.payload, "Is it open?") {
			t.Errorf("its text was published: %s", m.payload)
		}
		var q QuestionMessage
		if json.Unmarshal([]byte(m.payload), &q) == nil && q.Type == TypeQuestion {
			told[m.topic] = q
		}
	}
	for _, topic := range []string{geo.String(), "askaround/v1/question/" + string(id)} {
		if q, ok := told[topic]; !ok || q.Question.ExpiresAt.After(w.clock.Now()) {
			t.Errorf("on %s: %+v, want the question as expired", topic, q)
		}
	}
	w.noDeadLetters()
}

func TestWatchListIsTold(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	tell := func() []publication {
		w.published.take()
		w.deliverStream(w.resources.Watches, w.stream(w.worker.PublishWatches))
		return w.published.take()
	}
	message := func(i int, watching bool) publication {
		return publication{"askaround/v1/account/" + string(account(i)),
			toJSON(t, WatchMessage{TypeWatch, id, watching})}
	}
	for _, step := range []struct {
		reason string
		do     func(context.Context, AccountID, QuestionID) error
		user   int
		want   []publication
	}{
		{"nothing yet", nil, 0, nil},
		{"watching", w.service.Watch, 1, []publication{message(1, true)}},
		{"watching again", w.service.Watch, 1, nil},
		{"somebody else", w.service.Watch, 2, []publication{message(2, true)}},
		{"unwatching", w.service.Unwatch, 1, []publication{message(1, false)}},
		{"unwatching again", w.service.Unwatch, 1, nil},
	} {
		if step.do != nil {
			if err := step.do(w.ctx(), account(step.user), id); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(step.want, tell(), cmp.AllowUnexported(publication{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", step.reason, diff)
		}
	}
	w.noDeadLetters()
}

func TestQuota(t *testing.T) {
	w := newWorld(t)
	limited, err := NewService(w.db, w.queues, w.resources, func(o *ServiceOptions) {
		o.Clock, o.Quota = w.clock.Now, Quota{Asks: 3, Answers: 5}
	})
	if err != nil {
		t.Fatal(err)
	}
	id := w.ask(KindStar, manhattan)
	w.clock.Advance(20 * time.Minute)
	ask := func(i int, key string) error {
		_, err := limited.Ask(w.ctx(), AskInput{Account: account(i), IdempotencyKey: key, Text: "Is it open?", Kind: KindStar, Location: manhattan})
		return err
	}
	// Many at once, each of them twice: exactly the quota gets through.
	var wg sync.WaitGroup
	errs := make([]error, 12)
	for i := range errs {
		wg.Go(func() { errs[i] = ask(1, "key-"+strconv.Itoa(i/2)) })
	}
	wg.Wait()
	accepted := map[int]bool{}
	for i, err := range errs {
		var over *QuotaError
		switch {
		case err == nil:
			accepted[i/2] = true
		case !errors.As(err, &over) || !errors.Is(err, ErrQuota) || over.Quota != 3 || over.Retry != 40*time.Minute:
			t.Errorf("refused with %v", err)
		}
	}
	if len(accepted) != 3 {
		t.Errorf("%d questions accepted, want 3", len(accepted))
	}
	for i := range accepted {
		if err := ask(1, "key-"+strconv.Itoa(i)); err != nil {
			t.Errorf("a repeated key is refused: %v", err)
		}
	}
	if err := ask(2, ""); err != nil {
		t.Errorf("another account: %v", err)
	}
	for i := range 6 {
		_, err := limited.Answer(w.ctx(), AnswerInput{Account: account(1), Question: id, Value: Value{Kind: KindStar, Stars: 4}})
		if (err == nil) != (i < 5) {
			t.Errorf("answer %d: %v", i, err)
		}
	}
	w.clock.Advance(40 * time.Minute)
	if err := ask(1, ""); err != nil {
		t.Errorf("in the next hour: %v", err)
	}
	if _, err := NewService(w.db, w.queues, w.resources, func(o *ServiceOptions) { o.Quota.Asks = -1 }); !errors.Is(err, ErrOptions) {
		t.Errorf("a quota below 0: %v", err)
	}
}

// TestModerationTakesItsTime: a request is accepted while moderation is busy with others
// and does not answer at all.
func TestModerationTakesItsTime(t *testing.T) {
	busy, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, func(o *WorkerOptions) {
		o.Moderate = func(ctx context.Context, _ Question) (Verdict, error) {
			busy <- struct{}{}
			<-release
			return Verdict{}, nil
		}
	})
	first := w.ask(KindStar, manhattan)
	var wg sync.WaitGroup
	wg.Go(func() { w.deliverQueue(w.resources.QuestionsQueue, w.worker.ProcessQuestions) })
	<-busy
	second := w.ask(KindStar, manhattan) // would wait for ever if it waited for moderation
	close(release)
	go func() {
		for range busy {
		}
	}()
	wg.Wait()
	w.run()
	close(busy)
	w.question(first)
	w.question(second)
}

// TestSearchLeavesNoTrace: where somebody is when they search is stored nowhere.
func TestSearchLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	w.ask(KindStar, manhattan)
	w.run()
	here := Location{40.71281234567, -74.00601234567}
	page, err := w.service.Nearby(w.ctx(), NearbyInput{Account: account(3), Center: here, Limit: 1})
	if err != nil || len(page.Questions) != 1 {
		t.Fatal(page, err)
	}
	if _, err := LiveTopics(here, 0); err != nil {
		t.Fatal(err)
	}
	client := dynamodb.NewFromConfig(w.local.Config())
	r := w.resources
	for _, table := range []string{r.Questions, r.Answers, r.Heat, r.Operations, r.Watches, r.Counted} {
		out, err := client.Scan(w.ctx(), &dynamodb.ScanInput{TableName: &table})
		if err != nil {
			t.Fatal(err)
		}
		stored := toJSON(t, out.Items)
		for _, trace := range []string{"40.71281234567", "74.00601234567", string(account(3))} {
			if strings.Contains(stored, trace) {
				t.Errorf("table %s holds %s", table, trace)
			}
		}
	}
}
