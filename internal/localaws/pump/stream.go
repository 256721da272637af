package pump

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

type record = events.DynamoDBEventRecord

// Stream returns a mapping from a table's stream to h. Errors: [ErrInvalid].
func Stream(local *localaws.Local, table string, h StreamHandler, optFns ...func(*StreamOptions)) (*Mapping, error) {
	s, err := newStream(local, table, optFns)
	if err != nil {
		return nil, err
	}
	s.readShard = s.plainShard
	if s.options.ParallelizationFactor > 1 {
		s.readShard = s.parallelShard
	}
	s.plain = func(ctx context.Context, records []record) ([]events.DynamoDBBatchItemFailure, error) {
		response, err := h(ctx, events.DynamoDBEvent{Records: records})
		return response.BatchItemFailures, err
	}
	return s.mapping()
}

// Window returns a mapping from a table's stream to h with tumbling windows: the event
// tells the shard and the window, carries the state that the handler returned for it
// before, and comes once more without records when the window has ended.
//
// Errors: [ErrInvalid].
func Window(local *localaws.Local, table string, h WindowHandler, optFns ...func(*StreamOptions)) (*Mapping, error) {
	s, err := newStream(local, table, optFns)
	if err != nil {
		return nil, err
	}
	if s.options.ParallelizationFactor > 1 {
		return nil, fmt.Errorf("%w: parallelization factor %d, a window has one state per shard", ErrInvalid, s.options.ParallelizationFactor)
	}
	s.readShard = func(ctx context.Context, shard string) error { return s.windowShard(ctx, shard, h) }
	return s.mapping()
}

// deliverer hands records to the handler.
type deliverer func(context.Context, []record) ([]events.DynamoDBBatchItemFailure, error)

type stream struct {
	local     *localaws.Local
	engine    *dynamodb.Engine
	table     string
	arn       string
	plain     deliverer // of Stream
	readShard func(ctx context.Context, shard string) error
	filters   filters
	options   StreamOptions
	stats     *counters
	gathered  time.Time // when the last records were; only of the goroutine that reads
}

func newStream(local *localaws.Local, table string, optFns []func(*StreamOptions)) (*stream, error) {
	o, err := streamOptions(optFns)
	if err != nil {
		return nil, err
	}
	filters, err := parseFilters(o.Filters)
	if err != nil {
		return nil, err
	}
	arn, err := local.DynamoDB().StreamARN(table)
	if err != nil {
		return nil, fmt.Errorf("%w: table %s: %w", ErrInvalid, table, err)
	}
	if o.OnFailure != "" {
		if _, _, _, err := local.SQS().Depth(o.OnFailure); err != nil {
			return nil, fmt.Errorf("%w: on-failure queue %s: %w", ErrInvalid, o.OnFailure, err)
		}
	}
	return &stream{local: local, engine: local.DynamoDB(), table: table, arn: arn, filters: filters, options: o, stats: new(counters)}, nil
}

func (s *stream) mapping() (*Mapping, error) {
	if err := s.start(); err != nil {
		return nil, err
	}
	return &Mapping{run: s.run, idle: s.idle, stats: s.stats}, nil
}

// start puts a new consumer behind what is there, where it asks for that.
func (s *stream) start() error {
	if s.options.StartingPosition != Latest || s.local.Checkpoint(s.checkpoint("started")) != "" {
		return nil
	}
	shards, err := s.engine.StreamShards(s.table)
	if err != nil {
		return s.wrap(err)
	}
	for _, sh := range shards {
		for after := ""; ; {
			records, _, err := s.engine.StreamRecords(s.table, sh.ID, after, 10_000)
			if err != nil {
				return s.wrap(err)
			}
			if len(records) == 0 {
				break
			}
			after = sequence(records[len(records)-1])
			s.save(sh.ID, position{After: after})
		}
	}
	s.local.SetCheckpoint(s.checkpoint("started"), "yes")
	return nil
}

func (s *stream) wrap(err error) error { return fmt.Errorf("pump: stream of %s: %w", s.table, err) }

func sequence(r record) string { return r.Change.SequenceNumber }

