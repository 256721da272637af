package askaround

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
)

// answered returns a world where one question has answers whose stream was not read yet.
func answered(t *testing.T, kind Kind) (w *world, id QuestionID, shard string, records []events.DynamoDBEventRecord) {
	w = newWorld(t)
	id = w.ask(kind, manhattan)
	w.run()
	for user := 1; user <= 4; user++ {
		if kind == KindStar {
			w.rate(user, id, HalfStars(user))
		} else {
			w.place(user, id, Location{manhattan.Lat + float64(user)*0.015, manhattan.Lng})
		}
	}
	w.deliverQueues(w.worker)
	shard = w.shards(w.resources.Answers)[0]
	return w, id, shard, w.records(w.resources.Answers, shard)
}

// TestZombie: a worker that held a batch wakes up after another has done it, and more.
func TestZombie(t *testing.T) {
	for _, kind := range []Kind{KindStar, KindGeo} {
		w, id, shard, records := answered(t, kind)
		handle := w.aggregate(w.worker)
		handle(w.ctx(), shard, records[:2])
		handle(w.ctx(), shard, records[2:])
		want := w.sums(id)
		version := w.question(id).Summary.Version
		for from := range records {
			for to := from + 1; to <= len(records); to++ {
				if failed := handle(w.ctx(), shard, records[from:to]); failed != "" {
					t.Fatalf("records %d to %d fail", from, to)
				}
			}
		}
		if diff := cmp.Diff(want, w.sums(id)); diff != "" || want.Answers != 4 {
			t.Errorf("%s: a zombie counts (-want +got)\n%s", kind, diff)
		}
		if got := w.question(id).Summary.Version; got != version {
			t.Errorf("%s: version %d became %d without a change", kind, version, got)
		}
	}
}

// TestPartlyApplied: a batch overlaps what was applied before.
func TestPartlyApplied(t *testing.T) {
	w, id, shard, records := answered(t, KindStar)
	handle := w.aggregate(w.worker)
	handle(w.ctx(), shard, records[:3])
	handle(w.ctx(), shard, records[1:])
	if s := w.sums(id); s.Answers != 4 || s.SumHalfStars != 1+2+3+4 {
		t.Errorf("sums %+v", s)
	}
}

// TestShardSplit: the questions of a shard go on in a child.
func TestShardSplit(t *testing.T) {
	w, id, shard, records := answered(t, KindStar)
	handle := w.aggregate(w.worker)
	handle(w.ctx(), shard, records[:2])
	handle(w.ctx(), shard+"-child", records[2:])
	handle(w.ctx(), shard, records[:2])          // a zombie of the parent
	handle(w.ctx(), shard+"-child", records[2:]) // and of the child
	if s := w.sums(id); s.Answers != 4 {
		t.Errorf("sums %+v", s)
	}
}

// TestOldWatermarksAreDropped: an item must not grow with every shard that ever was.
func TestOldWatermarksAreDropped(t *testing.T) {
	for _, kind := range []Kind{KindStar, KindGeo} {
		w := newWorld(t)
		id := w.ask(kind, manhattan)
		w.run()
		most, shards := 0, 0
		for day := range 40 {
			if kind == KindStar {
				w.rate(1+day, id, 5)
			} else {
				w.place(1+day, id, manhattan)
			}
			w.deliverQueues(w.worker)
			// The engine's own shards split as time goes by.
			w.deliverStream(w.resources.Answers, w.aggregate(w.worker))
			shards = len(w.shards(w.resources.Answers))
			for _, it := range w.items(id) {
				a := attrs{item: it}
				most = max(most, len(a.document(attrApplied)))
			}
			w.clock.Advance(7 * time.Hour)
		}
		if most < staleWatermarks || most > 2*staleWatermarks+2 {
			t.Errorf("%s: up to %d watermarks in an item", kind, most)
		}
		if s := w.sums(id); s.Answers != 40 || shards < 3 {
			t.Errorf("%s: sums %+v, %d shards alive", kind, s, shards)
		}
	}
}

// items returns the question's item and those of its heat.
func (w *world) items(id QuestionID) []item {
	w.t.Helper()
	key, err := id.key()
	if err != nil {
		w.t.Fatal(err)
	}
	out, err := w.db.GetItem(w.ctx(), &dynamodb.GetItemInput{TableName: &w.resources.Questions, Key: w.worker.index.PrimaryKey(key)})
	if err != nil {
		w.t.Fatal(err)
	}
	items := []item{out.Item}
	for _, part := range w.question(id).Heat {
		_, it := w.heatItem(id, part.Part)
		items = append(items, it)
	}
	return items
}

