package askaround

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/foreign"
)

// The exactness of sums against a model (goal E01): random histories of answers go
// through a worker that is hindered in every way that AWS allows, and in the end the
// stored sums must be the fold of the answers that stand.

// hindrance stands between a worker and its tables. A write may fail before or after it
// is done, and may be done much later than its worker believes: then it is the write of a
// zombie.
type hindrance struct {
	DynamoDB
	writes, items atomic.Int64

	mu   sync.Mutex
	r    *rand.Rand
	each int // one write in so many is hindered; 0 = none
	late []func() error
}

// draw says what happens to the next write.
func (h *hindrance) draw(items int) (hindered bool, how int) {
	h.writes.Add(1)
	h.items.Add(int64(items))
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.each == 0 || h.r.IntN(h.each) != 0 {
		return false, 0
	}
	return true, h.r.IntN(3)
}

func hinder[T any](h *hindrance, items int, do func() (T, error)) (T, error) {
	is, how := h.draw(items)
	var none T
	switch {
	case !is:
		return do()
	case how == 0: // lost on its way there
	case how == 1: // lost on its way back
		_, _ = do()
	default: // overtaken by its repetition
		h.mu.Lock()
		h.late = append(h.late, func() error { _, err := do(); return err })
		h.mu.Unlock()
	}
	return none, errInjected
}

// wake does writes that are late, one in two, or all.
func (h *hindrance) wake(all bool) {
	h.mu.Lock()
	var now []func() error
	h.late = slices.DeleteFunc(h.late, func(do func() error) bool {
		if all || h.r.IntN(2) == 0 {
			now = append(now, do)
			return true
		}
		return false
	})
	h.mu.Unlock()
	for _, do := range now {
		_ = do() // refused or not: nobody waits for it
	}
}

func (h *hindrance) PutItem(_ context.Context, in *dynamodb.PutItemInput, o ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	return hinder(h, 1, func() (*dynamodb.PutItemOutput, error) { return h.DynamoDB.PutItem(context.Background(), in, o...) })
}

func (h *hindrance) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, o ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	return hinder(h, 1, func() (*dynamodb.UpdateItemOutput, error) {
		return h.DynamoDB.UpdateItem(context.Background(), in, o...)
	})
}

func (h *hindrance) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	in.ClientRequestToken = nil // of a late repetition: it is longer ago than AWS remembers
	return hinder(h, len(in.TransactItems), func() (*dynamodb.TransactWriteItemsOutput, error) {
		return h.DynamoDB.TransactWriteItems(context.Background(), in, o...)
	})
}

// lab is where histories run: tables, and a worker of one way of aggregation.
type lab struct {
	*world
	mode     Aggregation
	table    DynamoDB
	hindered *hindrance
	worker   *Worker // hindered
	zombie   *Worker // not
	r        *rand.Rand
}

func newLab(w *world, db DynamoDB, mode Aggregation, r *rand.Rand) *lab {
	h := &hindrance{DynamoDB: db, r: rand.New(rand.NewPCG(r.Uint64(), 1))}
	set := func(o *WorkerOptions) { o.Aggregation = mode }
	return &lab{
		world: w, mode: mode, table: db, hindered: h, r: r,
		worker: w.newWorker(h, w.queues, w.published, set), zombie: w.newWorker(db, w.queues, w.published, set),
	}
}

// shardLog is one shard of the stream of answers.
type shardLog struct {
	name    string
	parent  *shardLog
	closed  bool
	records []events.DynamoDBEventRecord
	done    int
}

func (s *shardLog) finished() bool { return s == nil || s.closed && s.done == len(s.records) }

// history is a run of the model.
type history struct {
	*lab
	ids      []QuestionID
	kinds    []Kind
	users    int
	shards   []*shardLog
	home     map[QuestionID]*shardLog
	standing []map[int]Value                                     // what the sums must come to
	stored   map[string]map[string]events.DynamoDBAttributeValue // the Answers table
	dirty    map[string]item                                     // of it, to be written; nil: to be deleted
	sequence int64
	tick     int64
	zipf     *rand.Zipf
}

