package conformance

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"github.com/askaround/askaround-go/internal/inprocess"
	engine "github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// clockCases take hours, of a clock that does not take them. Only our engine has one.
var clockCases = []testCase{
	{"an expired item is deleted, and streamed as the service's work", expires},
	{"a shard is followed by its child", rotates},
	{"records and shards of yesterday are trimmed", trims},
	{"an iterator expires after 15 minutes", iteratorExpires},
	{"a client token is forgotten after 10 minutes", tokenExpires},
}

func TestClock(t *testing.T) {
	for _, c := range clockCases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				e := open(t, ctx, func(o *engine.Options) { o.SweepInterval = time.Minute })
				t.Cleanup(cancel)
				for _, fault := range play(ctx, newTarget(inProcess, "http://local.invalid", inprocess.Transport(e)), "clock", c) {
					t.Error(fault)
				}
			})
		})
	}
}

// after lets the engine's own work be done at the end of a time.
func after(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func expires(s *scene) {
	name := s.table(thread)
	s.must(s.setTTL(name, "x", true))
	now := int(time.Now().Unix())
	s.put(name, item{"pk": "p", "sk": 1, "x": now + 3600, "g": "g"}, item{"pk": "p", "sk": 2, "x": "no number"}, item{"pk": "p", "sk": 3, "x": 1}, item{"pk": "p", "sk": 4}, item{"pk": "p", "sk": 5, "x": now + 7200})
	after(59 * time.Minute)
	s.want("items before the time", len(s.scan(name, nil)), 5)
	after(2 * time.Minute)
	s.want("items behind it", len(s.scan(name, nil)), 4)
	s.want("in the index", len(s.scan(name, aws.String("byG"))), 0)
	all := s.records(name)
	s.chained(all)
	s.want("the last record", events(all[5:]), "REMOVE p1")
	s.want("by the service", all[5].service, true)
	s.delete(name, item{"pk": "p", "sk": 5})
	all = s.records(name)
	s.want("a client's delete is by the service", all[len(all)-1].service, false)
}

func rotates(s *scene) {
	name := s.table(thread)
	for i := range 12 { // in 12 hours
		s.put(name, item{"pk": "p", "sk": i % 2, "v": i})
		after(time.Hour)
	}
	all := s.records(name)
	s.chained(all)
	s.want("records", len(all), 12)
	shards := s.shards(s.describe(name).LatestStreamArn)
	if len(shards) < 2 {
		s.faultf("%d shards after 12 hours", len(shards))
	}
	for i, shard := range shards {
		closed := shard.SequenceNumberRange.EndingSequenceNumber != nil
		s.want("closed", closed, i < len(shards)-1)
		if i > 0 {
			s.want("parent", aws.ToString(shard.ParentShardId), aws.ToString(shards[i-1].ShardId))
		}
	}
}

func trims(s *scene) {
	name := s.table(thread)
	s.put(name, item{"pk": "p", "sk": 1})
	first := s.records(name)[0].sequence
	after(20 * time.Hour)
	s.put(name, item{"pk": "p", "sk": 2})
	after(5 * time.Hour)
	s.want("records", events(s.records(name)), "INSERT p2")
	arn := s.describe(name).LatestStreamArn
	for _, shard := range s.shards(arn) {
		_, err := s.streams.GetShardIterator(s.ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: shard.ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeAtSequenceNumber, SequenceNumber: &first})
		s.want("a trimmed record is refused", err != nil, true)
	}
}

func iteratorExpires(s *scene) {
	name := s.table(thread)
	arn := s.describe(name).LatestStreamArn
	it := s.iterator(arn, s.shards(arn)[0].ShardId, streamtypes.ShardIteratorTypeTrimHorizon, "")
	read := func() error {
		_, err := s.streams.GetRecords(s.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it})
		return err
	}
	after(14 * time.Minute)
	s.must(read())
	after(2 * time.Minute)
	s.refused("16 minutes", read(), "ExpiredIteratorException", "")
}

func tokenExpires(s *scene) {
	name := s.table(plainTable)
	send := func() {
		_, err := s.db.TransactWriteItems(s.ctx, &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("token"), TransactItems: []types.TransactWriteItem{txUpdate(name, item{"pk": "x"}, "ADD n :v", item{":v": 1})}})
		s.must(err)
	}
	send()
	after(9 * time.Minute)
	send()
	s.want("within the time", s.get(name, item{"pk": "x"})["n"], any(num("1")))
	after(2 * time.Minute)
	send()
	s.want("behind it", s.get(name, item{"pk": "x"})["n"], any(num("2")))
}
