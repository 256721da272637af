package pump

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"golang.org/x/sync/errgroup"

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
	s.readShard = func(ctx context.Context, r *reader) error { return r.plainShard(ctx) }
	if s.options.ParallelizationFactor > 1 {
		s.readShard = func(ctx context.Context, r *reader) error { return r.parallelShard(ctx) }
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
	s.readShard = func(ctx context.Context, r *reader) error { return r.windowShard(ctx, h) }
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
	readShard func(context.Context, *reader) error
	filters   filters
	options   StreamOptions
	stats     *counters
}

// reader reads one shard, in one goroutine.
type reader struct {
	*stream
	shard string
	turns turns
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

// run reads the shards side by side, a child when its parent is finished.
func (s *stream) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.readShards(ctx, group) })
	return group.Wait()
}

// readShards has the shards read by group, until ctx ends or one of them fails.
func (s *stream) readShards(ctx context.Context, group *errgroup.Group) error {
	finished := make(chan string)
	begun, reading := map[string]bool{}, map[string]bool{}
	for {
		shards, err := s.engine.StreamShards(s.table)
		if err != nil {
			return s.wrap(err)
		}
		for _, sh := range ready(shards, begun, reading) {
			begun[sh.ID], reading[sh.ID] = true, true
			group.Go(func() error {
				err := s.readShard(ctx, &reader{s, sh.ID, newTurns(s.options.Pace, sh.Partition, sh.Partitions)})
				select {
				case finished <- sh.ID:
				case <-ctx.Done():
				}
				return err
			})
		}
		select {
		case id := <-finished:
			delete(reading, id)
		case <-ctx.Done():
			return nil
		}
	}
}

// ready returns the shards that may be begun: those that follow none that is still read.
func ready(shards []dynamodb.Shard, begun, reading map[string]bool) (now []dynamodb.Shard) {
	waits := maps.Clone(reading)
	for _, sh := range shards {
		switch {
		case begun[sh.ID]:
		case waits[sh.Parent]:
			waits[sh.ID] = true
		default:
			now, waits[sh.ID] = append(now, sh), true
		}
	}
	return now
}

// plainShard reads the shard to its end, or until ctx ends.
func (r *reader) plainShard(ctx context.Context) error {
	after := r.load(r.shard).After
	for ctx.Err() == nil {
		records, end, err := r.gather(ctx, after, r.options.BatchSize, nil)
		if err != nil {
			return err
		}
		if len(records) == 0 && end {
			return nil
		}
		kept := r.keep(records)
		advance := func(done []record) {
			after = sequence(done[len(done)-1])
			r.save(r.shard, position{After: after})
		}
		if r.batch(ctx, r.shard, kept, r.plain, advance) && len(kept) < len(records) {
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

// gather returns the next records behind after: as many as limit and the largest event
// allow, or what is there when the batch window has passed since the first; not before
// it is the shard's turn. It returns without records at the shard's end, when wake fires
// and when ctx ends.
func (r *reader) gather(ctx context.Context, after string, limit int, wake <-chan time.Time) (records []record, end bool, err error) {
	if rest := r.turns.wait(time.Now()); rest > 0 {
		sleep(ctx, rest)
	}
	records, end, err = r.collect(ctx, after, limit, wake)
	if len(records) > 0 {
		r.turns.take(time.Now())
	}
	return records, end, err
}

// collect is gather without the pace.
func (r *reader) collect(ctx context.Context, after string, limit int, wake <-chan time.Time) (records []record, end bool, err error) {
	var due <-chan time.Time
	for last := false; ; {
		more, end, changed, err := r.fetch(after, limit-len(records))
		if err != nil {
			return nil, false, err
		}
		if records = append(records, more...); len(more) > 0 {
			after = sequence(more[len(more)-1])
		}
		if n := fittingRecords(records); n < len(records) {
			return records[:n], false, nil
		}
		if end || last || len(records) == limit || len(records) > 0 && r.options.BatchWindow == 0 {
			return records, end, nil
		}
		if due == nil && len(records) > 0 {
			timer := time.NewTimer(r.options.BatchWindow)
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

// fetch returns what is there behind after, and a channel that closes when there is more. A
// shard that was trimmed since it was listed is at its end.
func (r *reader) fetch(after string, limit int) (records []record, end bool, changed <-chan struct{}, err error) {
	changed, err = r.engine.StreamChanged(r.table, r.shard)
	if err == nil {
		records, end, err = r.engine.StreamRecords(r.table, r.shard, after, limit)
	}
	if errors.Is(err, dynamodb.ErrNoShard) {
		return nil, true, nil, nil
	}
	if err != nil {
		return nil, false, nil, r.wrap(err)
	}
	return records, end, changed, nil
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
