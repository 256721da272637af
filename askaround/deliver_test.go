package askaround

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// Delivery of queues and streams by hand, so that tests decide what comes when.

// receive returns up to n messages of a queue.
func (w *world) receive(queue string, n int) []events.SQSMessage {
	w.t.Helper()
	messages, err := w.local.SQS().Receive(w.ctx(), queue, n, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return messages
}

// settleMessages deletes what the response does not report as failed, and returns how many
// it does.
func (w *world) settleMessages(queue string, event events.SQSEvent, response events.SQSEventResponse) int {
	w.t.Helper()
	failed := map[string]bool{}
	for _, f := range response.BatchItemFailures {
		failed[f.ItemIdentifier] = true
	}
	for _, m := range event.Records {
		if failed[m.MessageId] {
			continue
		}
		if err := w.local.SQS().Delete(w.ctx(), queue, m.ReceiptHandle); err != nil {
			w.t.Fatal(err)
		}
	}
	return len(failed)
}

// deliverQueue hands the queue's visible messages to the handler, once each.
func (w *world) deliverQueue(queue string, handle func(context.Context, events.SQSEvent) (events.SQSEventResponse, error)) (delivered, failed int) {
	w.t.Helper()
	for {
		messages := w.receive(queue, 10)
		if len(messages) == 0 {
			return delivered, failed
		}
		event := events.SQSEvent{Records: messages}
		response, err := handle(w.ctx(), event)
		if err != nil {
			w.t.Fatalf("handler error: %v", err)
		}
		delivered += len(messages)
		failed += w.settleMessages(queue, event, response)
	}
}

// deliverQueues processes all that is visible.
func (w *world) deliverQueues(worker *Worker) (delivered, failed int) {
	w.t.Helper()
	for queue, handle := range map[string]func(context.Context, events.SQSEvent) (events.SQSEventResponse, error){
		w.resources.QuestionsQueue:   worker.ProcessQuestions,
		w.resources.StarAnswersQueue: worker.ProcessAnswers,
		w.resources.GeoAnswersQueue:  worker.ProcessAnswers,
	} {
		d, f := w.deliverQueue(queue, handle)
		delivered, failed = delivered+d, failed+f
	}
	return delivered, failed
}

// streamHandler takes a batch of one shard and returns the sequence number from which
// to repeat, "" when all is done.
type streamHandler func(ctx context.Context, shard string, records []events.DynamoDBEventRecord) string

func firstFailure(t testing.TB, failures []events.DynamoDBBatchItemFailure, err error) string {
	t.Helper()
	if err != nil {
		t.Fatalf("handler error: %v", err)
	}
	if len(failures) == 0 {
		return ""
	}
	return failures[0].ItemIdentifier
}

func (w *world) aggregate(worker *Worker) streamHandler {
	return func(ctx context.Context, shard string, records []events.DynamoDBEventRecord) string {
		event := events.DynamoDBTimeWindowEvent{DynamoDBEvent: events.DynamoDBEvent{Records: records}}
		event.ShardID = shard
		r, err := worker.AggregateAnswers(ctx, event)
		return firstFailure(w.t, r.BatchItemFailures, err)
	}
}

// stream returns the handler of a stream without a window.
func (w *world) stream(handle func(context.Context, events.DynamoDBEvent) (events.DynamoDBEventResponse, error)) streamHandler {
	return func(ctx context.Context, _ string, records []events.DynamoDBEventRecord) string {
		r, err := handle(ctx, events.DynamoDBEvent{Records: records})
		return firstFailure(w.t, r.BatchItemFailures, err)
	}
}

func (w *world) publishQuestions(worker *Worker) streamHandler {
	return w.stream(worker.PublishQuestions)
}

func (w *world) publishHeat(worker *Worker) streamHandler { return w.stream(worker.PublishHeat) }

// records returns all records of a shard.
func (w *world) records(table, shard string) []events.DynamoDBEventRecord {
	w.t.Helper()
	var all []events.DynamoDBEventRecord
	after := ""
	for {
		some, _, err := w.local.DynamoDB().StreamRecords(table, shard, after, 1000)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
		after = some[len(some)-1].Change.SequenceNumber
	}
}

// pendingRecords returns the records of a shard behind what deliverStream has done.
func (w *world) pendingRecords(table, shard string) []events.DynamoDBEventRecord {
	after := w.positions[table+shard]
	all := w.records(table, shard)
	for i, rec := range all {
		if rec.Change.SequenceNumber == after {
			return all[i+1:]
		}
	}
	return all
}

func (w *world) shards(table string) []string {
	w.t.Helper()
	shards, err := w.local.DynamoDB().StreamShards(table)
	if err != nil {
		w.t.Fatal(err)
	}
	ids := make([]string, len(shards))
	for i, s := range shards {
		ids[i] = s.ID
	}
	return ids
}

// deliverStream hands a table's new records to handle, in batches, and repeats what failed.
func (w *world) deliverStream(table string, handle streamHandler) {
	w.t.Helper()
	for _, shard := range w.shards(table) {
		for attempts := 0; ; attempts++ {
			records := w.pendingRecords(table, shard)
			if len(records) == 0 {
				break
			}
			if attempts > 1000 {
				w.t.Fatalf("stream of %s does not get past %s", table, records[0].Change.SequenceNumber)
			}
			batch := records[:min(w.batch, len(records))]
			from := handle(w.ctx(), shard, batch)
			for _, rec := range batch {
				if rec.Change.SequenceNumber == from {
					break
				}
				w.positions[table+shard] = rec.Change.SequenceNumber
			}
		}
	}
}

func (w *world) deliverStreams(worker *Worker) {
	w.t.Helper()
	w.deliverStream(w.resources.Answers, w.aggregate(worker))
	w.deliverStream(w.resources.Questions, w.publishQuestions(worker))
	w.deliverStream(w.resources.Heat, w.publishHeat(worker))
}

// run delivers everything until nothing is left, with time passing between attempts.
func (w *world) run() { w.runWith(w.worker) }

func (w *world) runWith(worker *Worker) {
	w.t.Helper()
	for range 20 {
		_, failed := w.deliverQueues(worker)
		w.deliverStreams(worker)
		if failed == 0 {
			return
		}
		w.clock.Advance(2 * time.Minute)
	}
	w.t.Fatal("messages still fail after 20 attempts")
}
