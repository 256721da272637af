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
	TableName               string
	ExclusiveStartStreamArn string
	Limit                   *int
}

type streamSummary struct{ StreamArn, TableName, StreamLabel string }

type listStreamsOutput struct {
	Streams                []streamSummary
	LastEvaluatedStreamArn string `json:",omitempty"`
}

func (e *Engine) listStreams(_ context.Context, in *listStreamsInput) (*listStreamsOutput, error) {
	limit := 100
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > 100 {
			return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 100", limit)
		}
	}
	out := &listStreamsOutput{Streams: []streamSummary{}}
	e.streams.mu.Lock()
	for arn, s := range e.streams.byARN {
		if (in.TableName == "" || in.TableName == s.table) && arn > in.ExclusiveStartStreamArn {
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
	StreamArn             string
	ExclusiveStartShardId string
	Limit                 *int
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
	KeySchema               []keyElement
	Shards                  []shardDescription
	LastEvaluatedShardId    string `json:",omitempty"`
}

type describeStreamOutput struct{ StreamDescription streamDescription }

func (e *Engine) describeStream(_ context.Context, in *describeStreamInput) (*describeStreamOutput, error) {
	s, err := e.streamByARN(in.StreamArn)
	if err != nil {
		return nil, err
	}
	limit := 100
	if in.Limit != nil {
		limit = min(100, max(1, *in.Limit))
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
	if in.ExclusiveStartShardId != "" {
		i := slices.IndexFunc(shards, func(sh *shard) bool { return sh.id == in.ExclusiveStartShardId })
		shards = shards[i+1:]
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
	StreamArn         string
	ShardId           string
	ShardIteratorType string
	SequenceNumber    string
}

type shardIteratorOutput struct{ ShardIterator string }

func (e *Engine) getShardIterator(_ context.Context, in *shardIteratorInput) (*shardIteratorOutput, error) {
	s, err := e.streamByARN(in.StreamArn)
	if err != nil {
		return nil, err
	}
	sh := s.shard(in.ShardId)
	if sh == nil {
		return nil, failure("ResourceNotFoundException", "Requested resource not found: Shard does not exist")
	}
	s.mu.RLock()
	first, last, trimmed := sh.first, sh.last, sh.trimmed
	s.mu.RUnlock()
	it := iterator{Stream: s.arn, Shard: sh.id}
	switch in.ShardIteratorType {
	case "TRIM_HORIZON":
		it.After = trimmed
	case "LATEST":
		it.After = last
	case "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER":
		n, ok := parseSequence(in.SequenceNumber)
		if !ok || n < first || n > last {
			return nil, invalid("Invalid SequenceNumber")
		}
		if n <= trimmed {
			return nil, failure("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")
		}
		if it.After = n; in.ShardIteratorType == "AT_SEQUENCE_NUMBER" {
			it.After--
		}
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set: [AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON]", in.ShardIteratorType)
	}
	return &shardIteratorOutput{it.encode(e.now())}, nil
}

type getRecordsInput struct {
	ShardIterator string
	Limit         *int
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
	Keys                        attr.Item
	NewImage                    attr.Item `json:",omitempty"`
	OldImage                    attr.Item `json:",omitempty"`
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
	text, err := base64.StdEncoding.DecodeString(in.ShardIterator)
	if err != nil || json.Unmarshal(text, &it) != nil {
		return nil, invalid("Invalid ShardIterator")
	}
	now := e.now()
	if now.Sub(it.Issued) > iteratorLife {
		return nil, failure("ExpiredIteratorException", "Iterator expired. The iterator was created at time %s", it.Issued.UTC().Format(time.ANSIC))
	}
	limit := maxRecords
	if in.Limit != nil {
		if limit = *in.Limit; limit < 1 || limit > maxRecords {
			return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value between 1 and 1000", limit)
		}
	}
	s, err := e.streamByARN(it.Stream)
	if err != nil {
		return nil, err
	}
	sh := s.shard(it.Shard)
	if sh == nil {
		return nil, failure("TrimmedDataAccessException", "The operation attempted to read past the oldest stream record in a shard.")
	}
	records, end := s.after(sh, it.After, limit)
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

func (e *Engine) wireRecord(s *stream, r *streamRecord) wireRecord {
	w := wireRecord{
		EventID: r.id(), EventName: r.event(), EventVersion: "1.1", EventSource: "aws:dynamodb", AWSRegion: e.options.Region,
		DynamoDB: wireStreamRecord{
			ApproximateCreationDateTime: r.at.Unix(), Keys: r.keys, SequenceNumber: formatSequence(r.sequence), StreamViewType: s.view,
		},
	}
	w.DynamoDB.OldImage, w.DynamoDB.NewImage = s.images(r)
	w.DynamoDB.SizeBytes = r.keys.Size() + w.DynamoDB.OldImage.Size() + w.DynamoDB.NewImage.Size()
	if r.expired {
		w.UserIdentity = &userIdentity{"dynamodb.amazonaws.com", "Service"}
	}
	return w
}

// images returns what the stream's view type shows of a record.
func (s *stream) images(r *streamRecord) (old, new attr.Item) {
	if s.view == "OLD_IMAGE" || s.view == "NEW_AND_OLD_IMAGES" {
		old = r.old
	}
	if s.view == "NEW_IMAGE" || s.view == "NEW_AND_OLD_IMAGES" {
		new = r.new
	}
	return old, new
}
