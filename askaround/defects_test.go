package askaround

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/askaround/topic"
)

// The defects of the original application, by their numbers in the list of its faults.
// Each has a test named for it, which shows that this application does not have it;
// others look deeper:
//
//	 1 a deleted star answer blocks the shard      TestDeletedAnswers
//	 2 an answer without rating blocks the shard   TestPoisonIsMovedAway, TestUnreadableRecords
//	 3 half stars are cut off
//	 4 cells that begin with a digit, or are
//	   reserved words, block the shard
//	 5 aggregation is not idempotent               TestExactness, TestCrashAtEveryWrite, TestZombie
//	 6 a redelivered question resets its sums      TestOneKeyOneQuestion
//	 7 an older answer may win                     TestOrderOfUpdates, TestRepeatedAnswerKeepsItsPlace
//	 8 errors are swallowed, messages lost         TestCrashAtEveryWrite, TestDynamoDBDown
//	 9 others' answers can be deleted, user ids
//	   leak, items appear from nowhere, authors
//	   answer themselves                           TestRules, TestDeletedQuestion
//	10 nothing is validated                        TestAskValidates, TestAnswerValidates
//	11 results are not limited                     TestNearbyAgainstBruteForce, TestNearbyValidates
//	12 an item grows with every cell               TestHeatItemStaysSmall, TestGeoAnswersMakeHeat
//	13 everybody gets every aggregate              package cost, TestDefect13, for what it costs
//	14 questions nearby are not delivered          package watch, TestRecallAndRelevance
//	15 client ids collide                          package broker, TestTakeOver
//	16 a snapshot overwrites what came meanwhile   package watch, TestNothingIsLost, TestMerge
//	17 the page waits for ever for a position, and
//	   swaps its coordinates                       the page's own tests
//	18 failures to publish are swallowed           TestBrokerDown

func TestDefect01(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 8)
	w.run()
	w.withdraw(1, id)
	w.rate(2, id, 3)
	w.run()
	if s := w.sums(id); s.Answers != 1 || s.SumHalfStars != 3 {
		t.Errorf("sums %+v", s)
	}
}

func TestDefect02(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 7)
	good := w.takeBodies(w.resources.StarAnswersQueue)[0]
	w.send(w.resources.StarAnswersQueue, strings.Replace(good, `"answer":{"kind":"star","halfStars":7}`, `"answer":{}`, 1))
	w.send(w.resources.StarAnswersQueue, strings.Replace(good, `"halfStars":7`, `"halfStars":"7"`, 1))
	w.rate(2, id, 3)
	w.run()
	if s := w.sums(id); s.Answers != 1 || s.SumHalfStars != 3 {
		t.Errorf("sums %+v", s)
	}
	if n := len(w.deadLetters(w.resources.StarAnswersDeadLetters)); n != 2 {
		t.Errorf("%d dead letters, want 2", n)
	}
}

func TestDefect03(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	half, err := ParseStars(4.5)
	if err != nil {
		t.Fatal(err)
	}
	w.rate(1, id, half)
	w.run()
	if s := w.sums(id); s.SumHalfStars != 9 || s.Histogram[9] != 1 {
		t.Errorf("4.5 stars are %d half stars", s.SumHalfStars)
	}
}

// TestDefect04 counts in cells of every name that broke the original's update: all first
// characters of geohashes, and the reserved words that its alphabet can spell.
func TestDefect04(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	w.run()
	words := strings.Fields("bucket except member number reduce regexp return skewed struct system unnest")
	for _, c := range "0123456789bcdefghjkmnpqrstuvwxyz" {
		words = append(words, string(c)+"q8yyk")
	}
	for i, word := range words {
		p, err := parsePosition(fmt.Sprint(1000 + i))
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{"part", word} {
			c := change{question: id, position: p, at: 1, new: contribution{kind: KindGeo, cell: word, part: part}}
			if _, err := w.worker.applyPosting(w.ctx(), "shard-"+word, posting{target{id, part}, []change{c}}); err != nil {
				t.Errorf("%s: %v", word, err)
			}
		}
	}
	for _, part := range w.question(id).Heat {
		if part.Part != "part" && part.Cells[part.Part] != 1 {
			t.Errorf("cell %s: %v", part.Part, part.Cells)
		}
		if part.Part == "part" && len(part.Cells) != len(words) {
			t.Errorf("%d cells, want %d", len(part.Cells), len(words))
		}
	}
}