// TestDeletedQuestion: the question was deleted while its answers were on their way.
func TestDeletedQuestion(t *testing.T) {
	w, id, shard, records := answered(t, KindGeo)
	key, _ := id.key()
	_, err := w.db.DeleteItem(w.ctx(), &dynamodb.DeleteItemInput{TableName: &w.resources.Questions, Key: w.worker.index.PrimaryKey(key)})
	if err != nil {
		t.Fatal(err)
	}
	if from := w.aggregate(w.worker)(w.ctx(), shard, records); from != "" {
		t.Errorf("repeats from %s for ever", from)
	}
	for _, table := range []string{w.resources.Questions, w.resources.Heat} {
		out, err := dynamodb.NewFromConfig(w.local.Config()).Scan(w.ctx(), &dynamodb.ScanInput{TableName: &table})
		if err != nil || out.Count != 0 {
			t.Errorf("%s has %d phantom items, %v", table, out.Count, err)
		}
	}
	w.noDeadLetters()
}

// TestAnswersDeletedByHand and by expiry: the first undoes, the second does not, since
// the question has expired.
func TestDeletedAnswers(t *testing.T) {
	w, id, shard, records := answered(t, KindStar)
	handle := w.aggregate(w.worker)
	handle(w.ctx(), shard, records)
	for _, user := range []int{1, 2} {
		_, err := w.db.DeleteItem(w.ctx(), &dynamodb.DeleteItemInput{TableName: &w.resources.Answers, Key: answerKey(id, account(user))})
		if err != nil {
			t.Fatal(err)
		}
	}
	removed := w.records(w.resources.Answers, shard)[len(records):]
	removed[1].UserIdentity = &events.DynamoDBUserIdentity{Type: "Service", PrincipalID: ttlPrincipal}
	handle(w.ctx(), shard, removed)
	if s := w.sums(id); s.Answers != 3 || s.SumHalfStars != 2+3+4 {
		t.Errorf("sums %+v", s)
	}
}

// TestForeignItem: a question's item that another program spoiled must not block the
// shard for others.
func TestForeignItem(t *testing.T) {
	for reason, change := range map[string]types.AttributeValue{
		"watermarks are a list":         &types.AttributeValueMemberL{},
		"watermarks are missing":        nil,
		"its watermark cannot be read":  &types.AttributeValueMemberM{Value: item{"SHARD": str("zzz")}},
		"its watermark is not a string": &types.AttributeValueMemberM{Value: item{"SHARD": num(1)}},
	} {
		w, spoiled, shard, _ := answered(t, KindStar)
		if m, ok := change.(*types.AttributeValueMemberM); ok {
			m.Value = item{shard: m.Value["SHARD"]}
		}
		key, _ := spoiled.key()
		e := newExpr()
		if change == nil {
			e.drop(e.path(attrApplied))
		} else {
			e.assign(e.path(attrApplied), change)
		}
		_, err := w.db.UpdateItem(w.ctx(), &dynamodb.UpdateItemInput{
			TableName: &w.resources.Questions, Key: w.worker.index.PrimaryKey(key), UpdateExpression: e.update(),
			ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.valuesOrNil(),
		})
		if err != nil {
			t.Fatal(err)
		}
		good := w.ask(KindStar, manhattan)
		w.deliverQueues(w.worker)
		w.rate(1, good, 9)
		w.run()
		if s := w.sums(good); s.Answers != 1 {
			t.Errorf("%s: the next question has %+v", reason, s)
		}
		if reasons := w.deadLetters(w.resources.StarAnswersDeadLetters); len(reasons) != 1 || reasons[0] == "" {
			t.Errorf("%s: dead letters %q", reason, reasons)
		}
	}
}

// TestUnreadableRecords feeds stream records that no worker of ours wrote: none is an
// error, none blocks, each that brings something unreadable is buried (goal E04).
func TestUnreadableRecords(t *testing.T) {
	n := 500
	if slow() {
		n = 10_000
	}
	r := newRand(t, 9)
	w, _, shard, records := answered(t, KindGeo)
	questions := w.records(w.resources.Questions, w.shards(w.resources.Questions)[0])
	w.aggregate(w.worker)(w.ctx(), shard, records)
	heat := w.records(w.resources.Heat, w.shards(w.resources.Heat)[0])
	for done := 0; done < n; done += 50 {
		batch := make([]events.DynamoDBEventRecord, 50)
		for i := range batch {
			seeds := [][]events.DynamoDBEventRecord{records, questions, heat}[r.IntN(3)]
			batch[i] = spoil(r, seeds[r.IntN(len(seeds))])
		}
		for name, handle := range map[string]streamHandler{
			"aggregate": w.aggregate(w.worker), "questions": w.publishQuestions(w.worker), "heat": w.publishHeat(w.worker),
		} {
			if from := handle(w.ctx(), "foreign-shard", batch); from != "" {
				t.Fatalf("%s repeats from %q", name, from)
			}
		}
	}
	dead := 0
	for _, queue := range []string{w.resources.StarAnswersDeadLetters, w.resources.QuestionsDeadLetters, w.resources.GeoAnswersDeadLetters} {
		for _, reason := range w.deadLetters(queue) {
			dead++
			if reason == "" {
				t.Error("a dead letter without a reason")
			}
		}
	}
	if dead < n/2 {
		t.Errorf("%d dead letters of %d records to three handlers: too tame", dead, n)
	}
}

