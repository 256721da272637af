package pump

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// batch delivers records until each has succeeded or was given up, and calls done with
// one part after another. It reports false where ctx ended before: what is left comes
// again.
func (s *stream) batch(ctx context.Context, shard string, records []record, deliver deliverer, done func([]record)) bool {
	calls, delay := 0, s.options.RetryDelay
	var lastErr error
	for len(records) > 0 {
		if ctx.Err() != nil {
			return false
		}
		if old := s.tooOld(records); old > 0 {
			if !s.discard(ctx, shard, records[:old], recordAgeExceeded, calls, lastErr) {
				return false
			}
			done(records[:old])
			records = records[old:]
			continue
		}
		taken, err := s.try(ctx, records, deliver)
		calls, lastErr = calls+1, err
		if taken > 0 {
			done(records[:taken])
			if records = records[taken:]; len(records) == 0 {
				return true
			}
			calls, delay = 1, s.options.RetryDelay // the first call for what is left was this one
		}
		s.stats.failures.Add(1)
		s.options.Logger.Error("stream handler failed", "table", s.table, "shard", shard, "records", len(records), "call", calls, explain(err))
		switch {
		case s.options.BisectBatchOnFunctionError && taken == 0 && len(records) > 1:
			half := len(records) / 2
			if !s.batch(ctx, shard, records[:half], deliver, done) {
				return false
			}
			records, calls, delay = records[half:], 0, s.options.RetryDelay
		case s.options.MaximumRetryAttempts >= 0 && calls > s.options.MaximumRetryAttempts:
			if !s.discard(ctx, shard, records, retryAttemptsExhausted, calls, err) {
				return false
			}
			done(records)
			return true
		default:
			sleep(ctx, delay)
			delay = min(2*delay, maxDelayFactor*s.options.RetryDelay)
		}
	}
	return true
}

// try calls the handler once and returns how many of the records it took: those before
// the first that it reports, since order must be kept.
func (s *stream) try(ctx context.Context, records []record, deliver deliverer) (int, error) {
	s.stats.batches.Add(1)
	failures, err := call(ctx, s.options.Executions, s.options.Timeout, func(ctx context.Context) ([]events.DynamoDBBatchItemFailure, error) {
		return deliver(ctx, slices.Clone(records)) // the handler may sort what it gets
	})
	if err != nil {
		return 0, err
	}
	taken := len(records)
	if s.options.ReportBatchItemFailures {
		for _, f := range failures {
			taken = min(taken, find(records, f.ItemIdentifier))
		}
	}
	s.stats.records.Add(uint64(taken))
	return taken, nil
}

// find returns where a record stands; what is nowhere counts as the first, so that the
// whole batch is tried again, as on Lambda.
func find(records []record, sequenceNumber string) int {
	return max(0, slices.IndexFunc(records, func(r record) bool { return sequence(r) == sequenceNumber }))
}

// tooOld returns how many records at the beginning are older than MaximumRecordAge.
func (s *stream) tooOld(records []record) (n int) {
	if s.options.MaximumRecordAge == 0 {
		return 0
	}
	horizon := s.local.Now().Add(-s.options.MaximumRecordAge)
	for n < len(records) && created(records[n]).Before(horizon) {
		n++
	}
	return n
}

func created(r record) time.Time { return r.Change.ApproximateCreationDateTime.Time }
