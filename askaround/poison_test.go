package askaround

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
)

// poisonBodies are messages that can never be processed, and why.
func poisonBodies(good string, now int64) map[string]string {
	replace := func(old, new string) string {
		if !strings.Contains(good, old) {
			panic(fmt.Sprintf("%q is not in %s", old, good))
		}
		return strings.Replace(good, old, new, 1)
	}
	return map[string]string{
		"text":                    "not a message",
		"an empty object":         "{}",
		"an array":                "[]",
		"null":                    "null",
		"a number":                "1e400",
		"a cut message":           good[:len(good)/2],
		"a message and more":      good + "{}",
		"an unknown member":       replace(`"account"`, `"admin":true,"account"`),
		"no answer":               replace(`"answer"`, `"ask"`),
		"a rating of 5.5":         replace(`"halfStars":7`, `"halfStars":11`),
		"a rating of 300":         replace(`"halfStars":7`, `"halfStars":300`),
		"a negative rating":       replace(`"halfStars":7`, `"halfStars":-1`),
		"a rating as text":        replace(`"halfStars":7`, `"halfStars":"5"`),
		"a fraction":              replace(`"halfStars":7`, `"halfStars":4.5`),
		"an unknown kind":         replace(`"kind":"star"`, `"kind":"moon"`),
		"a kind without location": replace(`"kind":"star"`, `"kind":"geo"`),
		"accepted in the future":  replace(fmt.Sprint(now), fmt.Sprint(now*2)),
		"accepted never":          replace(fmt.Sprint(now), "0"),
		"an unknown operation":    replace(`"operation":"`, `"operation":"00000000000000000000000000`)[:14] + `00000000000000000000000000` + good[40:],
		"an operation of nobody":  replace(`"operation":"`, `"operation":"x`),
		"deep nesting":            strings.Repeat("[", 20_000),
	}
}

// TestPoisonIsMovedAway puts each poison message in front of a good one.
func TestPoisonIsMovedAway(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	w.run()
	w.rate(1, id, 7)
	good := w.takeBodies(w.resources.StarAnswersQueue)[0]
	var m message
	if err := json.Unmarshal([]byte(good), &m); err != nil {
		t.Fatal(err)
	}
	n := 1
	for reason, body := range poisonBodies(good, m.AcceptedAt) {
		n++
		w.send(w.resources.StarAnswersQueue, body)
		op := w.rate(n, id, 7)
		w.run()
		if got := w.outcome(n, op); got != "succeeded" {
			t.Errorf("%s: the answer behind it is %s", reason, got)
		}
		reasons := w.deadLetters(w.resources.StarAnswersDeadLetters)
		if len(reasons) != 1 || reasons[0] == "" {
			t.Errorf("%s: dead letters %q, want one with a reason", reason, reasons)
		}
	}
	if s := w.sums(id); s.Answers != int64(n-1) {
		t.Errorf("%d answers count, want %d", s.Answers, n-1)
	}
}

func TestMessageInTheWrongQueue(t *testing.T) {
	w := newWorld(t)
	id := w.ask(KindStar, manhattan)
	ask := w.takeBodies(w.resources.QuestionsQueue)[0]
	w.send(w.resources.StarAnswersQueue, ask)
	w.rate(1, id, 7)
	w.send(w.resources.QuestionsQueue, w.takeBodies(w.resources.StarAnswersQueue)[1])
	w.send(w.resources.GeoAnswersQueue, ask)
	w.run()
	for _, queue := range []string{w.resources.QuestionsDeadLetters, w.resources.GeoAnswersDeadLetters} {
		if reasons := w.deadLetters(queue); len(reasons) != 1 {
			t.Errorf("dead letters %q", reasons)
		}
	}
}

