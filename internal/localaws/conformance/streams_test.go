package conformance

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// record is a stream record in few words.
type record struct {
	event          string
	keys, old, new item
	sequence       string
	service        bool // by the service itself
}

// streamItem converts an item of the streams' client, whose types are its own.
func streamItem(m map[string]streamtypes.AttributeValue) item {
	if m == nil {
		return nil
	}
	i := item{}
	for name, v := range m {
		i[name] = plain(tableValue(v))
	}
	return i
}

func tableValue(v streamtypes.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *streamtypes.AttributeValueMemberS:
		return &types.AttributeValueMemberS{Value: v.Value}
	case *streamtypes.AttributeValueMemberN:
		return &types.AttributeValueMemberN{Value: v.Value}
	case *streamtypes.AttributeValueMemberB:
		return &types.AttributeValueMemberB{Value: v.Value}
	case *streamtypes.AttributeValueMemberBOOL:
		return &types.AttributeValueMemberBOOL{Value: v.Value}
	case *streamtypes.AttributeValueMemberSS:
		return &types.AttributeValueMemberSS{Value: v.Value}
	case *streamtypes.AttributeValueMemberNS:
		return &types.AttributeValueMemberNS{Value: v.Value}
	case *streamtypes.AttributeValueMemberBS:
		return &types.AttributeValueMemberBS{Value: v.Value}
	case *streamtypes.AttributeValueMemberL:
		l := &types.AttributeValueMemberL{}
		for _, e := range v.Value {
			l.Value = append(l.Value, tableValue(e))
		}
		return l
	case *streamtypes.AttributeValueMemberM:
		m := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}
		for name, e := range v.Value {
			m.Value[name] = tableValue(e)
		}
		return m
	}
	return &types.AttributeValueMemberNULL{Value: true}
}

func newRecord(r streamtypes.Record) record {
	d := r.Dynamodb
	return record{
		event: string(r.EventName), keys: streamItem(d.Keys), old: streamItem(d.OldImage), new: streamItem(d.NewImage), sequence: aws.ToString(d.SequenceNumber),
		service: r.UserIdentity != nil && aws.ToString(r.UserIdentity.PrincipalId) == "dynamodb.amazonaws.com" && aws.ToString(r.UserIdentity.Type) == "Service",
	}
}

// shards describes all shards of the stream, in pages.
func (s *scene) shards(arn *string) (all []streamtypes.Shard) {
	in := &dynamodbstreams.DescribeStreamInput{StreamArn: arn}
	for more := true; more; more = in.ExclusiveStartShardId != nil {
		out, err := s.streams.DescribeStream(s.ctx, in)
		s.must(err)
		all = append(all, out.StreamDescription.Shards...)
		in.ExclusiveStartShardId = out.StreamDescription.LastEvaluatedShardId
	}
	return all
}

func (s *scene) iterator(arn, shard *string, kind streamtypes.ShardIteratorType, sequence string) *string {
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: shard, ShardIteratorType: kind}
	if sequence != "" {
		in.SequenceNumber = &sequence
	}
	out, err := s.streams.GetShardIterator(s.ctx, in)
	s.must(err)
	return out.ShardIterator
}

// drain reads on from an iterator until the shard ends or two pages are empty.
func (s *scene) drain(it *string, limit int32) (all []record) {
	for empty := 0; it != nil && empty < 2; {
		out, err := s.streams.GetRecords(s.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it, Limit: &limit})
		s.must(err)
		if empty++; len(out.Records) > 0 {
			empty = 0
		}
		for _, r := range out.Records {
			all = append(all, newRecord(r))
		}
		it = out.NextShardIterator
	}
	return all
}

// records returns the whole stream of a table, shard after shard.
func (s *scene) records(table string) (all []record) {
	arn := s.describe(table).LatestStreamArn
	for _, shard := range s.shards(arn) {
		all = append(all, s.drain(s.iterator(arn, shard.ShardId, streamtypes.ShardIteratorTypeTrimHorizon, ""), 1000)...)
	}
	return all
}

