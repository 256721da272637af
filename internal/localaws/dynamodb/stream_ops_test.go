package dynamodb

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// streamEngine is an engine with a table whose stream has a record in each of three
// shards, an hour apart, and the clock that it goes by.
func streamEngine(t *testing.T) (e *Engine, now *time.Time, arn string) {
	now = new(time.Time)
	*now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	e = rawEngine(t, func(o *Options) {
		o.Clock = func() time.Time { return *now }
		o.ShardLife = 30 * time.Minute
	})
	must(t, e, "CreateTable", simpleTable("table", onDemand+`,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"NEW_AND_OLD_IMAGES"}`))
	for i := range 3 {
		must(t, e, "PutItem", fmt.Sprintf(`{"TableName":"table","Item":{"pk":{"S":"p"},"n":{"N":"%d"}}}`, i))
		*now = now.Add(time.Hour)
	}
	arn = at(must(t, e, streamsTarget+"ListStreams", `{"TableName":"table"}`), "Streams", 0, "StreamArn").(string)
	return e, now, arn
}

func describe(t *testing.T, e *Engine, arn, more string) map[string]any {
	t.Helper()
	return must(t, e, streamsTarget+"DescribeStream", `{"StreamArn":"`+arn+`"`+more+`}`)["StreamDescription"].(map[string]any)
}

func TestDescribeStreamPages(t *testing.T) {
	e, _, arn := streamEngine(t)
	var shards []string
	last := ""
	for {
		d := describe(t, e, arn, `,"Limit":1`+last)
		shards = append(shards, at(d, "Shards", 0, "ShardId").(string))
		id, more := d["LastEvaluatedShardId"].(string)
		if !more {
			break
		}
		last = `,"ExclusiveStartShardId":"` + id + `"`
	}
	var want []string
	for _, sh := range describe(t, e, arn, "")["Shards"].([]any) {
		want = append(want, at(sh, "ShardId").(string))
	}
	if diff := cmp.Diff(want, shards); diff != "" || len(shards) != 3 {
		t.Errorf("%d shards: %s", len(shards), diff)
	}
}

func TestListStreamsPages(t *testing.T) {
	e := rawEngine(t)
	for _, name := range []string{"aaa", "bbb", "ccc"} {
		must(t, e, "CreateTable", simpleTable(name, onDemand+`,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"KEYS_ONLY"}`))
	}
	var tables []string
	last := ""
	for {
		answer := must(t, e, streamsTarget+"ListStreams", `{"Limit":2`+last+`}`)
		for _, s := range answer["Streams"].([]any) {
			tables = append(tables, at(s, "TableName").(string))
		}
		arn, more := answer["LastEvaluatedStreamArn"].(string)
		if !more {
			break
		}
		last = `,"ExclusiveStartStreamArn":"` + arn + `"`
	}
	if diff := cmp.Diff([]string{"aaa", "bbb", "ccc"}, tables); diff != "" {
		t.Error(diff)
	}
}

