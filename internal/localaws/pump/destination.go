package pump

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/uuid"
)

// Conditions of records that are given up.
const (
	retryAttemptsExhausted = "RetryAttemptsExhausted"
	recordAgeExceeded      = "RecordAgeExceeded"
)

// notice is what Lambda sends to a queue about records it gave up (Lambda Developer
// Guide, "Retaining discarded batches", of DynamoDB).
type notice struct {
	RequestContext  requestContext   `json:"requestContext"`
	ResponseContext *responseContext `json:"responseContext,omitempty"` // when the function was called
	Version         string           `json:"version"`
	Timestamp       string           `json:"timestamp"`
	Batch           batchInfo        `json:"DDBStreamBatchInfo"`
}

type requestContext struct {
	RequestID              string `json:"requestId"`
	FunctionARN            string `json:"functionArn"`
	Condition              string `json:"condition"`
	ApproximateInvokeCount int    `json:"approximateInvokeCount"`
}

type responseContext struct {
	StatusCode      int    `json:"statusCode"`
	ExecutedVersion string `json:"executedVersion"`
	FunctionError   string `json:"functionError,omitempty"`
}

type batchInfo struct {
	ShardID             string `json:"shardId"`
	StartSequenceNumber string `json:"startSequenceNumber"`
	EndSequenceNumber   string `json:"endSequenceNumber"`
	FirstArrival        string `json:"approximateArrivalOfFirstRecord"`
	LastArrival         string `json:"approximateArrivalOfLastRecord"`
	BatchSize           int    `json:"batchSize"`
	StreamARN           string `json:"streamArn"`
}

// discard gives records up. Where the destination cannot be told it tries again, as long
// as ctx lasts; then it reports false, and the records come again.
func (s *stream) discard(ctx context.Context, shard string, records []record, condition string, calls int, cause error) bool {
	delay := s.options.RetryDelay
	for {
		err := s.notify(ctx, s.notice(shard, records, condition, calls, cause))
		if err == nil {
			break
		}
		s.options.Logger.Error("on-failure destination failed", "queue", s.options.OnFailure, "error", err)
		sleep(ctx, delay)
		if ctx.Err() != nil {
			return false
		}
		delay = min(2*delay, maxDelayFactor*s.options.RetryDelay)
	}
	s.stats.discarded.Add(uint64(len(records)))
	s.options.Logger.Error("stream records given up", "table", s.table, "shard", shard, "condition", condition,
		"first", sequence(records[0]), "last", sequence(records[len(records)-1]))
	return true
}

func (s *stream) notice(shard string, records []record, condition string, calls int, cause error) notice {
	first, last := records[0], records[len(records)-1]
	n := notice{
		RequestContext: requestContext{RequestID: uuid.NewString(), FunctionARN: s.functionARN(), Condition: condition, ApproximateInvokeCount: calls},
		Version:        "1.0", Timestamp: s.local.Now().UTC().Format("2006-01-02T15:04:05.000Z"),
		Batch: batchInfo{ShardID: shard, StartSequenceNumber: sequence(first), EndSequenceNumber: sequence(last),
			FirstArrival: created(first).UTC().Format(time.RFC3339), LastArrival: created(last).UTC().Format(time.RFC3339),
			BatchSize: len(records), StreamARN: s.arn},
	}
	if calls > 0 {
		n.ResponseContext = &responseContext{StatusCode: 200, ExecutedVersion: "$LATEST"}
		if cause != nil {
			n.ResponseContext.FunctionError = "Unhandled"
		}
	}
	return n
}

// functionARN names the consumer as a function in the stream's region and account.
func (s *stream) functionARN() string {
	parts := strings.Split(s.arn, ":") // arn:aws:dynamodb:<region>:<account>:table/...
	return "arn:aws:lambda:" + parts[3] + ":" + parts[4] + ":function:" + s.options.Consumer
}

func (s *stream) notify(ctx context.Context, n notice) error {
	if s.options.OnFailure == "" {
		return nil
	}
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	body := string(text)
	_, err = awssqs.NewFromConfig(s.local.Config()).SendMessage(context.WithoutCancel(ctx), &awssqs.SendMessageInput{QueueUrl: &s.options.OnFailure, MessageBody: &body})
	return err
}
