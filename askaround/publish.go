package askaround

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/askaround/askaround-go/askaround/topic"
)

// PublishQuestions tells subscribers of new questions, moved sums and changed states.
// Event source: the stream of the Questions table, new and old images.
func (w *Worker) PublishQuestions(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return w.publishStream(ctx, event, w.resources.QuestionsDeadLetters, w.questionNews), nil
}

// PublishHeat tells subscribers of moved heat. Event source: the stream of the Heat table.
func (w *Worker) PublishHeat(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return w.publishStream(ctx, event, w.resources.GeoAnswersDeadLetters, w.heatNews), nil
}

// news is a message to publish. Of several with the same subject only the last counts:
// it holds the newest version.
type news struct {
	subject string
	topic   topic.Topic
	message any
	record  events.DynamoDBEventRecord
}

// publishStream publishes what read makes of the records. A record that cannot be read is
// buried. When a message cannot be published the batch is repeated from its record.
func (w *Worker) publishStream(ctx context.Context, event events.DynamoDBEvent, deadLetters string, read func(events.DynamoDBEventRecord) ([]news, error)) events.DynamoDBEventResponse {
	var (
		failed  = &failures{}
		pending []news
		index   = make(map[string]int) // subject to its place in pending
	)
	for _, rec := range event.Records {
		found, err := read(rec)
		if err != nil {
			if w.buryRecord(ctx, deadLetters, rec, err.Error()) != nil {
				failed.addRecord(rec)
			}
			continue
		}
		for _, n := range found {
			n.record = rec
			if i, ok := index[n.subject]; ok {
				n.record = pending[i].record // a repetition must begin at the first
				pending[i] = n
				continue
			}
			index[n.subject] = len(pending)
			pending = append(pending, n)
		}
	}
	parallel(len(pending), w.options.BatchWorkers, func(i int) {
		w.publishNews(ctx, deadLetters, pending[i], failed)
	})
	return events.DynamoDBEventResponse{BatchItemFailures: failed.items(event.Records)}
}

func (w *Worker) publishNews(ctx context.Context, deadLetters string, n news, failed *failures) {
	err := w.publish(ctx, n.topic, n.message)
	if reason, ok := asPoison(err); ok {
		err = w.buryRecord(ctx, deadLetters, n.record, reason)
	}
	if err != nil {
		w.options.Logger.WarnContext(ctx, "message will be published again", "topic", n.topic.String(), "error", err)
		failed.addRecord(n.record)
	}
}

// questionNews reads a record of the Questions table.
func (w *Worker) questionNews(rec events.DynamoDBEventRecord) ([]news, error) {
	q, err := w.questionImage(rec.Change.NewImage)
	if q == nil || err != nil {
		return nil, err // deleted: clients know when it expired
	}
	var out []news
	add := func(t topic.Topic, subject string, m any) {
		out = append(out, news{subject: subject + t.String() + string(q.ID), topic: t, message: m})
	}
	geo, err := geoTopic(q.ID)
	if err != nil {
		return nil, err
	}
	own, err := topic.NewQuestion(string(q.ID))
	if err != nil {
		return nil, err
	}
	old := readFormer(rec.Change.OldImage)
	changed := old.state != q.State || old.expiresAt != q.ExpiresAt.Unix() // opened, closed or deleted
	if changed {
		add(geo, TypeQuestion, QuestionMessage{TypeQuestion, q.Question})
	}
	if changed && old.state != "" {
		add(own, TypeQuestion, QuestionMessage{TypeQuestion, q.Question})
	}
	if old.version != q.Summary.Version {
		add(own, TypeSummary, SummaryMessage{TypeSummary, q.ID, q.Summary})
	}
	return out, nil
}

// former is what a question was before, as far as news depends on it.
type former struct {
	state     State
	expiresAt int64 // Unix seconds
	version   int64
}

// readFormer reads an old image. An absent or unreadable one is the zero former, from which
// everything differs.
func readFormer(image map[string]events.DynamoDBAttributeValue) former {
	picked := make(map[string]events.DynamoDBAttributeValue, 3)
	for _, name := range []string{attrState, attrExpiresAt, attrVersion} {
		if v, ok := image[name]; ok {
			picked[name] = v
		}
	}
	it, err := fromStream(picked)
	a := attrs{item: it}
	f := former{State(a.text(attrState)), a.integer(attrExpiresAt), a.count(attrVersion)}
	if err != nil || a.err != nil {
		return former{}
	}
	return f
}

func (w *Worker) questionImage(image map[string]events.DynamoDBAttributeValue) (*questionRecord, error) {
	it, err := fromStream(image)
	if it == nil || err != nil {
		return nil, err
	}
	q, err := w.parseQuestionItem(it)
	if err != nil {
		return nil, err
	}
	return &q, nil
}

// PublishWatches tells an account's devices what came onto its watch list and what left
// it. Event source: the stream of the Watches table.
func (w *Worker) PublishWatches(ctx context.Context, event events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	return w.publishStream(ctx, event, w.resources.QuestionsDeadLetters, w.watchNews), nil
}

// watchNews reads a record of the Watches table: what its list has that the one before had
// not, and the other way round.
func (w *Worker) watchNews(rec events.DynamoDBEventRecord) ([]news, error) {
	if id := rec.UserIdentity; id != nil && id.PrincipalID == ttlPrincipal {
		return nil, nil // clients know when questions expire
	}
	old, oldAccount, oldErr := watchImage(rec.Change.OldImage)
	neu, account, err := watchImage(rec.Change.NewImage)
	if err := errors.Join(oldErr, err); err != nil {
		return nil, err
	}
	t, err := topic.NewAccount(cmp.Or(account, oldAccount))
	if err != nil {
		return nil, err
	}
	var out []news
	tell := func(ids, others []string, watching bool) {
		for _, id := range ids {
			if !slices.Contains(others, id) {
				out = append(out, news{subject: t.String() + id, topic: t, message: WatchMessage{TypeWatch, QuestionID(id), watching}})
			}
		}
	}
	tell(neu, old, true)
	tell(old, neu, false)
	return out, nil
}

// watchImage reads an image of a watch list. An absent one has nothing.
func watchImage(image map[string]events.DynamoDBAttributeValue) (ids []string, account string, err error) {
	it, err := fromStream(image)
	if it == nil || err != nil {
		return nil, "", err
	}
	if set, ok := it[attrQuestions].(*types.AttributeValueMemberSS); ok {
		ids = slices.Sorted(slices.Values(set.Value))
	}
	for _, id := range ids {
		if _, err := ParseQuestionID(id); err != nil {
			return nil, "", err
		}
	}
	a := attrs{item: it}
	account = a.text(attrAccount)
	return ids, account, a.err
}

// heatNews reads a record of the Heat table.
func (w *Worker) heatNews(rec events.DynamoDBEventRecord) ([]news, error) {
	it, err := fromStream(rec.Change.NewImage)
	if it == nil || err != nil {
		return nil, err
	}
	id, part, err := parseHeat(it)
	if err != nil {
		return nil, err
	}
	t, err := topic.NewQuestion(string(id))
	if err != nil {
		return nil, err
	}
	if old, err := fromStream(rec.Change.OldImage); err == nil && old != nil {
		if _, before, err := parseHeat(old); err == nil && before.Version == part.Version {
			return nil, nil // tidied
		}
	}
	return []news{{subject: part.Part + t.String(), topic: t, message: HeatMessage{TypeHeat, id, part}}}, nil
}
