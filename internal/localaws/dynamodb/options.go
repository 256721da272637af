package dynamodb

import (
	"log/slog"
	"time"
)

// Options configure an Engine. A zero value means the default.
type Options struct {
	// Clock tells the time of creation, expiry and stream records. Default time.Now.
	Clock func() time.Time
	// Region and AccountID stand in ARNs. Defaults "us-east-1" and "000000000000".
	Region, AccountID string
	// ShardLife is how long a stream's shard takes records before a child follows.
	// Default 4 hours, about what AWS does.
	ShardLife time.Duration
	// StreamShards is how many shards of a new stream are open at a time, 1 to 64. Each has
	// the records of some partition keys, in order; between shards there is no order, as on
	// AWS, where a table has as many as it has partitions. Default 1.
	StreamShards int
	// Retention is how long stream records stay. Default 24 hours, as on AWS.
	Retention time.Duration
	// SweepInterval is how often expired items are looked for. Default 1 second.
	SweepInterval time.Duration
	// EnforceThroughput throttles tables and global indexes with provisioned throughput as
	// AWS does: with the unused throughput of up to 300 seconds as a burst, by Clock.
	// Default: throughput is accounted, not enforced.
	EnforceThroughput bool
	// StreamMemory is how many bytes of stream records the engine holds in memory; older
	// ones go to unnamed files in TempDir until they are trimmed. Default 64 MiB.
	StreamMemory int64
	// TempDir takes those files. Default os.TempDir(). One that is given belongs to the
	// engine alone: what a process that was killed left there is removed.
	TempDir string
	// Logger takes what no client sees. Default: none.
	Logger *slog.Logger
}

// maxStreamShards bounds Options.StreamShards.
const maxStreamShards = 64

func (o *Options) setDefaults() {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Region == "" {
		o.Region = "us-east-1"
	}
	if o.AccountID == "" {
		o.AccountID = "000000000000"
	}
	if o.ShardLife <= 0 {
		o.ShardLife = 4 * time.Hour
	}
	o.StreamShards = min(max(o.StreamShards, 1), maxStreamShards)
	if o.Retention <= 0 {
		o.Retention = 24 * time.Hour
	}
	if o.SweepInterval <= 0 {
		o.SweepInterval = time.Second
	}
	if o.StreamMemory <= 0 {
		o.StreamMemory = 64 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
}