// TestDefect04Places answers in the regions that broke it.
func TestDefect04Places(t *testing.T) {
	w := newWorld(t)
	for city, at := range map[string]Location{
		"San Francisco": {37.7749, -122.4194}, "Denver": {39.7392, -104.9903}, "Dallas": {32.7767, -96.797},
		"Mexico City": {19.4326, -99.1332}, "Lima": {-12.0464, -77.0428}, "São Paulo": {-23.5505, -46.6333},
		"Berlin": {52.52, 13.405}, "Sydney": {-33.8688, 151.2093}, "Suva": {-18.1248, 178.4501}, "South Pole": {-90, 0},
	} {
		id := w.ask(KindGeo, at)
		w.run()
		w.place(1, id, at)
		w.run()
		if s := w.sums(id); s.Answers != 1 || s.Cells[cellOf(at)] != 1 {
			t.Errorf("%s: %+v", city, s)
		}
	}
	w.noDeadLetters()
}

// TestDefect05 gives the same batch again, with half of it done, as after a failure midway.
func TestDefect05(t *testing.T) {
	for _, mode := range modes {
		w := newWorld(t, func(o *WorkerOptions) { o.Aggregation = mode })
		ids := []QuestionID{w.ask(KindStar, manhattan), w.ask(KindStar, manhattan)}
		w.run()
		for user := 1; user <= 6; user++ {
			w.rate(user, ids[user%2], HalfStars(user))
		}
		w.deliverQueues(w.worker)
		shard := w.shards(w.resources.Answers)[0]
		records := w.records(w.resources.Answers, shard)
		for _, n := range []int{3, 6, 2, 6} {
			if from := w.aggregate(w.worker)(w.ctx(), shard, records[:n]); from != "" {
				t.Fatalf("%s: repeats from %s", mode, from)
			}
		}
		if a, b := w.sums(ids[0]), w.sums(ids[1]); a.Answers != 3 || a.SumHalfStars != 2+4+6 || b.Answers != 3 || b.SumHalfStars != 1+3+5 {
			t.Errorf("%s: sums %+v and %+v", mode, a, b)
		}
	}
}

func TestDefect06(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	body := w.takeBodies(w.resources.QuestionsQueue)[0]
	w.send(w.resources.QuestionsQueue, body)
	w.run()
	w.rate(1, id, 8)
	w.run()
	before := w.question(id)
	for range 3 {
		w.send(w.resources.QuestionsQueue, body)
	}
	w.run()
	if after := w.question(id); after.Summary != before.Summary {
		t.Errorf("sums %+v became %+v", before.Summary, after.Summary)
	}
	w.noDeadLetters()
}

func TestDefect07(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 2)
	w.rate(1, id, 9)
	bodies := w.takeBodies(w.resources.StarAnswersQueue)
	for _, body := range []string{bodies[1], bodies[0]} { // the older is processed last
		if r, err := w.worker.ProcessAnswers(w.ctx(), w.answersEvent([]string{body})); err != nil || len(r.BatchItemFailures) > 0 {
			t.Fatal(r, err)
		}
	}
	w.run()
	if s := w.sums(id); s.Answers != 1 || s.SumHalfStars != 9 {
		t.Errorf("the older answer won: %+v", s)
	}
}

// TestDefect08: what a table refused for a while is tried again, not deleted as done.
func TestDefect08(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 9)
	c := &crasher{crashAt: 1}
	worker := w.newWorker(crashingDB{w.db, c}, w.queues, w.published)
	if _, failed := w.deliverQueue(w.resources.StarAnswersQueue, worker.ProcessAnswers); failed != 1 {
		t.Errorf("%d messages are reported as failed, want 1", failed)
	}
	w.clock.Advance(2 * time.Minute)
	w.run()
	if s := w.sums(id); s.Answers != 1 {
		t.Errorf("the answer is lost: %+v", s)
	}
}

func TestDefect09(t *testing.T) {
	w := newWorld(t)
	star, geo := w.ask(KindStar, manhattan), w.ask(KindGeo, manhattan)
	w.run()
	w.rate(1, star, 8)
	w.place(1, geo, manhattan)
	w.run()
	w.withdraw(2, star) // withdraws what account 2 answered: nothing
	w.run()
	if s := w.sums(star); s.Answers != 1 {
		t.Errorf("another's answer was withdrawn: %+v", s)
	}
	for _, id := range []QuestionID{star, geo} {
		noAccounts(t, "a question", toJSON(t, w.question(id)))
	}
	page, err := w.service.Nearby(w.ctx(), NearbyInput{Account: account(1), Center: manhattan})
	if err != nil {
		t.Fatal(err)
	}
	noAccounts(t, "a page", toJSON(t, page))
	for _, m := range w.published.take() {
		noAccounts(t, "a message", m.payload)
	}
}