func TestStreamErrors(t *testing.T) {
	e, now, arn := streamEngine(t)
	shard := at(describe(t, e, arn, ""), "Shards", 0)
	id, first := at(shard, "ShardId").(string), at(shard, "SequenceNumberRange", "EndingSequenceNumber").(string)
	iterator := func(more string) string { return `{"StreamArn":"` + arn + `","ShardId":"` + id + `"` + more + `}` }
	const get, read = streamsTarget + "GetShardIterator", streamsTarget + "GetRecords"
	other := arn[:len(arn)-1] + "x"
	runRaw(t, e, []rawRow{
		{"no such stream", streamsTarget + "DescribeStream", `{"StreamArn":"` + other + `"}`, "ResourceNotFoundException: Requested resource not found: Stream: " + other + " not found"},
		{"no such shard", get, `{"StreamArn":"` + arn + `","ShardId":"shardId-00000000000000000000-00000000","ShardIteratorType":"LATEST"}`, "ResourceNotFoundException: Requested resource not found: Shard does not exist"},
		{"no number", get, iterator(`,"ShardIteratorType":"AT_SEQUENCE_NUMBER"`), parameter + "Invalid SequenceNumber"},
		{"a number of no record", get, iterator(`,"ShardIteratorType":"AFTER_SEQUENCE_NUMBER","SequenceNumber":"999999999999999999999"`), parameter + "Invalid SequenceNumber"},
		{"a number where none belongs", get, iterator(`,"ShardIteratorType":"LATEST","SequenceNumber":"` + first + `"`), parameter + "SequenceNumber should not be passed for this iterator type"},
		{"no iterator", read, `{"ShardIterator":"x"}`, "ValidationException: Invalid ShardIterator"},
		{"too many records", read, `{"ShardIterator":"x","Limit":1001}`, violation + "Value '1001' at 'limit' failed to satisfy constraint: Member must have value less than or equal to 1000"},
	})
	horizon := must(t, e, get, iterator(`,"ShardIteratorType":"TRIM_HORIZON"`))["ShardIterator"].(string)
	issued := *now
	*now = now.Add(16 * time.Minute)
	runRaw(t, e, []rawRow{{"an old iterator", read, `{"ShardIterator":"` + horizon + `"}`, "ExpiredIteratorException: Iterator expired. The iterator was created at time " + issued.Format(time.ANSIC)}})

	// The records of all shards are trimmed, and the shards that are closed.
	latest := at(describe(t, e, arn, ""), "Shards", 2, "ShardId").(string)
	horizon = must(t, e, get, `{"StreamArn":"`+arn+`","ShardId":"`+latest+`","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
	e.options.Retention = time.Minute
	e.trim()
	runRaw(t, e, []rawRow{
		{"what was trimmed meanwhile", read, `{"ShardIterator":"` + horizon + `"}`, "TrimmedDataAccessException: The operation attempted to read past the oldest stream record in a shard."},
		{"a shard that was trimmed", get, iterator(`,"ShardIteratorType":"TRIM_HORIZON"`), "ResourceNotFoundException: Requested resource not found: Shard does not exist"},
	})
}

// TestViews shows what each view type tells of one change.
func TestViews(t *testing.T) {
	for _, row := range []struct {
		view     string
		old, new bool
	}{{"KEYS_ONLY", false, false}, {"NEW_IMAGE", false, true}, {"OLD_IMAGE", true, false}, {"NEW_AND_OLD_IMAGES", true, true}} {
		e := rawEngine(t)
		must(t, e, "CreateTable", simpleTable("table", onDemand+`,"StreamSpecification":{"StreamEnabled":true,"StreamViewType":"`+row.view+`"}`))
		for i := range 2 {
			must(t, e, "PutItem", fmt.Sprintf(`{"TableName":"table","Item":{"pk":{"S":"p"},"n":{"N":"%d"}}}`, i))
		}
		arn := at(must(t, e, "DescribeTable", `{"TableName":"table"}`), "Table", "LatestStreamArn").(string)
		shard := at(describe(t, e, arn, ""), "Shards", 0, "ShardId").(string)
		it := must(t, e, streamsTarget+"GetShardIterator", `{"StreamArn":"`+arn+`","ShardId":"`+shard+`","ShardIteratorType":"TRIM_HORIZON"}`)["ShardIterator"].(string)
		record := at(must(t, e, streamsTarget+"GetRecords", `{"ShardIterator":"`+it+`"}`), "Records", 1)
		change := at(record, "dynamodb").(map[string]any)
		_, old := change["OldImage"]
		_, new := change["NewImage"]
		if old != row.old || new != row.new || at(change, "Keys", "pk", "S") != "p" || at(record, "eventName") != "MODIFY" {
			t.Errorf("%s: %v", row.view, record)
		}
	}
}
