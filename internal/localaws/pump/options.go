package pump

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// StartingPosition is where a consumer begins that has no position yet.
type StartingPosition string

// Starting positions.
const (
	TrimHorizon StartingPosition = "TRIM_HORIZON" // with the oldest record
	Latest      StartingPosition = "LATEST"       // behind the records that are there
)

// StreamOptions configure a mapping of a stream. A zero value means the default, but of
// MaximumRetryAttempts. Ranges are those of Lambda's CreateEventSourceMapping.
type StreamOptions struct {
	// Consumer names the consumer for its positions; two mappings of one table need
	// different names. Default "default".
	Consumer string
	// StartingPosition is where a new consumer begins. Default TrimHorizon.
	StartingPosition StartingPosition
	// BatchSize is the most records of one call, 1 to 10,000. Default 100.
	BatchSize int
	// BatchWindow is how long a batch gathers records before it is delivered
	// (MaximumBatchingWindowInSeconds), up to 5 minutes. Default 0: what is there.
	BatchWindow time.Duration
	// Pace bounds the batches of a shard to one in each period of that length, up to 1
	// minute: what comes in the meantime makes one larger batch, up to BatchSize, while a
	// record that comes after a pause is delivered at once. The periods of a stream's shards
	// begin one after another. Lambda, which asks a shard four times a second, has no such
	// option. Default 0: none.
	Pace time.Duration
	// ParallelizationFactor is how many calls run at once for a shard, 1 to 10. The
	// records of one item keep their order. Default 1; Window takes no other.
	ParallelizationFactor int
	// Executions bounds the calls of this mapping together with those of others. Default
	// nil: not at all.
	Executions *Executions
	// Timeout bounds a call, up to 15 minutes. Default 1 minute.
	Timeout time.Duration
	// ReportBatchItemFailures takes the handler's BatchItemFailures for what they say:
	// from the lowest sequence number on everything is tried again. Otherwise only its
	// error counts.
	ReportBatchItemFailures bool
	// BisectBatchOnFunctionError splits a batch that fails in two, which finds the bad
	// record in a few calls. Splitting is not a retry.
	BisectBatchOnFunctionError bool
	// MaximumRetryAttempts is how often a batch is tried again before it is given up, 0 to
	// 10,000; -1, which an option function finds here, is for ever.
	MaximumRetryAttempts int
	// MaximumRecordAge gives up records that are older, 1 minute to 7 days. Default 0: never.
	MaximumRecordAge time.Duration
	// OnFailure is the URL of a queue that is told of records given up.
	OnFailure string
	// Filters are the patterns of FilterCriteria, at most 10: records that satisfy none
	// of them are passed over. Default: all are delivered.
	Filters []string
	// TumblingWindow is the length of a window, 1 second to 15 minutes. Of Window alone.
	// Default 1 s.
	TumblingWindow time.Duration
	// RetryDelay is how long the first retry waits; each further one waits twice as long,
	// up to 100 times as much. Default 50 ms.
	RetryDelay time.Duration
	// Logger takes the handler's errors. Default: none.
	Logger *slog.Logger
}

// maxDelayFactor bounds the delay of retries.
const maxDelayFactor = 100

func streamOptions(optFns []func(*StreamOptions)) (StreamOptions, error) {
	o := StreamOptions{MaximumRetryAttempts: -1}
	for _, fn := range optFns {
		fn(&o)
	}
	o.setDefaults()
	return o, o.validate()
}

func (o *StreamOptions) setDefaults() {
	if o.Consumer == "" {
		o.Consumer = "default"
	}
	if o.StartingPosition == "" {
		o.StartingPosition = TrimHorizon
	}
	if o.BatchSize == 0 {
		o.BatchSize = 100
	}
	if o.ParallelizationFactor == 0 {
		o.ParallelizationFactor = 1
	}
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	if o.TumblingWindow == 0 {
		o.TumblingWindow = time.Second
	}
	if o.RetryDelay == 0 {
		o.RetryDelay = 50 * time.Millisecond
	}
	o.Logger = discardLogger(o.Logger)
}

func (o *StreamOptions) validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf("%w: "+format, append([]any{ErrInvalid}, args...)...))
		}
	}
	check(o.StartingPosition == TrimHorizon || o.StartingPosition == Latest, "starting position %q", o.StartingPosition)
	check(o.BatchSize >= 1 && o.BatchSize <= 10_000, "batch size %d, must be 1 to 10,000", o.BatchSize)
	check(o.BatchWindow >= 0 && o.BatchWindow <= 5*time.Minute, "batch window %v, must be 0 to 5 minutes", o.BatchWindow)
	check(o.Pace >= 0 && o.Pace <= time.Minute, "pace %v, must be 0 to 1 minute", o.Pace)
	check(o.ParallelizationFactor >= 1 && o.ParallelizationFactor <= 10, "parallelization factor %d, must be 1 to 10", o.ParallelizationFactor)
	check(o.Timeout > 0 && o.Timeout <= 15*time.Minute, "timeout %v, must be above 0 and at most 15 minutes", o.Timeout)
	check(o.MaximumRetryAttempts >= -1 && o.MaximumRetryAttempts <= 10_000, "maximum retry attempts %d, must be -1 to 10,000", o.MaximumRetryAttempts)
	check(o.MaximumRecordAge == 0 || o.MaximumRecordAge >= time.Minute && o.MaximumRecordAge <= 7*24*time.Hour, "maximum record age %v, must be 0 or 1 minute to 7 days", o.MaximumRecordAge)
	check(o.TumblingWindow >= time.Second && o.TumblingWindow <= 15*time.Minute, "tumbling window %v, must be 1 s to 15 minutes", o.TumblingWindow)
	check(o.RetryDelay > 0 && o.RetryDelay <= time.Minute, "retry delay %v, must be above 0 and at most 1 minute", o.RetryDelay)
	return errors.Join(errs...)
}
