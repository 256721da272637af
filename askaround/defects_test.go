package askaround

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/askaround/askaround-go/askaround/topic"
)

// The defects of the original application, by their numbers in the list of its faults,
// and the tests that show that this one does not have them:
//
//	 1 a deleted star answer blocks the shard      TestDeletedAnswers, TestDefect01
//	 2 an answer without rating blocks the shard   TestPoisonIsMovedAway, TestUnreadableRecords
//	 3 half stars are cut off                      TestDefect03
//	 4 cells that begin with a digit, or are       TestDefect04
//	   reserved words, block the shard
//	 5 aggregation is not idempotent               TestCrashAtEveryWrite, TestDisorder, TestZombie
//	 6 a redelivered question resets its sums      TestDefect06, TestOneKeyOneQuestion
//	 7 an older answer may win                     TestOrderOfUpdates, TestRepeatedAnswerKeepsItsPlace
//	 8 errors are swallowed, messages lost         TestCrashAtEveryWrite, TestBrokerDown, TestDynamoDBDown
//	 9 others' answers can be deleted, user ids    TestDefect09, TestRules, TestDeletedQuestion
//	   leak, items appear from nowhere, authors
//	   answer themselves
//	10 nothing is validated                        TestAskValidates, TestAnswerValidates, TestRules
//	11 results are not limited                     TestNearbyAgainstBruteForce, TestNearbyValidates
//	12 an item grows with every cell               TestHeatItemStaysSmall, TestGeoAnswersMakeHeat
//	13 everybody gets every aggregate              TestDefect13
//	14 questions nearby are not delivered          TestLiveTopics
//	16 reads may be older than what was published  TestDefect16
//	18 failures to publish are swallowed           TestBrokerDown, TestCrashAtEveryWrite
//
// 15 (client ids that collide) is the broker's, 17 the page's.

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
