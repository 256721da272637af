package askaround

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/askaround/topic"
	"github.com/askaround/askaround-go/geoindex"
	"github.com/askaround/askaround-go/internal/localaws/pump"
)

// around returns a random place at most radius from center.
func around(r *rand.Rand, center Location, radius geoindex.Meters) Location {
	for {
		l := Location{
			Lat: center.Lat + (r.Float64()*2-1)*float64(radius)/111_000,
			Lng: center.Lng + (r.Float64()*2-1)*min(180, float64(radius)/111_000/math.Cos(center.Lat*math.Pi/180)),
		}
		if math.Abs(l.Lng) > 180 {
			l.Lng -= math.Copysign(360, l.Lng)
		}
		if l.LatLng().Validate() == nil && l.LatLng().Distance(center.LatLng()) <= radius {
			return l
		}
	}
}

func TestQuestionTravels(t *testing.T) {
	w := newWorld(t)
	op, err := w.service.Ask(w.ctx(), AskInput{Account: account(0), Text: "  Is the ferry running? ", Kind: KindStar, Location: manhattan})
	if err != nil {
		t.Fatal(err)
	}
	if op.Status != StatusPending || op.Kind != OperationAsk {
		t.Errorf("accepted as %+v", op)
	}
	if _, err := w.service.Question(w.ctx(), account(0), op.Question); err == nil {
		t.Error("the question is there before it was processed")
	}
	w.run()

	q := w.question(op.Question)
	want := Question{
		ID: op.Question, Text: "Is the ferry running?", Kind: KindStar, Location: manhattan, Radius: DefaultRadius,
		State: StateOpen, CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(QuestionLifetime),
	}
	if diff := cmp.Diff(want, q.Question); diff != "" {
		t.Errorf("question (-want +got)\n%s", diff)
	}
	if !q.Mine {
		t.Error("the author's question is not theirs")
	}
	if other, _ := w.service.Question(w.ctx(), account(1), op.Question); other.Mine {
		t.Error("the question is another's too")
	}
	if got := w.operation(0, op.ID); got.Status != StatusSucceeded || got.Failure != nil {
		t.Errorf("operation %+v", got)
	}

	messages := w.published.take()
	geo, _ := geoTopic(op.Question)
	own, _ := topic.NewAccount(string(account(0)))
	if len(messages) != 2 || messages[0].topic != own.String() || messages[1].topic != geo.String() {
		t.Fatalf("published %v", messages)
	}
	if want := `{"type":"question","question":` + toJSON(t, q.Question) + `}`; messages[1].payload != want {
		t.Errorf("geo message\n got %s\nwant %s", messages[1].payload, want)
	}
	if want := `{"type":"operation","operation":` + toJSON(t, w.operation(0, op.ID)) + `}`; messages[0].payload != want {
		t.Errorf("operation message\n got %s\nwant %s", messages[0].payload, want)
	}
}

func TestAnswersMoveTheSummary(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.published.take()
	for _, step := range []struct {
		reason string
		do     func()
		want   map[int]Value
	}{
		{"a first answer", func() { w.rate(1, id, 4) }, map[int]Value{1: {Kind: KindStar, Stars: 4}}},
		{"2 stars become 5: +3", func() { w.rate(1, id, 10) }, map[int]Value{1: {Kind: KindStar, Stars: 10}}},
		{"another user, half a star", func() { w.rate(2, id, 1) }, map[int]Value{1: {Kind: KindStar, Stars: 10}, 2: {Kind: KindStar, Stars: 1}}},
		{"the first withdraws", func() { w.withdraw(1, id) }, map[int]Value{2: {Kind: KindStar, Stars: 1}}},
		{"and answers again", func() { w.rate(1, id, 0) }, map[int]Value{1: {Kind: KindStar}, 2: {Kind: KindStar, Stars: 1}}},
	} {
		before := w.question(id).Summary.Version
		w.clock.Advance(time.Second)
		step.do()
		w.run()
		if diff := cmp.Diff(fold(step.want), w.sums(id)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", step.reason, diff)
		}
		q := w.question(id)
		if q.Summary.Version != before+1 {
			t.Errorf("%s: version %d after %d", step.reason, q.Summary.Version, before)
		}
		own, _ := topic.NewQuestion(string(id))
		want := publication{own.String(), toJSON(t, SummaryMessage{TypeSummary, id, q.Summary})}
		if got := w.published.take(); !slices.Contains(got, want) {
			t.Errorf("%s: published %v, not %v", step.reason, got, want)
		}
	}
	a, err := w.service.OwnAnswer(w.ctx(), account(2), id)
	if err != nil || a.Value != (Value{Kind: KindStar, Stars: 1}) {
		t.Errorf("own answer %+v, %v", a, err)
	}
	w.noDeadLetters()
}