// events writes records as "INSERT p1".
func events(all []record) string {
	var parts []string
	for _, r := range all {
		key := strings.Trim(text(r.keys["pk"]), `"`)
		if sk, ok := r.keys["sk"]; ok {
			key += text(sk)
		}
		parts = append(parts, r.event+" "+key)
	}
	return strings.Join(parts, ", ")
}

// chained checks what holds for every stream with both images: numbers rise, and an
// old image is the new image of the record before.
func (s *scene) chained(all []record) {
	last, latest := "", map[string]item{}
	for _, r := range all {
		if last != "" && !larger(r.sequence, last) {
			s.faultf("sequence number %s follows %s", r.sequence, last)
		}
		last = r.sequence
		key := text(r.keys)
		if text(latest[key]) != text(r.old) {
			s.faultf("the old image of %s is %s, behind %s", key, text(r.old), text(latest[key]))
		}
		latest[key] = r.new
	}
}

// larger compares decimal numbers of any length.
func larger(a, b string) bool { return len(a) > len(b) || len(a) == len(b) && a > b }

var streamCases = []testCase{
	{"what each view type shows", viewTypes},
	{"records come in the order of writes, images chained", streamOrder},
	{"batches and transactions are streamed", streamsBatches},
	{"a write that changes nothing is not streamed", streamsNoNoOp},
	{"sequence numbers have 21 to 40 digits", func(s *scene) {
		name := s.table(thread)
		s.put(name, item{"pk": "p", "sk": 1})
		n := len(s.records(name)[0].sequence)
		s.want("digits", n >= 21 && n <= 40, true)
	}},
	{"iterators of every type", iteratorTypes},
	{"a page of records has a limit", recordPages},
	{"streams are listed and described", describesStream},
	{"a stream is switched off and on", switchesStream},
	{"a stream that is on is not switched on", func(s *scene) {
		name := s.table(thread)
		_, err := s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name, StreamSpecification: thread.input(name).StreamSpecification})
		s.invalid("update", err, "Table already has an enabled stream: TableName: "+name)
	}},
	{"streams and shards that do not exist are not found", noStreams},
	{"wrong iterators are refused", refusesIterators},
}

func viewTypes(s *scene) {
	for view, want := range map[types.StreamViewType][][2]item{
		types.StreamViewTypeKeysOnly:        {{nil, nil}, {nil, nil}, {nil, nil}},
		types.StreamViewTypeNewImage:        {{nil, {"pk": "x", "v": num("1")}}, {nil, {"pk": "x", "v": num("2")}}, {nil, nil}},
		types.StreamViewTypeOldImage:        {{nil, nil}, {{"pk": "x", "v": num("1")}, nil}, {{"pk": "x", "v": num("2")}, nil}},
		types.StreamViewTypeNewAndOldImages: {{nil, {"pk": "x", "v": num("1")}}, {{"pk": "x", "v": num("1")}, {"pk": "x", "v": num("2")}}, {{"pk": "x", "v": num("2")}, nil}},
	} {
		name := s.table(schema{key: "pk:S", view: view})
		s.put(name, item{"pk": "x", "v": 1}, item{"pk": "x", "v": 2})
		s.delete(name, item{"pk": "x"})
		all := s.records(name)
		s.want(string(view), events(all), "INSERT x, MODIFY x, REMOVE x")
		for i, r := range all {
			s.want(string(view)+" "+r.event, [2]item{r.old, r.new}, want[i])
		}
	}
}

func streamOrder(s *scene) {
	name := s.table(thread)
	for i := range 30 {
		key := item{"pk": "p", "sk": i % 4}
		switch i % 5 {
		case 4:
			s.delete(name, key)
		default:
			s.put(name, item{"pk": "p", "sk": i % 4, "v": i, "all": everything})
		}
	}
	all := s.records(name)
	s.chained(all)
	s.want("records", len(all), 30)
	s.want("the first", events(all[:6]), "INSERT p0, INSERT p1, INSERT p2, INSERT p3, REMOVE p0, MODIFY p1")
	s.want("an image", all[0].new["all"], any(same(everything)))
}