// spoil returns a copy of a record with something wrong.
func spoil(r *rand.Rand, rec events.DynamoDBEventRecord) events.DynamoDBEventRecord {
	b, err := json.Marshal(rec)
	if err != nil {
		panic(err)
	}
	var out events.DynamoDBEventRecord
	if err := json.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	image := out.Change.NewImage
	if r.IntN(4) == 0 && out.Change.OldImage != nil {
		image = out.Change.OldImage
	}
	values := []events.DynamoDBAttributeValue{
		{}, events.NewStringAttribute(""), events.NewStringAttribute("x"), events.NewNumberAttribute("NaN"),
		events.NewNumberAttribute("1e125"), events.NewNumberAttribute("4.5"), events.NewNullAttribute(),
		events.NewBinaryAttribute([]byte{1}), events.NewListAttribute(nil), events.NewMapAttribute(nil),
		events.NewStringSetAttribute([]string{"a"}), events.NewBooleanAttribute(true),
		events.NewListAttribute(make([]events.DynamoDBAttributeValue, 2)),
	}
	switch r.IntN(8) {
	case 0:
		out.Change.NewImage = nil
	case 1:
		out.Change.OldImage, out.Change.NewImage = nil, nil
	case 2:
		out.Change.SequenceNumber = []string{"", "x", "-5", "99999999999999999999999999999999999999999999"}[r.IntN(4)]
	case 3:
		out.EventName = "PURGE"
		fallthrough
	default:
		for name := range image {
			if r.IntN(3) == 0 {
				image[name] = values[r.IntN(len(values))]
			} else if r.IntN(6) == 0 {
				delete(image, name)
			}
		}
	}
	return out
}

// TestDynamoDBDown: failures of AWS are reported from the first record that is not done.
func TestDynamoDBDown(t *testing.T) {
	w, id, shard, records := answered(t, KindStar)
	c := &crasher{crashAt: 1}
	worker := w.newWorker(crashingDB{w.db, c}, w.queues, w.published)
	handle := w.aggregate(worker)
	if from := handle(w.ctx(), shard, records); from != records[0].Change.SequenceNumber {
		t.Errorf("repeats from %q, want the first", from)
	}
	c.restart()
	if from := handle(w.ctx(), shard, records); from != "" {
		t.Errorf("repeats from %q after recovery", from)
	}
	if s := w.sums(id); s.Answers != 4 {
		t.Errorf("sums %+v", s)
	}
}

// TestWritesPerAnswer: one write per batch and question, whatever the batch holds.
func TestWritesPerAnswer(t *testing.T) {
	r := newRand(t, 3)
	w := newWorld(t)
	ids := w.askAll(6)
	w.run()
	w.do([]QuestionID{ids[0], ids[2], ids[4]}, starsOnly(randomHistory(r, 400, 3, 40)))
	w.deliverQueues(w.worker)
	c := &crasher{}
	worker := w.newWorker(crashingDB{w.db, c}, w.queues, w.published)
	shard := w.shards(w.resources.Answers)[0]
	records := w.records(w.resources.Answers, shard)
	for len(records) > 0 {
		n := min(100, len(records))
		w.aggregate(worker)(w.ctx(), shard, records[:n])
		records = records[n:]
	}
	if c.writes > 4*3 {
		t.Errorf("%d writes for 4 batches of 3 questions", c.writes)
	}
}

func starsOnly(history []event) []event {
	for i := range history {
		history[i].value = Value{Kind: KindStar, Stars: HalfStars(i % 11)}
	}
	return history
}

// TestHeatItemStaysSmall fills every cell of a circle (goal E05).
func TestHeatItemStaysSmall(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	w.run()
	r := newRand(t, 5)
	n := 900
	for i := range n {
		w.place(i+1, id, around(r, manhattan, DefaultRadius-1))
	}
	w.run()
	cells := 0
	for _, it := range w.items(id)[1:] {
		b := toJSON(t, it)
		if len(b) > 16<<10 {
			t.Errorf("an item of %d bytes", len(b))
		}
		a := attrs{item: it}
		cells += len(a.document(attrCells))
		if len(a.document(attrCells)) > 64 {
			t.Errorf("%d cells in a part", len(a.document(attrCells)))
		}
	}
	if cells < 100 {
		t.Errorf("only %d cells: the circle was not filled", cells)
	}
	if s := w.sums(id); s.Answers != int64(n) {
		t.Errorf("%d answers, want %d", s.Answers, n)
	}
}