// TestDefect10 sends what the original stores.
func TestDefect10(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	w.run()
	for reason, in := range map[string]AskInput{
		"a text of 101 characters": {Text: strings.Repeat("x", 101), Kind: KindStar, Location: manhattan},
		"an unknown type":          {Text: "Open?", Kind: "essay", Location: manhattan},
		"a latitude of 91":         {Text: "Open?", Kind: KindStar, Location: Location{Lat: 91}},
	} {
		in.Account = account(0)
		if _, err := w.service.Ask(w.ctx(), in); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	_, err := w.service.Answer(w.ctx(), AnswerInput{Account: account(1), Question: id, Value: Value{Kind: KindStar, Stars: 11}})
	if !errors.Is(err, ErrInvalid) {
		t.Errorf("5.5 stars: %v", err)
	}
	op := w.place(1, id, Location{manhattan.Lat + 1, manhattan.Lng})
	w.run()
	if got := w.outcome(1, op); got != string(FailedOutsideCircle) {
		t.Errorf("a place outside of the circle is %s", got)
	}
}

func TestDefect11(t *testing.T) {
	w := newWorld(t)
	for range DefaultLimit + 5 {
		w.ask(KindStar, manhattan)
	}
	w.run()
	seen := map[QuestionID]bool{}
	in := NearbyInput{Center: manhattan}
	for pages := 1; ; pages++ {
		page, err := w.service.Nearby(w.ctx(), in)
		if err != nil || len(page.Questions) > DefaultLimit {
			t.Fatalf("%d questions on a page, %v", len(page.Questions), err)
		}
		for _, q := range page.Questions {
			seen[q.ID] = true
		}
		if in.Cursor = page.Next; in.Cursor == "" {
			if len(seen) != DefaultLimit+5 || pages != 2 {
				t.Errorf("%d questions on %d pages", len(seen), pages)
			}
			return
		}
	}
}

// TestDefect12: a question's item does not grow with cells, and cells without answers go.
func TestDefect12(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	w.run()
	r := newRand(t, 12)
	before := len(toJSON(t, w.items(id)[0]))
	for user := 1; user <= 60; user++ {
		w.place(user, id, around(r, manhattan, DefaultRadius-1))
	}
	w.run()
	if after := len(toJSON(t, w.items(id)[0])); after > before+200 {
		t.Errorf("the question's item grew from %d to %d bytes", before, after)
	}
	for user := 1; user <= 60; user++ {
		w.withdraw(user, id)
	}
	w.run()
	for _, it := range w.items(id)[1:] {
		a := attrs{item: it}
		if cells := a.document(attrCells); len(cells) > 0 {
			t.Errorf("cells without answers stay: %v", cells)
		}
	}
}

// TestDefect13: each message goes to those who watch its question or its cell.
func TestDefect13(t *testing.T) {
	w := newWorld(t)
	far := Location{48.8566, 2.3522}
	here, there := w.ask(KindStar, manhattan), w.ask(KindGeo, far)
	w.run()
	w.rate(1, here, 8)
	w.place(1, there, far)
	w.run()
	for _, m := range w.published.take() {
		got, err := topic.Parse(m.topic)
		if err != nil {
			t.Fatalf("published on %q: %v", m.topic, err)
		}
		switch got := got.(type) {
		case topic.Question:
			if !strings.Contains(m.payload, got.ID()) {
				t.Errorf("on %s: %s", got, m.payload)
			}
		case topic.Geo:
			for _, id := range []QuestionID{here, there} {
				if own, _ := geoTopic(id); own != got && strings.Contains(m.payload, string(id)) {
					t.Errorf("on %s: %s", got, m.payload)
				}
			}
		case topic.System:
			t.Errorf("to everybody: %s", m.payload)
		}
	}
}

// TestDefect14: the topics that a client subscribes to carry a question that lies in
// another cell than the client, wherever within five miles.
func TestDefect14(t *testing.T) {
	r := newRand(t, 14)
	w := newWorld(t)
	topics, err := LiveTopics(manhattan, 0)
	if err != nil {
		t.Fatal(err)
	}
	subscribed := map[string]bool{}
	for _, tp := range topics {
		subscribed[tp.String()] = true
	}
	cells := map[string]bool{}
	for range 40 {
		w.ask(KindStar, around(r, manhattan, DefaultRadius))
	}
	w.run()
	for _, m := range w.published.take() {
		if strings.Contains(m.topic, "/geo/") {
			cells[m.topic] = true
			if !subscribed[m.topic] {
				t.Errorf("a question was published on %s, which nobody here listens to", m.topic)
			}
		}
	}
	if len(cells) < 3 {
		t.Errorf("questions in %d cells only", len(cells))
	}
}

// TestDefect15: who a client is does not hang on a random number of a hundred thousand.
// An account is 128 bits of a digest, and its devices name themselves within it.
func TestDefect15(t *testing.T) {
	seen := map[AccountID]bool{}
	for i := range 100_000 {
		seen[account(i)] = true
	}
	if len(seen) != 100_000 {
		t.Errorf("%d of 100,000 accounts are different", len(seen))
	}
}

// consistentDB fails the test at an eventually consistent read.
type consistentDB struct {
	DynamoDB
	t testing.TB
}

func (d consistentDB) GetItem(ctx context.Context, in *dynamodb.GetItemInput, o ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		d.t.Errorf("eventually consistent read of %s", *in.TableName)
	}
	return d.DynamoDB.GetItem(ctx, in, o...)
}

