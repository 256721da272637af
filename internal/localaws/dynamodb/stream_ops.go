package dynamodb

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

type listStreamsInput struct {
	TableName               *string `api:"table=3..255"`
	ExclusiveStartStreamArn *string `api:"len=37..1024"`
	Limit                   *int    `api:"range=1..100"`
}

type streamSummary struct{ StreamArn, TableName, StreamLabel string }

type listStreamsOutput struct {
	Streams                []streamSummary
	LastEvaluatedStreamArn string `json:",omitempty"`
}

func (e *Engine) listStreams(_ context.Context, in *listStreamsInput) (*listStreamsOutput, error) {
	limit, table, start := 100, "", ""
	if in.Limit != nil {
		limit = *in.Limit
	}
	if in.TableName != nil {
		table = e.tableName(*in.TableName)
	}
	if in.ExclusiveStartStreamArn != nil {
		start = *in.ExclusiveStartStreamArn
	}
	out := &listStreamsOutput{Streams: []streamSummary{}}
	e.streams.mu.Lock()
	for arn, s := range e.streams.byARN {
		if (table == "" || table == s.table) && arn > start {
			out.Streams = append(out.Streams, streamSummary{arn, s.table, s.label})
		}
	}
	e.streams.mu.Unlock()
	slices.SortFunc(out.Streams, func(a, b streamSummary) int { return cmp.Compare(a.StreamArn, b.StreamArn) })
	if len(out.Streams) > limit {
		out.Streams = out.Streams[:limit]
		out.LastEvaluatedStreamArn = out.Streams[limit-1].StreamArn
	}
	return out, nil
}

func (e *Engine) streamByARN(arn string) (*stream, error) {
	e.streams.mu.Lock()
	defer e.streams.mu.Unlock()
	if s := e.streams.byARN[arn]; s != nil {
		return s, nil
	}
	return nil, failure("ResourceNotFoundException", "Requested resource not found: Stream: %s not found", arn)
}

type describeStreamInput struct {
	StreamArn             *string `api:"required,len=37..1024"`
	ExclusiveStartShardId *string `api:"len=28..65"`
	Limit                 *int    `api:"range=1..100"`
}

type sequenceRange struct {
	StartingSequenceNumber string
	EndingSequenceNumber   string `json:",omitempty"`
}

type shardDescription struct {
	ShardId             string
	ParentShardId       string `json:",omitempty"`
	SequenceNumberRange sequenceRange
}

type streamDescription struct {
	StreamArn               string
	StreamLabel             string
	StreamStatus            string
	StreamViewType          string
	CreationRequestDateTime float64
	TableName               string
	KeySchema               []keySchemaElement
	Shards                  []shardDescription
	LastEvaluatedShardId    string `json:",omitempty"`
}

type describeStreamOutput struct{ StreamDescription streamDescription }

func (e *Engine) describeStream(_ context.Context, in *describeStreamInput) (*describeStreamOutput, error) {
	s, err := e.streamByARN(*in.StreamArn)
	if err != nil {
		return nil, err
	}
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	d := streamDescription{
		StreamArn: s.arn, StreamLabel: s.label, StreamStatus: "ENABLED", StreamViewType: s.view,
		CreationRequestDateTime: seconds(s.created), TableName: s.table, KeySchema: s.key, Shards: []shardDescription{},
	}
	if !s.enabled {
		d.StreamStatus = "DISABLED"
	}
	shards := s.shards
	if in.ExclusiveStartShardId != nil {
		i := slices.IndexFunc(shards, func(sh *shard) bool { return sh.id == *in.ExclusiveStartShardId })
		shards = shards[i+1:] // all of them where that one was trimmed
	}
	for _, sh := range shards[:min(limit, len(shards))] {
		sd := shardDescription{ShardId: sh.id, ParentShardId: sh.parent, SequenceNumberRange: sequenceRange{StartingSequenceNumber: formatSequence(sh.first)}}
		if sh.closed != 0 {
			sd.SequenceNumberRange.EndingSequenceNumber = formatSequence(sh.last)
		}
		d.Shards = append(d.Shards, sd)
	}
	if len(shards) > limit {
		d.LastEvaluatedShardId = shards[limit-1].id
	}
	return &describeStreamOutput{d}, nil
}

// iteratorLife is how long a shard iterator can be used ("15 minutes").
const iteratorLife = 15 * time.Minute

// iterator is a place in a shard, opaque to clients.
type iterator struct {
	Stream string    `json:"s"`
	Shard  string    `json:"h"`
	After  uint64    `json:"a"` // the sequence number that was read last
	Issued time.Time `json:"i"`
}

func (it iterator) encode(now time.Time) string {
	it.Issued = now
	text, err := json.Marshal(it)
	if err != nil {
		panic(err) // strings and numbers alone
	}
	return base64.StdEncoding.EncodeToString(text)
}

type shardIteratorInput struct {
	StreamArn         *string `api:"required,len=37..1024"`
	ShardId           *string `api:"required,len=28..65"`
	ShardIteratorType string  `api:"required,enum=AFTER_SEQUENCE_NUMBER LATEST AT_SEQUENCE_NUMBER TRIM_HORIZON"`
	SequenceNumber    *string `api:"len=21..40"`
}

type shardIteratorOutput struct{ ShardIterator string }

func (e *Engine) getShardIterator(_ context.Context, in *shardIteratorInput) (*shardIteratorOutput, error) {
	s, err := e.streamByARN(*in.StreamArn)
	if err != nil {
		return nil, err
	}
	sh := s.shard(*in.ShardId)
	if sh == nil {
		return nil, failure("ResourceNotFoundException", "Requested resource not found: Shard does not exist")
	}
	it := iterator{Stream: s.arn, Shard: sh.id}
	if it.After, err = s.place(sh, in); err != nil {
		return nil, err
	}
	return &shardIteratorOutput{it.encode(e.now())}, nil
}