func TestGeoAnswersMakeHeat(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindGeo, manhattan)
	w.run()
	near := Location{manhattan.Lat + 0.01, manhattan.Lng}
	far := Location{manhattan.Lat - 0.05, manhattan.Lng + 0.05} // in another part
	for _, step := range []struct {
		reason string
		do     func()
		want   map[int]Value
	}{
		{"a first place", func() { w.place(1, id, near) }, map[int]Value{1: {Kind: KindGeo, Location: near}}},
		{"a second in the same cell", func() { w.place(2, id, near) }, map[int]Value{1: {Kind: KindGeo, Location: near}, 2: {Kind: KindGeo, Location: near}}},
		{"the first moves: -1 here, +1 there", func() { w.place(1, id, far) }, map[int]Value{1: {Kind: KindGeo, Location: far}, 2: {Kind: KindGeo, Location: near}}},
		{"the second follows: its old cell vanishes", func() { w.place(2, id, far) }, map[int]Value{1: {Kind: KindGeo, Location: far}, 2: {Kind: KindGeo, Location: far}}},
		{"both withdraw", func() { w.withdraw(1, id); w.withdraw(2, id) }, nil},
	} {
		w.clock.Advance(time.Second)
		step.do()
		w.run()
		if diff := cmp.Diff(fold(step.want), w.sums(id)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", step.reason, diff)
		}
		w.noZeroCells(id)
	}
	own, _ := topic.NewQuestion(string(id))
	newest := map[string]HeatMessage{}
	for _, m := range w.published.take() {
		if m.topic != own.String() || !strings.Contains(m.payload, `"type":"heat"`) {
			continue
		}
		var heat HeatMessage
		if err := json.Unmarshal([]byte(m.payload), &heat); err != nil {
			t.Fatal(err)
		}
		if heat.Version > newest[heat.Part].Version {
			newest[heat.Part] = heat
		}
	}
	parts := w.question(id).Heat
	if len(parts) != 2 || len(newest) != 2 {
		t.Fatalf("%d parts stored, %d published, want 2", len(parts), len(newest))
	}
	for _, part := range parts {
		if diff := cmp.Diff(HeatMessage{TypeHeat, id, part}, newest[part.Part]); diff != "" {
			t.Errorf("last message of part %s (-want +got)\n%s", part.Part, diff)
		}
	}
	w.noDeadLetters()
}

// noZeroCells looks at the items themselves, since readers skip zeros.
func (w *world) noZeroCells(id QuestionID) {
	w.t.Helper()
	for _, part := range w.question(id).Heat {
		_, it := w.heatItem(id, part.Part)
		if zero := zeroCells(it); len(zero) > 0 {
			w.t.Errorf("part %s keeps cells at zero: %v", part.Part, zero)
		}
	}
}

// event is one thing that a user does, for random histories.
type event struct {
	user     int
	question int
	withdraw bool
	value    Value
}

// randomHistory returns n events of users 1 to users on the given questions, of which
// the even ones are star and the odd ones geo questions.
func randomHistory(r *rand.Rand, n, questions, users int) []event {
	out := make([]event, n)
	for i := range out {
		e := event{user: 1 + r.IntN(users), question: r.IntN(questions), withdraw: r.IntN(7) == 0}
		if e.question%2 == 0 {
			e.value = Value{Kind: KindStar, Stars: HalfStars(r.IntN(MaxHalfStars + 1))}
		} else {
			e.value = Value{Kind: KindGeo, Location: around(r, manhattan, 3000)}
		}
		out[i] = e
	}
	return out
}