func streamsBatches(s *scene) {
	name := s.table(thread)
	s.must(s.batchWrite(map[string][]types.WriteRequest{name: {putRequest(item{"pk": "a", "sk": 1}), putRequest(item{"pk": "a", "sk": 2})}}))
	s.must(s.transact(txPut(name, item{"pk": "b", "sk": 1}, ""), txUpdate(name, item{"pk": "a", "sk": 1}, "SET v = :v", item{":v": 1}), txDelete(name, item{"pk": "a", "sk": 2}), txCheck(name, item{"pk": "z", "sk": 1}, "attribute_not_exists(pk)")))
	all := s.records(name)
	s.chained(all)
	count := map[string]int{}
	for _, r := range all {
		count[events([]record{r})]++
	}
	s.want("records", count, map[string]int{"INSERT a1": 1, "INSERT a2": 1, "INSERT b1": 1, "MODIFY a1": 1, "REMOVE a2": 1})
}

func streamsNoNoOp(s *scene) {
	name := s.table(thread)
	s.put(name, item{"pk": "p", "sk": 1, "v": ss{"a", "b"}, "n": num("1.0")}, item{"pk": "p", "sk": 1, "v": ss{"b", "a"}, "n": 1})
	s.delete(name, item{"pk": "none", "sk": 1})
	_, err := s.db.UpdateItem(s.ctx, &dynamodb.UpdateItemInput{TableName: &name, Key: attributes(item{"pk": "p", "sk": 1}), UpdateExpression: aws.String("SET n = :n REMOVE zz"), ExpressionAttributeValues: attributes(item{":n": 1})})
	s.must(err)
	s.must(s.transact(txUpdate(name, item{"pk": "p", "sk": 1}, "SET n = :n", item{":n": 1})))
	s.must(s.batchWrite(map[string][]types.WriteRequest{name: {putRequest(item{"pk": "p", "sk": 1, "v": ss{"a", "b"}, "n": 1}), deleteRequest(item{"pk": "none", "sk": 2})}}))
	s.want("records", events(s.records(name)), "INSERT p1")
}

func iteratorTypes(s *scene) {
	name := s.table(thread)
	write := func(from, to int) {
		for i := from; i < to; i++ {
			s.put(name, item{"pk": "p", "sk": i})
		}
	}
	write(0, 5)
	arn := s.describe(name).LatestStreamArn
	shards := s.shards(arn)
	shard := shards[len(shards)-1].ShardId
	latest := s.iterator(arn, shard, streamtypes.ShardIteratorTypeLatest, "")
	write(5, 7)
	all := s.records(name)
	for _, row := range []struct {
		why  string
		it   *string
		want string
	}{
		{"LATEST", latest, events(all[5:])},
		{"TRIM_HORIZON", s.iterator(arn, shard, streamtypes.ShardIteratorTypeTrimHorizon, ""), events(all)},
		{"AT", s.iterator(arn, shard, streamtypes.ShardIteratorTypeAtSequenceNumber, all[2].sequence), events(all[2:])},
		{"AFTER", s.iterator(arn, shard, streamtypes.ShardIteratorTypeAfterSequenceNumber, all[2].sequence), events(all[3:])},
		{"AFTER the last", s.iterator(arn, shard, streamtypes.ShardIteratorTypeAfterSequenceNumber, all[6].sequence), ""},
	} {
		s.want(row.why, events(s.drain(row.it, 1000)), row.want)
	}
}