func (d consistentDB) Query(ctx context.Context, in *dynamodb.QueryInput, o ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		d.t.Errorf("eventually consistent query of %s", *in.TableName)
	}
	return d.DynamoDB.Query(ctx, in, o...)
}

// TestDefect16: a snapshot that is older than the subscription loses what was
// published in between.
func TestDefect16(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	w.run()
	op := w.place(1, id, manhattan)
	w.run()
	s, err := NewService(consistentDB{w.db, t}, w.queues, w.resources, func(o *ServiceOptions) { o.Clock = w.clock.Now })
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		"Question":  second(s.Question(w.ctx(), account(1), id)),
		"Nearby":    second(s.Nearby(w.ctx(), NearbyInput{Center: manhattan})),
		"OwnAnswer": second(s.OwnAnswer(w.ctx(), account(1), id)),
		"Operation": second(s.Operation(w.ctx(), account(1), op.ID)),
	} {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestDefect17: coordinates are named, and one that is no latitude is refused, so that a
// pair the wrong way round does not go unnoticed everywhere.
func TestDefect17(t *testing.T) {
	w := newWorld(t)
	_, err := w.service.Nearby(w.ctx(), NearbyInput{Center: Location{Lat: -122.4194, Lng: 37.7749}})
	if got := fmt.Sprint(pointers(t, "swapped", err)); got != "[/lat]" {
		t.Errorf("faults %s", got)
	}
}

func TestDefect18(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 9)
	w.deliverQueues(w.worker)
	w.deliverStream(w.resources.Answers, w.aggregate(w.worker))
	w.published.take()
	lost := 0
	w.published.fail = func(topic string) error {
		if lost++; lost <= 3 {
			return errInjected
		}
		return nil
	}
	w.deliverStream(w.resources.Questions, w.publishQuestions(w.worker))
	own := "askaround/v1/question/" + string(id)
	want := publication{own, toJSON(t, SummaryMessage{TypeSummary, id, w.question(id).Summary})}
	if got := w.published.take(); !slices.Contains(got, want) || lost <= 3 {
		t.Errorf("after %d attempts published %v", lost, got)
	}
}

// TestNewestOnly: of several versions in one batch only the last is published.
func TestNewestOnly(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.batch = 1 // one aggregate per answer
	for user := 1; user <= 5; user++ {
		w.rate(user, id, 7)
	}
	w.deliverQueues(w.worker)
	w.deliverStream(w.resources.Answers, w.aggregate(w.worker))
	w.published.take()
	w.batch = 100
	var event events.DynamoDBEvent
	for _, shard := range w.shards(w.resources.Questions) {
		event.Records = append(event.Records, w.pendingRecords(w.resources.Questions, shard)...)
	}
	if r, err := w.worker.PublishQuestions(w.ctx(), event); err != nil || len(r.BatchItemFailures) > 0 || len(event.Records) != 5 {
		t.Fatal(len(event.Records), r, err)
	}
	got := w.published.take()
	if len(got) != 1 || !strings.Contains(got[0].payload, `"version":5,"answers":5,"sumHalfStars":35`) {
		t.Errorf("published %v", got)
	}

	// When that cannot be published the batch is repeated from the first of them.
	w.published.fail = func(string) error { return errInjected }
	r, err := w.worker.PublishQuestions(w.ctx(), event)
	if err != nil || len(r.BatchItemFailures) != 1 || r.BatchItemFailures[0].ItemIdentifier != event.Records[0].Change.SequenceNumber {
		t.Errorf("%+v, %v", r, err)
	}
}