// do sends the events and returns what stands in the end, by question and user.
func (w *world) do(ids []QuestionID, history []event) []map[int]Value {
	w.t.Helper()
	standing := make([]map[int]Value, len(ids))
	for i := range standing {
		standing[i] = map[int]Value{}
	}
	for _, e := range history {
		if e.withdraw {
			w.withdraw(e.user, ids[e.question])
			delete(standing[e.question], e.user)
			continue
		}
		w.answer(e.user, ids[e.question], e.value)
		standing[e.question][e.user] = e.value
	}
	return standing
}

func (w *world) askAll(n int) []QuestionID {
	w.t.Helper()
	ids := make([]QuestionID, n)
	for i := range ids {
		kind := KindStar
		if i%2 == 1 {
			kind = KindGeo
		}
		ids[i] = w.ask(kind, manhattan)
	}
	return ids
}

func (w *world) check(ids []QuestionID, standing []map[int]Value) {
	w.t.Helper()
	for i, id := range ids {
		if diff := cmp.Diff(fold(standing[i]), w.sums(id)); diff != "" {
			w.t.Errorf("question %d: sums are not the fold of the answers that stand (-want +got)\n%s", i, diff)
		}
		w.noZeroCells(id)
	}
}

// TestPipelineUnderRealPumps runs a random history through event source mappings.
func TestPipelineUnderRealPumps(t *testing.T) {
	r := newRand(t, 11)
	w := newWorld(t)
	var mappings []*pump.Mapping
	add := func(m *pump.Mapping, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		mappings = append(mappings, m)
	}
	report := func(o *pump.StreamOptions) { o.ReportBatchItemFailures = true }
	concurrent := func(o *pump.QueueOptions) { o.Concurrency = 3 }
	add(pump.Queue(w.local, w.resources.QuestionsQueue, w.worker.ProcessQuestions, concurrent))
	add(pump.Queue(w.local, w.resources.StarAnswersQueue, w.worker.ProcessAnswers, concurrent))
	add(pump.Queue(w.local, w.resources.GeoAnswersQueue, w.worker.ProcessAnswers, concurrent))
	add(pump.Window(w.local, w.resources.Answers, w.worker.AggregateAnswers, report))
	add(pump.Stream(w.local, w.resources.Questions, w.worker.PublishQuestions, report))
	add(pump.Stream(w.local, w.resources.Heat, w.worker.PublishHeat, report))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, len(mappings))
	for _, m := range mappings {
		go func() { done <- m.Run(ctx) }()
	}
	idle := func() bool { return !slices.ContainsFunc(mappings, func(m *pump.Mapping) bool { return !m.Idle() }) }

	ids := w.askAll(6)
	waitFor(t, "questions are processed", idle)
	standing := w.do(ids, randomHistory(r, 600, len(ids), 25))
	waitFor(t, "answers are aggregated", idle)
	cancel()
	for range mappings {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	w.check(ids, standing)
	w.noDeadLetters()
	w.lastMessagesAgree(ids)
}

// patience bounds waits that end much earlier unless something is wrong.
const patience = time.Minute

// waitFor waits until a condition holds twice in a row.
func waitFor(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for held := 0; held < 5; {
		select {
		case <-deadline:
			t.Fatalf("not within %v: %s", patience, what)
		case <-tick.C:
		}
		if condition() {
			held++
		} else {
			held = 0
		}
	}
}

