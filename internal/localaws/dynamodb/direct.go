package dynamodb

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Shard tells a consumer in the process about a shard of a stream.
type Shard struct {
	ID, Parent string
	Closed     bool // takes no more records
	Partition  int  // of whose items it tells, 0 to Partitions-1; that of its parent
	Partitions int  // of the stream: so many of its shards are open
}

// StreamShards returns the shards of the table's stream, a parent before its child.
// Errors: [ErrNoTable], [ErrNoStream].
func (e *Engine) StreamShards(table string) ([]Shard, error) {
	s, err := e.tableStream(table)
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	shards := make([]Shard, len(s.shards))
	for i, sh := range s.shards {
		shards[i] = Shard{sh.id, sh.parent, sh.closed != 0, sh.partition, len(s.open)}
	}
	return shards, nil
}

// StreamRecords returns up to limit records of a shard behind the sequence number
// after, "" for the beginning, as Lambda hands them to functions. end tells that the
// shard is closed and has no more. Errors: [ErrNoTable], [ErrNoStream], [ErrNoShard].
func (e *Engine) StreamRecords(table, shardID, after string, limit int) (records []events.DynamoDBEventRecord, end bool, err error) {
	s, err := e.tableStream(table)
	if err != nil {
		return nil, false, err
	}
	sh := s.shard(shardID)
	if sh == nil {
		return nil, false, ErrNoShard
	}
	n, _ := parseSequence(after)
	found, end, err := s.after(sh, n, limit)
	if err != nil {
		return nil, false, err
	}
	records = make([]events.DynamoDBEventRecord, len(found))
	for i, r := range found {
		records[i] = e.eventRecord(s, r)
	}
	return records, end, nil
}

// StreamChanged returns a channel that closes when a shard of the table's stream gets its
// next record or takes no more. Get it before reading, so that nothing is missed. Errors:
// [ErrNoTable], [ErrNoStream], [ErrNoShard].
func (e *Engine) StreamChanged(table, shardID string) (<-chan struct{}, error) {
	s, err := e.tableStream(table)
	if err != nil {
		return nil, err
	}
	sh := s.shard(shardID)
	if sh == nil {
		return nil, ErrNoShard
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return sh.changed, nil
}

// StreamARN returns the ARN of the table's stream. Errors: [ErrNoTable], [ErrNoStream].
func (e *Engine) StreamARN(table string) (string, error) {
	s, err := e.tableStream(table)
	if err != nil {
		return "", err
	}
	return s.arn, nil
}

func (e *Engine) tableStream(name string) (*stream, error) {
	e.mu.RLock()
	t := e.tables[name]
	e.mu.RUnlock()
	if t == nil {
		return nil, ErrNoTable
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.stream == nil {
		return nil, ErrNoStream
	}
	return t.stream, nil
}

// id is the record's eventID: the same whenever it is read.
func (r *streamRecord) id() string {
	sum := sha256.Sum256([]byte(formatSequence(r.sequence)))
	return hex.EncodeToString(sum[:16])
}

func (e *Engine) eventRecord(s *stream, r streamRecord) events.DynamoDBEventRecord {
	keys, old, new := s.images(r)
	out := events.DynamoDBEventRecord{
		AWSRegion: e.options.Region, EventID: r.id(), EventName: r.event(), EventSource: "aws:dynamodb", EventVersion: "1.1",
		EventSourceArn: s.arn,
		Change: events.DynamoDBStreamRecord{
			ApproximateCreationDateTime: events.SecondsEpochTime{Time: time.UnixMilli(r.at)},
			Keys:                        eventItem(keys.Item(nil)), OldImage: eventItem(old.Item(nil)), NewImage: eventItem(new.Item(nil)),
			SequenceNumber: formatSequence(r.sequence),
			SizeBytes:      int64(keys.Size(nil) + old.Size(nil) + new.Size(nil)),
			StreamViewType: s.view,
		},
	}
	if r.expired {
		out.UserIdentity = &events.DynamoDBUserIdentity{PrincipalID: "dynamodb.amazonaws.com", Type: "Service"}
	}
	return out
}

func eventItem(item attr.Item) map[string]events.DynamoDBAttributeValue {
	if item == nil {
		return nil
	}
	out := make(map[string]events.DynamoDBAttributeValue, len(item))
	for name, v := range item {
		out[name] = eventValue(v)
	}
	return out
}

func eventValue(v attr.Value) events.DynamoDBAttributeValue {
	switch v.Type {
	case attr.TypeS:
		return events.NewStringAttribute(v.S)
	case attr.TypeN:
		return events.NewNumberAttribute(v.N.String())
	case attr.TypeB:
		return events.NewBinaryAttribute([]byte(v.S))
	case attr.TypeBOOL:
		return events.NewBooleanAttribute(v.Bool)
	case attr.TypeNULL:
		return events.NewNullAttribute()
	case attr.TypeM:
		return events.NewMapAttribute(eventItem(v.M))
	case attr.TypeL:
		list := make([]events.DynamoDBAttributeValue, len(v.L))
		for i := range v.L {
			list[i] = eventValue(v.L[i])
		}
		return events.NewListAttribute(list)
	}
	texts := make([]string, len(v.Set))
	for i, m := range v.Set {
		if texts[i] = m.S; m.Type == attr.TypeN {
			texts[i] = m.N.String()
		}
	}
	switch v.Type {
	case attr.TypeSS:
		return events.NewStringSetAttribute(texts)
	case attr.TypeNS:
		return events.NewNumberSetAttribute(texts)
	}
	binaries := make([][]byte, len(texts))
	for i, text := range texts {
		binaries[i] = []byte(text)
	}
	return events.NewBinarySetAttribute(binaries)
}
