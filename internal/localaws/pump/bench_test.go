package pump

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
)

// BenchmarkLatency is the time from the answer of a write to the handler's call, one
// record at a time: what waking up costs.
func BenchmarkLatency(b *testing.B) {
	report := func(b *testing.B, all []time.Duration) {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
		b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
	}
	b.Run("stream", func(b *testing.B) {
		w := open(b, "")
		defer w.Close()
		called := make(chan time.Time)
		m, err := Stream(w.Local, "table", func(context.Context, streamEvent) (r streamResponse, err error) {
			called <- time.Now()
			return r, nil
		})
		if err != nil {
			b.Fatal(err)
		}
		var all []time.Duration
		during(b, m, func() {
			v := 0
			for b.Loop() {
				v++
				if _, err := w.db.PutItem(b.Context(), &dynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]types.AttributeValue{
					"pk": number(1), "v": number(v)}}); err != nil {
					b.Fatal(err)
				}
				sent := time.Now()
				all = append(all, max(0, (<-called).Sub(sent)))
			}
		})
		report(b, all)
	})
	b.Run("queue", func(b *testing.B) {
		w := open(b, "")
		defer w.Close()
		called := make(chan time.Time)
		m, err := Queue(w.Local, w.url, func(context.Context, events.SQSEvent) (r events.SQSEventResponse, err error) {
			called <- time.Now()
			return r, nil
		})
		if err != nil {
			b.Fatal(err)
		}
		var all []time.Duration
		during(b, m, func() {
			for b.Loop() {
				if _, err := w.sqs.SendMessage(b.Context(), &awssqs.SendMessageInput{QueueUrl: &w.url, MessageBody: aws.String("x")}); err != nil {
					b.Fatal(err)
				}
				sent := time.Now()
				all = append(all, max(0, (<-called).Sub(sent)))
			}
		})
		report(b, all)
	})
}
