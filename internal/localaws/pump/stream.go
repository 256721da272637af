package pump

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/askaround/askaround-go/internal/localaws"
	"github.com/askaround/askaround-go/internal/localaws/dynamodb"
)

// StreamOptions configure a mapping of a stream. A zero value means the default.
type StreamOptions struct {
	// Consumer names the consumer for its positions; two mappings of one table need
	// different names. Default "default".
	Consumer string
	// BatchSize is the most records of one call, 1 to 10,000. Default 100.
	BatchSize int
	// Timeout bounds a call. Default 1 minute.
	Timeout time.Duration
	// Latest starts a new consumer behind the records that are there (LATEST). Default:
	// with the oldest (TRIM_HORIZON).
	Latest bool
	// ReportBatchItemFailures takes the handler's BatchItemFailures for what they say;
	// otherwise only its error counts.
	ReportBatchItemFailures bool
	// BisectBatchOnFunctionError splits a batch that fails in two, which finds the bad
	// record in a few calls.
	BisectBatchOnFunctionError bool
	// MaximumRetryAttempts is how often a batch is tried again before it is given up;
	// negative means for ever, the default of Lambda and of New.
	MaximumRetryAttempts int
	// MaximumRecordAge gives up records that are older; 0 means never.
	MaximumRecordAge time.Duration
	// OnFailure is the URL of a queue that is told of records given up.
	OnFailure string
	// TumblingWindow is the length of a window, 1 second to 15 minutes. Of Window alone.
	// Default 1 s.
	TumblingWindow time.Duration
	// RetryDelay is how long the first retry waits; each further one waits twice as long,
	// up to 100 times as much. Default 50 ms.
	RetryDelay time.Duration
	// Logger takes the handler's errors. Default: none.
	Logger *slog.Logger
}

func streamOptions(optFns []func(*StreamOptions)) (StreamOptions, error) {
	o := StreamOptions{Consumer: "default", BatchSize: 100, Timeout: time.Minute, MaximumRetryAttempts: -1,
		TumblingWindow: time.Second, RetryDelay: 50 * time.Millisecond}
	for _, fn := range optFns {
		fn(&o)
	}
	o.Logger = discardLogger(o.Logger)
	if o.BatchSize < 1 || o.BatchSize > 10_000 || o.Timeout <= 0 || o.RetryDelay <= 0 || o.MaximumRecordAge < 0 ||
		o.TumblingWindow < time.Second || o.TumblingWindow > 15*time.Minute || o.Consumer == "" {
		return o, fmt.Errorf("%w: consumer %q, batch size %d (1 to 10,000), timeout %v, retry delay %v, record age %v, window %v (1 s to 15 min)",
			ErrInvalid, o.Consumer, o.BatchSize, o.Timeout, o.RetryDelay, o.MaximumRecordAge, o.TumblingWindow)
	}
	return o, nil
}

// Stream returns a mapping from a table's stream to h. Errors: [ErrInvalid].
func Stream(local *localaws.Local, table string, h StreamHandler, optFns ...func(*StreamOptions)) (*Mapping, error) {
	return newStream(local, table, optFns, func(*stream) deliverer { return plain(h) })
}

// Window returns a mapping from a table's stream to h with tumbling windows: the event
// tells the shard and the window, carries the state that the handler returned for it
// before, and comes once more without records when the window has ended.
func Window(local *localaws.Local, table string, h WindowHandler, optFns ...func(*StreamOptions)) (*Mapping, error) {
	return newStream(local, table, optFns, func(s *stream) deliverer {
		return &windows{handler: h, length: s.options.TumblingWindow}
	})
}

func newStream(local *localaws.Local, table string, optFns []func(*StreamOptions), d func(*stream) deliverer) (*Mapping, error) {
	o, err := streamOptions(optFns)
	if err != nil {
		return nil, err
	}
	arn, err := local.DynamoDB().StreamARN(table)
	if err != nil {
		return nil, fmt.Errorf("%w: table %s: %w", ErrInvalid, table, err)
	}
	s := &stream{local: local, engine: local.DynamoDB(), table: table, arn: arn, options: o, stats: new(counters)}
	s.deliverer = d(s)
	if err := s.start(); err != nil {
		return nil, err
	}
	return &Mapping{run: s.run, idle: s.idle, stats: s.stats}, nil
}