// mutate changes a text as a careless or hostile sender would.
func mutate(r *rand.Rand, s string) string {
	b := []byte(s)
	for range 1 + r.IntN(4) {
		if len(b) == 0 {
			return "x"
		}
		i := r.IntN(len(b))
		switch r.IntN(7) {
		case 0:
			b = slices.Delete(b, i, i+1)
		case 1:
			b[i] = byte(32 + r.IntN(95))
		case 2:
			b = slices.Insert(b, i, []byte(`"}`)...)
		case 3:
			b = b[:i]
		case 4:
			b = append(b, b[i:]...)
		case 5:
			b = slices.Insert(b, i, []byte("9999999999")...)
		case 6:
			words := []string{"null", "true", "-1", `""`, "{}", "1e999", "\u202e", `"account"`, "withdraw"}
			b = slices.Insert(b, i, []byte(words[r.IntN(len(words))])...)
		}
	}
	if len(b) == 0 {
		return "x"
	}
	return string(b)
}

// TestFuzzedBodies sends mutated messages: no handler error, no message that is tried
// again for ever, and each ends as processed or in the dead-letter queue (goal E04).
func TestFuzzedBodies(t *testing.T) {
	bodies := 800
	if slow() {
		bodies = 10_000
	}
	r := newRand(t, 4)
	w := newWorld(t)
	star, geo := w.ask(KindStar, manhattan), w.ask(KindGeo, manhattan)
	seeds := w.takeBodies(w.resources.QuestionsQueue)
	for _, body := range seeds {
		w.send(w.resources.QuestionsQueue, body)
	}
	w.run()
	w.rate(1, star, 7)
	w.place(2, geo, manhattan)
	w.withdraw(3, star)
	seeds = append(seeds, w.takeBodies(w.resources.StarAnswersQueue)...)
	seeds = append(seeds, w.takeBodies(w.resources.GeoAnswersQueue)...)

	dead := 0
	for sent := 0; sent < bodies; sent += 10 {
		event := w.answersEvent(nil)
		for i := range 10 {
			body := mutate(r, seeds[r.IntN(len(seeds))])
			e := w.answersEvent([]string{body})
			e.Records[0].MessageId = fmt.Sprint(i)
			event.Records = append(event.Records, e.Records...)
		}
		for name, handle := range map[string]func() (events.SQSEventResponse, error){
			"answers":   func() (events.SQSEventResponse, error) { return w.worker.ProcessAnswers(w.ctx(), event) },
			"questions": func() (events.SQSEventResponse, error) { return w.worker.ProcessQuestions(w.ctx(), event) },
		} {
			response, err := handle()
			if err != nil || len(response.BatchItemFailures) > 0 {
				for _, rec := range event.Records {
					t.Log(rec.Body)
				}
				t.Fatalf("%s: %v, %v", name, response, err)
			}
		}
	}
	w.deliverStreams(w.worker)
	for _, queue := range []string{w.resources.StarAnswersDeadLetters, w.resources.QuestionsDeadLetters} {
		reasons := w.deadLetters(queue)
		dead += len(reasons)
		if slices.Contains(reasons, "") {
			t.Error("a dead letter without a reason")
		}
	}
	if dead < bodies {
		t.Errorf("%d dead letters of %d messages twice: the fuzzing is too tame", dead, bodies)
	}
	t.Logf("%d bodies to two handlers, %d dead letters", bodies, dead)
	for _, id := range []QuestionID{star, geo} {
		if s := w.sums(id); s.Answers < 0 || s.Answers > 3 {
			t.Errorf("sums %+v", s)
		}
	}
}

func FuzzDecodeMessage(f *testing.F) {
	c := newClock()
	m := message{Operation: OperationID(digest("op")), Account: account(1), AcceptedAt: c.Now().UnixMicro(),
		Question: QuestionID("89c25a31cf0e2b4d-" + digest("q")), Answer: &answerBody{Kind: KindStar, HalfStars: 7}}
	good, err := json.Marshal(m)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(good))
	for _, body := range poisonBodies(string(good), m.AcceptedAt) {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		m, err := decodeMessage(body, c.Now())
		if err != nil {
			if _, ok := asPoison(err); !ok {
				t.Fatalf("%q: error %v is not poison", body, err)
			}
			return
		}
		// What is good is written and read again as the same.
		b, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeMessage(string(b), c.Now())
		if err != nil || again.fingerprint() != m.fingerprint() {
			t.Fatalf("%q reads as %s, then %v", body, b, err)
		}
	})
}