// newHistory asks questions, one in eight of the kind geoKind.
func (l *lab) newHistory(questions, users int, geoKind Kind) *history {
	h := &history{
		lab: l, users: users, home: map[QuestionID]*shardLog{}, stored: map[string]map[string]events.DynamoDBAttributeValue{}, dirty: map[string]item{},
		zipf: rand.NewZipf(l.r, 1.3, 2, uint64(questions-1)),
	}
	for i := range 2 {
		h.shards = append(h.shards, &shardLog{name: fmt.Sprint("shard-", l.r.Uint32(), "-", i)})
	}
	for i := range questions {
		kind := KindStar
		if i%8 == 7 {
			kind = geoKind
		}
		h.kinds = append(h.kinds, kind)
		id := l.question(kind)
		h.ids = append(h.ids, id)
		h.home[id] = h.shards[l.r.IntN(2)]
		h.standing = append(h.standing, map[int]Value{})
	}
	return h
}

// question stores a question.
func (l *lab) question(kind Kind) QuestionID {
	l.t.Helper()
	now := l.clock.Now()
	op := message{Account: account(0), AcceptedAt: now.UnixMicro(), Ask: &askBody{"Is it open?", kind, manhattan}}
	op.Question = QuestionID(geoindex.KeyAt(manhattan.LatLng(), freshID(now)).String())
	q, key, err := l.zombie.newQuestion(op)
	if err != nil {
		l.t.Fatal(err)
	}
	it, err := l.zombie.index.Item(newQuestionPoint(q, key))
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.table.PutItem(l.ctx(), &dynamodb.PutItemInput{TableName: &l.resources.Questions, Item: it}); err != nil {
		l.t.Fatal(err)
	}
	return q.ID
}

// step makes one random change to one answer, and its record.
func (h *history) step() {
	qi := int(h.zipf.Uint64())
	id, user := h.ids[qi], 1+h.r.IntN(h.users)
	key := string(id) + "/" + strconv.Itoa(user)
	h.tick++
	old, had := h.stored[key]
	neu := answerRecord{
		question: id, account: account(user), acceptedAt: h.tick, expiresAt: 1_900_000_000,
		rev: revision(h.tick, OperationID(digest("op", key))),
	}
	rec := events.DynamoDBEventRecord{EventName: "MODIFY"}
	switch n := h.r.IntN(20); {
	case n == 0 && had: // deleted by hand
		rec.EventName = "REMOVE"
	case n < 4: // withdrawn
	case h.kinds[qi] == KindGeo:
		neu.value = Value{Kind: KindGeo, Location: around(h.r, manhattan, 2500)}
	default:
		neu.value = Value{Kind: KindStar, Stars: HalfStars(h.r.IntN(MaxHalfStars + 1))}
	}
	rec.Change.OldImage = old
	delete(h.standing[qi], user)
	if rec.EventName == "REMOVE" {
		delete(h.stored, key)
		h.dirty[key] = nil
	} else {
		it := neu.item()
		rec.Change.NewImage = toImage(it)
		h.stored[key], h.dirty[key] = rec.Change.NewImage, it
		if neu.value.Kind != "" {
			h.standing[qi][user] = neu.value
		}
	}
	h.sequence += 1 + h.r.Int64N(1000)
	rec.Change.SequenceNumber = "1000000000000000" + fmt.Sprintf("%012d", h.sequence)
	rec.Change.ApproximateCreationDateTime = events.SecondsEpochTime{Time: h.clock.Now()}
	shard := h.home[id]
	shard.records = append(shard.records, rec)
}

// toImage converts an item of strings and numbers.
func toImage(it item) map[string]events.DynamoDBAttributeValue {
	out := make(map[string]events.DynamoDBAttributeValue, len(it))
	for name, v := range it {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			out[name] = events.NewStringAttribute(v.Value)
		case *types.AttributeValueMemberN:
			out[name] = events.NewNumberAttribute(v.Value)
		default:
			panic(fmt.Sprintf("%s is a %T", name, v))
		}
	}
	return out
}

// split closes a shard: its questions go on in two children.
func (h *history) split() {
	open := slices.DeleteFunc(slices.Clone(h.shards), func(s *shardLog) bool { return s.closed })
	parent := open[h.r.IntN(len(open))]
	parent.closed = true
	children := [2]*shardLog{}
	for i := range children {
		children[i] = &shardLog{name: parent.name + strconv.Itoa(i), parent: parent}
	}
	h.shards = append(h.shards, children[:]...)
	for _, id := range h.ids {
		if h.home[id] == parent {
			h.home[id] = children[h.r.IntN(2)]
		}
	}
}