// lastMessagesAgree checks that who only listens ends at what is stored, and that no
// message names a user.
func (w *world) lastMessagesAgree(ids []QuestionID) {
	w.t.Helper()
	summaries := map[QuestionID]Summary{}
	for _, m := range w.published.take() {
		if strings.Contains(m.topic, "/account/") {
			continue
		}
		noAccounts(w.t, "a message on "+m.topic, m.payload)
		if !strings.HasPrefix(m.payload, `{"type":"summary"`) {
			continue
		}
		var s SummaryMessage
		if err := json.Unmarshal([]byte(m.payload), &s); err != nil {
			w.t.Fatal(err)
		}
		if s.Version > summaries[s.Question].Version {
			summaries[s.Question] = s.Summary
		}
	}
	for _, id := range ids {
		if diff := cmp.Diff(w.question(id).Summary, summaries[id]); diff != "" {
			w.t.Errorf("the last summary published of %s is not the one stored (-want +got)\n%s", id, diff)
		}
	}
}

// TestDisorder delivers every message several times in random order, and stream batches
// of random size again and late: the sums still equal the fold.
func TestDisorder(t *testing.T) {
	rounds := 3
	if slow() {
		rounds = 100
	}
	for seed := range uint64(rounds) {
		disorder(t, seed)
	}
}

func disorder(t *testing.T, seed uint64) {
	t.Helper()
	r := newRand(t, seed)
	w := newWorld(t)
	ids := w.askAll(4)
	w.run()
	standing := w.do(ids, randomHistory(r, 120, len(ids), 6))
	bodies := w.takeBodies(w.resources.StarAnswersQueue)
	bodies = append(bodies, w.takeBodies(w.resources.GeoAnswersQueue)...)
	for range 2 {
		bodies = append(bodies, bodies[:len(bodies)/2]...)
	}
	r.Shuffle(len(bodies), func(i, j int) { bodies[i], bodies[j] = bodies[j], bodies[i] })
	for len(bodies) > 0 {
		n := min(len(bodies), 1+r.IntN(10))
		response, err := w.worker.ProcessAnswers(w.ctx(), w.answersEvent(bodies[:n]))
		if err != nil || len(response.BatchItemFailures) > 0 {
			t.Fatalf("seed %d: %v, %v", seed, response, err)
		}
		bodies = bodies[n:]
	}
	w.scrambleStream(r, w.aggregate(w.worker))
	w.check(ids, standing)
	w.noDeadLetters()
}

// takeBodies empties a queue.
func (w *world) takeBodies(queue string) []string {
	w.t.Helper()
	var bodies []string
	for {
		messages := w.receive(queue, 10)
		if len(messages) == 0 {
			return bodies
		}
		for _, m := range messages {
			bodies = append(bodies, m.Body)
			if err := w.local.SQS().Delete(w.ctx(), queue, m.ReceiptHandle); err != nil {
				w.t.Fatal(err)
			}
		}
	}
}

// answersEvent makes an event of the star answers' queue by hand.
func (w *world) answersEvent(bodies []string) events.SQSEvent {
	var event events.SQSEvent
	for i, body := range bodies {
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: fmt.Sprint("message-", i), Body: body,
			EventSourceARN: "arn:aws:sqs:us-east-1:000000000000:test-star-answers",
			Attributes:     map[string]string{"ApproximateReceiveCount": "1"},
		})
	}
	return event
}

// scrambleStream delivers the stream of answers as the worst event source would: batches
// of random size, each maybe again, in halves, from the middle, or long after.
func (w *world) scrambleStream(r *rand.Rand, handle streamHandler) {
	w.t.Helper()
	for _, shard := range w.shards(w.resources.Answers) {
		records := w.records(w.resources.Answers, shard)
		for done := 0; done < len(records); {
			to := min(len(records), done+1+r.IntN(40))
			from := done
			if r.IntN(2) == 0 {
				from = r.IntN(done + 1) // a zombie, or a repetition after a partial failure
			}
			if failed := handle(w.ctx(), shard, records[from:to]); failed != "" {
				w.t.Fatalf("batch failed at %s", failed)
			}
			if r.IntN(2) == 0 {
				a, b := r.IntN(to+1), r.IntN(to+1)
				if failed := handle(w.ctx(), shard, records[min(a, b):max(a, b)]); failed != "" {
					w.t.Fatalf("repeated batch failed at %s", failed)
				}
			}
			done = to
		}
	}
}
