package pump

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-lambda-go/events"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
)

// batch delivers records until each has succeeded or been given up. It reports false
// where it stopped before that: what is left comes again.
func (s *stream) batch(ctx context.Context, shard string, records []events.DynamoDBEventRecord) bool {
	delay := s.options.RetryDelay
	for attempt := 0; len(records) > 0 && ctx.Err() == nil; attempt++ {
		left, err := s.try(ctx, shard, records)
		if n := len(records) - len(left); n > 0 {
			s.advance(shard, records[:n])
			s.stats.records.Add(uint64(n))
			attempt, delay = 0, s.options.RetryDelay // what is left is a batch of its own
		}
		if records = left; len(records) == 0 {
			return true
		}
		s.stats.failures.Add(1)
		s.options.Logger.Error("stream handler failed", "table", s.table, "records", len(records), "attempt", attempt+1, "error", err)
		switch {
		case s.tooOld(records[0]):
			if !s.discard(ctx, shard, records[:1], "RecordAgeExceeded", attempt+1) {
				return false
			}
			records = records[1:]
		case s.options.BisectBatchOnFunctionError && len(records) > 1:
			half := len(records) / 2
			if !s.batch(ctx, shard, records[:half]) {
				return false
			}
			records, attempt = records[half:], -1
		case s.options.MaximumRetryAttempts >= 0 && attempt >= s.options.MaximumRetryAttempts:
			return s.discard(ctx, shard, records, "RetryAttemptsExhausted", attempt+1)
		default:
			sleep(ctx, delay)
			delay = min(2*delay, 100*s.options.RetryDelay)
		}
	}
	return len(records) == 0
}

// try calls the handler once and returns the records that it did not take: behind the
// first that it reports, all of them, whose order must be kept.
func (s *stream) try(ctx context.Context, shard string, records []events.DynamoDBEventRecord) ([]events.DynamoDBEventRecord, error) {
	s.stats.batches.Add(1)
	failures, err := call(ctx, s.options.Timeout, func(ctx context.Context) ([]events.DynamoDBBatchItemFailure, error) {
		return s.deliverer.deliver(ctx, shard, records)
	})
	if err != nil {
		return records, err
	}
	if !s.options.ReportBatchItemFailures {
		return nil, nil
	}
	first := len(records)
	for _, f := range failures {
		first = min(first, find(records, f.ItemIdentifier))
	}
	return records[first:], nil
}

// find returns where a record stands; what is nowhere counts as the first, so that the
// whole batch is tried again, as on Lambda.
func find(records []events.DynamoDBEventRecord, sequenceNumber string) int {
	for i, r := range records {
		if sequence(r) == sequenceNumber {
			return i
		}
	}
	return 0
}

// advance remembers that the records are done.
func (s *stream) advance(shard string, records []events.DynamoDBEventRecord) {
	s.local.SetCheckpoint(s.checkpoint(shard), sequence(records[len(records)-1]))
}

func (s *stream) tooOld(r events.DynamoDBEventRecord) bool {
	return s.options.MaximumRecordAge > 0 && time.Since(r.Change.ApproximateCreationDateTime.Time) > s.options.MaximumRecordAge
}

// failureNotice is what Lambda sends to a destination of records it gave up ("Retain
// discarded batches").
type failureNotice struct {
	RequestContext struct {
		Condition              string `json:"condition"`
		ApproximateInvokeCount int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	Version   string        `json:"version"`
	Timestamp string        `json:"timestamp"`
	Batch     failedRecords `json:"DDBStreamBatchInfo"`
}

type failedRecords struct {
	ShardID             string `json:"shardId"`
	StartSequenceNumber string `json:"startSequenceNumber"`
	EndSequenceNumber   string `json:"endSequenceNumber"`
	FirstArrival        string `json:"approximateArrivalOfFirstRecord"`
	LastArrival         string `json:"approximateArrivalOfLastRecord"`
	BatchSize           int    `json:"batchSize"`
	StreamARN           string `json:"streamArn"`
}

// discard gives records up. It reports false where the destination could not be told:
// then they come again.
func (s *stream) discard(ctx context.Context, shard string, records []events.DynamoDBEventRecord, condition string, calls int) bool {
	first, last := records[0], records[len(records)-1]
	notice := failureNotice{Version: "1.0", Timestamp: time.Now().UTC().Format(time.RFC3339Nano), Batch: failedRecords{
		ShardID: shard, StartSequenceNumber: sequence(first), EndSequenceNumber: sequence(last),
		FirstArrival: first.Change.ApproximateCreationDateTime.UTC().Format(time.RFC3339), LastArrival: last.Change.ApproximateCreationDateTime.UTC().Format(time.RFC3339),
		BatchSize: len(records), StreamARN: s.arn,
	}}
	notice.RequestContext.Condition, notice.RequestContext.ApproximateInvokeCount = condition, calls
	if err := s.notify(ctx, notice); err != nil {
		s.options.Logger.Error("on-failure destination failed", "queue", s.options.OnFailure, "error", err)
		sleep(ctx, s.options.RetryDelay)
		return false
	}
	s.stats.discarded.Add(uint64(len(records)))
	s.advance(shard, records)
	return true
}

func (s *stream) notify(ctx context.Context, notice failureNotice) error {
	if s.options.OnFailure == "" {
		return nil
	}
	text, err := json.Marshal(notice)
	if err != nil {
		return err
	}
	body := string(text)
	_, err = awssqs.NewFromConfig(s.local.Config()).SendMessage(context.WithoutCancel(ctx), &awssqs.SendMessageInput{QueueUrl: &s.options.OnFailure, MessageBody: &body})
	return err
}

// sleep waits for d or the end of ctx.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