// place returns the sequence number behind which an iterator begins.
func (s *stream) place(sh *shard, in *shardIteratorInput) (uint64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	numbered := in.ShardIteratorType == "AT_SEQUENCE_NUMBER" || in.ShardIteratorType == "AFTER_SEQUENCE_NUMBER"
	switch {
	case numbered && in.SequenceNumber == nil:
		return 0, badParameter("Invalid SequenceNumber")
	case !numbered && in.SequenceNumber != nil:
		return 0, badParameter("SequenceNumber should not be passed for this iterator type")
	case in.ShardIteratorType == "TRIM_HORIZON":
		return sh.trimmed, nil
	case in.ShardIteratorType == "LATEST":
		return sh.last, nil
	}
	n, ok := parseSequence(*in.SequenceNumber)
	switch {
	case !ok || n < sh.first || n > sh.last:
		return 0, badParameter("Invalid SequenceNumber")
	case n <= sh.trimmed:
		return 0, errTrimmed
	case in.ShardIteratorType == "AT_SEQUENCE_NUMBER":
		return n - 1, nil
	}
	return n, nil
}

var errTrimmed = failure("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")

type getRecordsInput struct {
	ShardIterator *string `api:"required,len=1..2048"`
	Limit         *int    `api:"range=1..1000"`
}

type getRecordsOutput struct {
	Records           []wireRecord
	NextShardIterator string `json:",omitempty"`
}

// wireRecord is a Record of the DynamoDB Streams API.
type wireRecord struct {
	EventID      string           `json:"eventID"`
	EventName    string           `json:"eventName"`
	EventVersion string           `json:"eventVersion"`
	EventSource  string           `json:"eventSource"`
	AWSRegion    string           `json:"awsRegion"`
	DynamoDB     wireStreamRecord `json:"dynamodb"`
	UserIdentity *userIdentity    `json:"userIdentity,omitempty"`
}

type wireStreamRecord struct {
	ApproximateCreationDateTime int64
	Keys                        json.RawMessage
	NewImage                    json.RawMessage `json:",omitempty"`
	OldImage                    json.RawMessage `json:",omitempty"`
	SequenceNumber              string
	SizeBytes                   int
	StreamViewType              string
}

type userIdentity struct {
	PrincipalID string `json:"PrincipalId"`
	Type        string `json:"Type"`
}

// maxRecords and maxRecordBytes bound one GetRecords: 1,000 records or 1 MB.
const (
	maxRecords     = 1000
	maxRecordBytes = 1 << 20
)

func (e *Engine) getRecords(_ context.Context, in *getRecordsInput) (*getRecordsOutput, error) {
	var it iterator
	text, err := base64.StdEncoding.DecodeString(*in.ShardIterator)
	if err != nil || json.Unmarshal(text, &it) != nil {
		return nil, invalid("Invalid ShardIterator")
	}
	now := e.now()
	if now.Sub(it.Issued) > iteratorLife {
		return nil, failure("ExpiredIteratorException", "Iterator expired. The iterator was created at time %s", it.Issued.UTC().Format(time.ANSIC))
	}
	limit := maxRecords
	if in.Limit != nil {
		limit = *in.Limit
	}
	s, err := e.streamByARN(it.Stream)
	if err != nil {
		return nil, err
	}
	sh := s.shard(it.Shard)
	if sh == nil {
		return nil, errTrimmed
	}
	if it.After < s.horizon(sh) {
		return nil, errTrimmed
	}
	records, end, err := s.after(sh, it.After, limit)
	if err != nil {
		return nil, err
	}
	out, bytes := &getRecordsOutput{Records: []wireRecord{}}, 0
	for _, r := range records {
		w := e.wireRecord(s, r)
		if bytes += w.DynamoDB.SizeBytes; bytes > maxRecordBytes && len(out.Records) > 0 {
			end = false
			break
		}
		out.Records = append(out.Records, w)
		it.After = r.sequence
	}
	if !end {
		out.NextShardIterator = it.encode(now)
	}
	return out, nil
}

// horizon is the sequence number of the youngest record that was trimmed from a shard.
func (s *stream) horizon(sh *shard) uint64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return sh.trimmed
}

func (e *Engine) wireRecord(s *stream, r streamRecord) wireRecord {
	keys, old, new := s.images(r)
	w := wireRecord{
		EventID: r.id(), EventName: r.event(), EventVersion: "1.1", EventSource: "aws:dynamodb", AWSRegion: e.options.Region,
		DynamoDB: wireStreamRecord{
			ApproximateCreationDateTime: r.at / 1000, Keys: keys.AppendJSON(nil, nil), SequenceNumber: formatSequence(r.sequence), StreamViewType: s.view,
		},
	}
	if old != "" {
		w.DynamoDB.OldImage = old.AppendJSON(nil, nil)
	}
	if new != "" {
		w.DynamoDB.NewImage = new.AppendJSON(nil, nil)
	}
	w.DynamoDB.SizeBytes = keys.Size(nil) + old.Size(nil) + new.Size(nil)
	if r.expired {
		w.UserIdentity = &userIdentity{"dynamodb.amazonaws.com", "Service"}
	}
	return w
}

// images returns the keys and what the stream's view type shows of a record.
func (s *stream) images(r streamRecord) (keys, old, new attr.Packed) {
	if s.view == "OLD_IMAGE" || s.view == "NEW_AND_OLD_IMAGES" {
		old = r.old
	}
	if s.view == "NEW_IMAGE" || s.view == "NEW_AND_OLD_IMAGES" {
		new = r.new
	}
	return r.keys(s), old, new
}