func recordPages(s *scene) {
	name := s.table(thread)
	for i := range 7 {
		s.put(name, item{"pk": "p", "sk": i})
	}
	arn := s.describe(name).LatestStreamArn
	it := s.iterator(arn, s.shards(arn)[0].ShardId, streamtypes.ShardIteratorTypeTrimHorizon, "")
	out, err := s.streams.GetRecords(s.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: it, Limit: aws.Int32(3)})
	s.must(err)
	s.want("a page", len(out.Records), 3)
	s.want("all pages", events(s.drain(it, 3)), "INSERT p0, INSERT p1, INSERT p2, INSERT p3, INSERT p4, INSERT p5, INSERT p6")
}

func describesStream(s *scene) {
	name := s.table(thread)
	table := s.describe(name)
	list, err := s.streams.ListStreams(s.ctx, &dynamodbstreams.ListStreamsInput{TableName: &name})
	s.must(err)
	s.want("listed", len(list.Streams), 1)
	s.want("ARN", aws.ToString(list.Streams[0].StreamArn), *table.LatestStreamArn)
	out, err := s.streams.DescribeStream(s.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: table.LatestStreamArn})
	s.must(err)
	d := out.StreamDescription
	s.want("status", d.StreamStatus, streamtypes.StreamStatusEnabled)
	s.want("view", d.StreamViewType, streamtypes.StreamViewTypeNewAndOldImages)
	s.want("table, label", []string{*d.TableName, *d.StreamLabel}, []string{name, *table.LatestStreamLabel})
	s.want("keys", len(d.KeySchema), 2)
	if len(d.Shards) != 1 || d.Shards[0].SequenceNumberRange.StartingSequenceNumber == nil || d.Shards[0].SequenceNumberRange.EndingSequenceNumber != nil {
		s.faultf("%d shards at first, want one that is open", len(d.Shards))
	}
}

func switchesStream(s *scene) {
	name := s.table(schema{key: "pk:S", view: types.StreamViewTypeKeysOnly})
	first := s.describe(name).LatestStreamArn
	set := func(spec *types.StreamSpecification) error {
		_, err := s.db.UpdateTable(s.ctx, &dynamodb.UpdateTableInput{TableName: &name, StreamSpecification: spec})
		if err == nil {
			err = active(s.ctx, s.db, name)
		}
		return err
	}
	s.put(name, item{"pk": "1"})
	s.must(set(&types.StreamSpecification{StreamEnabled: aws.Bool(false)}))
	s.put(name, item{"pk": "2"})
	s.must(set(&types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewImage}))
	s.put(name, item{"pk": "3"})
	s.want("the new stream", events(s.records(name)), "INSERT 3")
	s.want("another ARN", *s.describe(name).LatestStreamArn != *first, true)
	shards := s.shards(first)
	s.want("the old stream is still there", events(s.drain(s.iterator(first, shards[0].ShardId, streamtypes.ShardIteratorTypeTrimHorizon, ""), 1000)), "INSERT 1")
	s.want("its shard is closed", shards[len(shards)-1].SequenceNumberRange.EndingSequenceNumber != nil, true)
}

func noStreams(s *scene) {
	arn := s.describe(s.table(thread)).LatestStreamArn
	none := *arn + "0"
	_, err := s.streams.DescribeStream(s.ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: &none})
	s.refused("stream", err, "ResourceNotFoundException", "")
	_, err = s.streams.GetShardIterator(s.ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: aws.String("shardId-00000000000000000000-00000000"), ShardIteratorType: streamtypes.ShardIteratorTypeLatest})
	s.refused("shard", err, "ResourceNotFoundException", "")
}

func refusesIterators(s *scene) {
	arn := s.describe(s.table(thread)).LatestStreamArn
	_, err := s.streams.GetShardIterator(s.ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: arn, ShardId: s.shards(arn)[0].ShardId, ShardIteratorType: "FIRST"})
	s.invalid("an unknown type", err, "")
	_, err = s.streams.GetRecords(s.ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: aws.String("nonsense")})
	s.invalid("nonsense", err, "")
}