// deliverer hands one batch of one shard to the handler.
type deliverer interface {
	deliver(ctx context.Context, shard string, records []events.DynamoDBEventRecord) ([]events.DynamoDBBatchItemFailure, error)
	// wait returns when the deliverer has something to do without records.
	wait(shard string) (<-chan time.Time, func())
	// tick does it.
	tick(ctx context.Context, shard string) error
}

type stream struct {
	local     *localaws.Local
	engine    *dynamodb.Engine
	table     string
	arn       string
	deliverer deliverer
	options   StreamOptions
	stats     *counters
	busy      atomic.Bool
}

// checkpoint is the name under which a shard's position is kept.
func (s *stream) checkpoint(shard string) string {
	return "stream/" + s.arn + "/" + s.options.Consumer + "/" + shard
}

// start puts a new consumer behind what is there, where it asks for that.
func (s *stream) start() error {
	if !s.options.Latest || s.local.Checkpoint(s.checkpoint("started")) != "" {
		return nil
	}
	shards, err := s.engine.StreamShards(s.table)
	if err != nil {
		return fmt.Errorf("pump: stream of %s: %w", s.table, err)
	}
	for _, sh := range shards {
		for after := ""; ; {
			records, _, err := s.engine.StreamRecords(s.table, sh.ID, after, 10_000)
			if err != nil {
				return fmt.Errorf("pump: stream of %s: %w", s.table, err)
			}
			if len(records) == 0 {
				break
			}
			after = sequence(records[len(records)-1])
			s.local.SetCheckpoint(s.checkpoint(sh.ID), after)
		}
	}
	s.local.SetCheckpoint(s.checkpoint("started"), "yes")
	return nil
}

func sequence(r events.DynamoDBEventRecord) string { return r.Change.SequenceNumber }

// run reads shard after shard; a child comes behind its parent in the list.
func (s *stream) run(ctx context.Context) error {
	done := map[string]bool{}
	for ctx.Err() == nil {
		changed, err := s.engine.StreamChanged(s.table)
		if err != nil {
			return fmt.Errorf("pump: stream of %s: %w", s.table, err)
		}
		shards, err := s.engine.StreamShards(s.table)
		if err != nil {
			return fmt.Errorf("pump: stream of %s: %w", s.table, err)
		}
		progress := false
		for _, sh := range shards {
			if done[sh.ID] {
				continue
			}
			if err := s.shard(ctx, sh.ID); err != nil || ctx.Err() != nil {
				return err
			}
			done[sh.ID], progress = true, true
		}
		if !progress { // the stream ended, and with it the table perhaps
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// shard reads one shard to its end, or until ctx ends.
func (s *stream) shard(ctx context.Context, id string) error {
	for ctx.Err() == nil {
		changed, err := s.engine.StreamChanged(s.table)
		if err != nil {
			return fmt.Errorf("pump: stream of %s: %w", s.table, err)
		}
		s.busy.Store(true)
		after := s.local.Checkpoint(s.checkpoint(id))
		records, end, err := s.engine.StreamRecords(s.table, id, after, s.options.BatchSize)
		switch {
		case errors.Is(err, dynamodb.ErrNoShard): // trimmed
			return nil
		case err != nil:
			return fmt.Errorf("pump: stream of %s: %w", s.table, err)
		case len(records) > 0:
			s.batch(ctx, id, records)
			continue
		}
		s.busy.Store(false)
		if end {
			return nil
		}
		s.pause(ctx, id, changed)
	}
	return nil
}

// pause waits for records, or for the deliverer's own time.
func (s *stream) pause(ctx context.Context, shard string, changed <-chan struct{}) {
	timer, stop := s.deliverer.wait(shard)
	defer stop()
	select {
	case <-changed:
	case <-timer:
		if err := s.deliverer.tick(ctx, shard); err != nil {
			s.options.Logger.Error("end of window failed", "table", s.table, "error", err)
		}
	case <-ctx.Done():
	}
}

// idle reports whether every shard is read to its end.
func (s *stream) idle() bool {
	shards, err := s.engine.StreamShards(s.table)
	if err != nil {
		return true
	}
	for _, sh := range shards {
		after := s.local.Checkpoint(s.checkpoint(sh.ID))
		if records, _, err := s.engine.StreamRecords(s.table, sh.ID, after, 1); err == nil && len(records) > 0 {
			return false
		}
	}
	return true
}