// run reads shard after shard. The engine lists a child behind its parent, and has one
// open shard at a time.
func (s *stream) run(ctx context.Context) error {
	done := map[string]bool{}
	for ctx.Err() == nil {
		changed, err := s.engine.StreamChanged(s.table)
		if err != nil {
			return s.wrap(err)
		}
		shards, err := s.engine.StreamShards(s.table)
		if err != nil {
			return s.wrap(err)
		}
		progress := false
		for _, sh := range shards {
			if done[sh.ID] {
				continue
			}
			if err := s.readShard(ctx, sh.ID); err != nil || ctx.Err() != nil {
				return err
			}
			done[sh.ID], progress = true, true
		}
		if !progress { // the stream has ended
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// plainShard reads one shard to its end, or until ctx ends.
func (s *stream) plainShard(ctx context.Context, shard string) error {
	after := s.load(shard).After
	for ctx.Err() == nil {
		records, end, err := s.gather(ctx, shard, after, s.options.BatchSize, nil)
		if err != nil {
			return err
		}
		if len(records) == 0 && end {
			return nil
		}
		kept := s.keep(records)
		advance := func(done []record) {
			after = sequence(done[len(done)-1])
			s.save(shard, position{After: after})
		}
		if s.batch(ctx, shard, kept, s.plain, advance) && len(kept) < len(records) {
			advance(records)
		}
	}
	return nil
}

// keep returns the records that satisfy a filter.
func (s *stream) keep(records []record) []record {
	if len(s.filters) == 0 {
		return records
	}
	kept := slices.DeleteFunc(slices.Clone(records), func(r record) bool { return !s.filters.match(object(r)) })
	s.stats.filtered.Add(uint64(len(records) - len(kept)))
	return kept
}

// gather returns the next records of a shard behind after: as many as limit and the
// largest event allow, or what is there when the batch window has passed since the
// first; not before the pace allows it. It returns without records at the shard's end,
// when wake fires and when ctx ends.
func (s *stream) gather(ctx context.Context, shard, after string, limit int, wake <-chan time.Time) (records []record, end bool, err error) {
	if rest := time.Until(s.gathered.Add(s.options.Pace)); rest > 0 {
		sleep(ctx, rest)
	}
	records, end, err = s.collect(ctx, shard, after, limit, wake)
	if len(records) > 0 {
		s.gathered = time.Now()
	}
	return records, end, err
}

// collect is gather without the pace.
func (s *stream) collect(ctx context.Context, shard, after string, limit int, wake <-chan time.Time) (records []record, end bool, err error) {
	var due <-chan time.Time
	for last := false; ; {
		changed, err := s.engine.StreamChanged(s.table)
		if err != nil {
			return nil, false, s.wrap(err)
		}
		more, end, err := s.engine.StreamRecords(s.table, shard, after, limit-len(records))
		if errors.Is(err, dynamodb.ErrNoShard) { // trimmed since it was listed
			return records, true, nil
		}
		if err != nil {
			return nil, false, s.wrap(err)
		}
		if records = append(records, more...); len(more) > 0 {
			after = sequence(more[len(more)-1])
		}
		if n := fittingRecords(records); n < len(records) {
			return records[:n], false, nil
		}
		if end || last || len(records) == limit || len(records) > 0 && s.options.BatchWindow == 0 {
			return records, end, nil
		}
		if due == nil && len(records) > 0 {
			timer := time.NewTimer(s.options.BatchWindow)
			defer timer.Stop()
			due = timer.C
		}
		select {
		case <-changed:
		case <-due:
			last = true
		case <-wake:
			last = true // with what has come until now
		case <-ctx.Done():
			return records, false, nil
		}
	}
}

// fittingRecords returns how many records, at least one, make an event that is not too
// large.
func fittingRecords(records []record) int {
	size := int64(0)
	for i, r := range records {
		if size += r.Change.SizeBytes; size > maxPayload && i > 0 {
			return i
		}
	}
	return len(records)
}

// idle reports whether every shard is read to its end, and no window has state.
func (s *stream) idle() bool {
	shards, err := s.engine.StreamShards(s.table)
	if err != nil {
		return true // without stream there is nothing to read
	}
	for _, sh := range shards {
		p := s.load(sh.ID)
		if p.Window != nil && len(p.Window.State) > 0 {
			return false
		}
		if records, _, err := s.engine.StreamRecords(s.table, sh.ID, p.After, 1); err == nil && len(records) > 0 {
			return false
		}
	}
	return true
}