// flush writes the Answers table, which only AggregateRecompute reads.
func (h *history) flush() {
	h.t.Helper()
	if h.mode != AggregateRecompute {
		clear(h.dirty)
		return
	}
	var requests []types.WriteRequest
	for key, it := range h.dirty {
		if it != nil {
			requests = append(requests, types.WriteRequest{PutRequest: &types.PutRequest{Item: it}})
			continue
		}
		user, _ := strconv.Atoi(key[44:])
		requests = append(requests, types.WriteRequest{DeleteRequest: &types.DeleteRequest{Key: answerKey(QuestionID(key[:43]), account(user))}})
	}
	clear(h.dirty)
	for some := range slices.Chunk(requests, 25) {
		out, err := h.table.BatchWriteItem(h.ctx(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{h.resources.Answers: some}})
		if err != nil || len(out.UnprocessedItems) > 0 {
			h.t.Fatal(out, err)
		}
	}
}

// deliver gives one shard's next batch to the worker, perhaps after an older one, or
// beside a second worker that has the same.
func (h *history) deliver(batch int) {
	ready := slices.DeleteFunc(slices.Clone(h.shards), func(s *shardLog) bool {
		return s.done == len(s.records) || !s.parent.finished()
	})
	if len(ready) == 0 {
		return
	}
	s := ready[h.r.IntN(len(ready))]
	h.flush()
	h.hindered.wake(false)
	if h.r.IntN(4) == 0 { // a zombie's, up to anywhere that was reached
		old := h.shards[h.r.IntN(len(h.shards))]
		from := h.r.IntN(old.done + 1)
		h.hand(h.zombie, old, from, from+h.r.IntN(min(batch, old.done-from)+1))
	}
	to := min(len(s.records), s.done+1+h.r.IntN(batch))
	var beside sync.WaitGroup
	if h.r.IntN(4) == 0 {
		from := s.done
		beside.Go(func() { h.hand(h.zombie, s, from, to) })
	}
	s.done = h.hand(h.worker, s, s.done, to)
	beside.Wait()
}

// hand gives records of a shard to a worker, in an order that the mode allows, and returns
// up to where they are done.
func (h *history) hand(worker *Worker, s *shardLog, from, to int) int {
	if from >= to {
		return from
	}
	records := slices.Clone(s.records[from:to])
	if h.mode != AggregateWatermark { // any order, and twice
		r := rand.New(rand.NewPCG(uint64(from), uint64(to)))
		records = append(records, records[:r.IntN(len(records)+1)]...)
		r.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
	}
	event := events.DynamoDBTimeWindowEvent{DynamoDBEvent: events.DynamoDBEvent{Records: records}}
	event.ShardID = s.name
	response, err := worker.AggregateAnswers(h.ctx(), event)
	failed := firstFailure(h.t, response.BatchItemFailures, err)
	switch {
	case failed == "":
		return to
	case h.mode != AggregateWatermark:
		return from
	}
	return from + slices.IndexFunc(records, func(rec events.DynamoDBEventRecord) bool { return rec.Change.SequenceNumber == failed })
}

// run makes n events and delivers them, in batches of up to a size.
func (h *history) run(n, batch int) {
	for range n {
		h.step()
		if h.r.IntN(n/3+1) == 0 {
			h.split()
		}
		if h.r.IntN(batch/2+1) == 0 {
			h.deliver(batch)
		}
	}
	h.drain(batch)
}

// drain delivers all that is left.
func (h *history) drain(batch int) {
	for slices.ContainsFunc(h.shards, func(s *shardLog) bool { return s.done < len(s.records) }) {
		h.deliver(batch)
	}
	h.hindered.wake(true)
}

// mismatches compares the stored sums with the model's, and returns how many questions
// differ.
func (h *history) mismatches() (wrong int) {
	h.t.Helper()
	for i, id := range h.ids {
		s, err := h.zombie.snapshot(h.ctx(), id, h.resources.Answers)
		if err != nil {
			h.t.Fatal(err)
		}
		d := s.storedSummary()
		got := sums{d.answers, d.sumHalfStars, d.histogram, map[string]int64{}}
		for part, it := range s.heat {
			for cell, n := range s.storedPart(part).cells {
				got.Cells[cell] += n
			}
			if zero := zeroCells(it); len(zero) > 0 {
				h.t.Errorf("question %d keeps cells at zero: %v", i, zero)
			}
		}
		if diff := cmp.Diff(fold(h.standing[i]), got); diff != "" {
			wrong++
			h.t.Errorf("question %d (-want +got)\n%s", i, diff)
		}
	}
	return wrong
}

var modes = []Aggregation{AggregateWatermark, AggregateLWW, AggregateRecompute}

// TestExactness runs random histories in each mode. With ASKAROUND_SLOW=1 it is a million
// events in each.
func TestExactness(t *testing.T) {
	small, large := 500, 0
	if slow() {
		small, large = 10_000, 990_000
	}
	for i, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			l := newLab(w, w.db, mode, newRand(t, uint64(i)))
			l.hindered.each = 25
			exactness(t, l, small, min(small, 1_000), 100)
			exactness(t, l, large, 33_000, 5_000)
		})
	}
}

// exactness runs histories of some events each, of together n events.
func exactness(t *testing.T, l *lab, n, some, batch int) {
	t.Helper()
	started, writes := time.Now(), l.hindered.writes.Load()
	for done := 0; done < n; done += some {
		h := l.newHistory(40, 30, KindGeo)
		h.run(some, batch)
		if wrong := h.mismatches(); wrong > 0 {
			t.Fatalf("%d of %d questions are wrong after %d events", wrong, len(h.ids), done+some)
		}
	}
	l.noDeadLetters()
	t.Logf("%s: %d events in batches of up to %d: 0 mismatches; %d writes, one in %d hindered; %v",
		l.mode, n, batch, l.hindered.writes.Load()-writes, l.hindered.each, time.Since(started).Round(time.Millisecond))
}

// TestExactnessOnMoto does the same on a DynamoDB that nobody here wrote.
func TestExactnessOnMoto(t *testing.T) {
	if !slow() {
		t.Skip("moto takes its time: ASKAROUND_SLOW=1 runs it")
	}
	const n = 600
	db := moto(t)
	for i, mode := range modes {
		t.Run(string(mode), func(t *testing.T) {
			w := newWorld(t)
			var err error
			if w.resources, err = Provision(t.Context(), db, w.queues, string(mode)+"-"); err != nil {
				t.Fatal(err)
			}
			l := newLab(w, db, mode, newRand(t, uint64(10+i)))
			l.hindered.each = 25
			exactness(t, l, n, 300, 50)
		})
	}
}

// moto starts moto_server, and returns a client of its DynamoDB.
func moto(t *testing.T) DynamoDB {
	t.Helper()
	program := foreign.Need(t, "moto_server")
	address := "http://127.0.0.1:" + strconv.Itoa(freePort(t))
	cmd := exec.Command(program, "-H", "127.0.0.1", "-p", address[len("http://127.0.0.1:"):])
	cmd.Env = append(os.Environ(), "AWS_CA_BUNDLE=")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	waitFor(t, "moto_server answers", func() bool {
		response, err := http.Get(address + "/moto-api/data.json")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return dynamodb.NewFromConfig(aws.Config{
		Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""), BaseEndpoint: &address,
		HTTPClient: &http.Client{Transport: &oneByOne{next: foreign.Transport(t, http.DefaultTransport.(*http.Transport).Clone())}},
	})
}

// oneByOne sends one request at a time: moto checks a condition and writes in two steps,
// between which it serves others.
type oneByOne struct {
	mu   sync.Mutex
	next http.RoundTripper
}

func (o *oneByOne) RoundTrip(r *http.Request) (*http.Response, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.next.RoundTrip(r)
}

// freePort returns a port that nobody listened on a moment ago.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestWritesPerAnswerUnderSkew measures what aggregation adds to the price of an answer (goal E03).
func TestWritesPerAnswerUnderSkew(t *testing.T) {
	for i, mode := range modes {
		w := newWorld(t)
		l := newLab(w, w.db, mode, newRand(t, uint64(20+i)))
		h := l.newHistory(200, 100, KindStar) // heat has writes of its own
		// Traffic by Pareto's rule: the first of the questions get most answers.
		h.zipf = rand.NewZipf(l.r, 1.6, 1, uint64(len(h.ids)-1))
		const answers = 3_000
		for range answers {
			h.step()
		}
		h.flush()
		for _, s := range h.shards {
			for from := 0; from < len(s.records); from += 100 {
				h.hand(l.worker, s, from, min(from+100, len(s.records)))
			}
		}
		perAnswer := float64(l.hindered.items.Load()) / answers
		t.Logf("%s: %.3f written items per answer at batches of 100", mode, perAnswer)
		most := 0.15
		if mode == AggregateLWW {
			most = 1.15 // its shadow of each answer
		}
		if perAnswer > most {
			t.Errorf("%s: %.3f written items per answer, want at most %.2f", mode, perAnswer, most)
		}
		if wrong := h.mismatches(); wrong > 0 {
			t.Errorf("%s: %d questions are wrong", mode, wrong)
		}
	}
}
