package localaws

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localaws/dynamodb"
	"github.com/askaround/askaround-go/internal/localaws/sqs"
	"github.com/askaround/askaround-go/internal/sigv4"
)

// Options configure a Local. A zero value means the default.
type Options struct {
	// Dir keeps the data. Default "": in memory.
	Dir string
	// Clock tells the time. Default time.Now.
	Clock func() time.Time
	// Region and AccountID stand in ARNs. Defaults "us-east-1" and "000000000000".
	Region, AccountID string
	// Credentials returns what belongs to an access key id, and [sigv4.ErrUnknownKey]
	// where it knows none. With it every request must be signed for Region with such a
	// key, within 5 minutes of time.Now, whatever Clock says; the clients of [Local.Config]
	// have a key of their own. Default nil: a signature is looked for, not verified.
	Credentials sigv4.Provider
	// StreamShards is how many shards of a new table's stream are open at a time, 1 to 64:
	// on AWS as many as the table has partitions. Default 1.
	StreamShards int
	// Logger takes what no client sees. Default: none.
	Logger *slog.Logger

	fs journal.FileSystem // tests make it fail
}

// Local is the services of one process. It is safe for concurrent use.
type Local struct {
	options     Options
	log         *journal.Log
	dynamodb    *dynamodb.Engine
	sqs         *sqs.Engine
	checkpoints checkpoints
	keys        keys
}

// Open opens the services, with what Dir holds. The caller calls [Local.Run] for the
// work that goes on in the background, and [Local.Close].
//
// Errors: [journal.ErrLocked] where another process has Dir, a [*journal.CorruptError],
// a [*journal.VersionError], and what the file system says.
func Open(ctx context.Context, optFns ...func(*Options)) (*Local, error) {
	o := Options{Region: "us-east-1", AccountID: "000000000000"}
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("localaws: %w", err)
	}
	log, err := journal.Open(o.Dir, func(j *journal.Options) { j.Logger, j.FS = o.Logger, o.fs })
	if err != nil {
		return nil, fmt.Errorf("localaws: %w", err)
	}
	l := &Local{options: o, log: log, keys: newKeys(o.Credentials)}
	if err := l.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("localaws: %w", err), log.Close())
	}
	return l, nil
}

// Kinds of records in the journal, besides those of the engines.
const checkpointKind journal.Kind = 3

func (l *Local) open() (err error) {
	l.dynamodb, err = dynamodb.New(l.log, func(o *dynamodb.Options) {
		o.Clock, o.Region, o.AccountID, o.Logger = l.options.Clock, l.options.Region, l.options.AccountID, l.options.Logger
		o.TempDir, o.StreamShards = l.options.Dir, l.options.StreamShards
	})
	if err != nil {
		return err
	}
	l.sqs, err = sqs.New(l.log, func(o *sqs.Options) {
		o.Clock, o.Region, o.AccountID, o.Logger = l.options.Clock, l.options.Region, l.options.AccountID, l.options.Logger
	})
	if err != nil {
		return err
	}
	l.checkpoints.positions = map[string]string{}
	l.log.Register(dynamodb.Kind, l.dynamodb)
	l.log.Register(sqs.Kind, l.sqs)
	l.log.Register(checkpointKind, &l.checkpoints)
	return l.log.Replay(map[journal.Kind]func([]byte) error{
		dynamodb.Kind: l.dynamodb.Replay, sqs.Kind: l.sqs.Replay, checkpointKind: l.checkpoints.replay,
	})
}

// Now is the time by Options.Clock.
func (l *Local) Now() time.Time {
	if l.options.Clock == nil {
		return time.Now()
	}
	return l.options.Clock()
}

// DynamoDB returns the DynamoDB engine.
func (l *Local) DynamoDB() *dynamodb.Engine { return l.dynamodb }

// SQS returns the SQS engine.
func (l *Local) SQS() *sqs.Engine { return l.sqs }

// Run does what goes on by itself, such as the expiry of items, until ctx ends; then it
// returns nil.
func (l *Local) Run(ctx context.Context) error { return l.dynamodb.Run(ctx) }

// Close ends waiting receivers and closes the journal, which waits for what was
// appended to be on disk. Use nothing of l after it.
func (l *Local) Close() error {
	l.sqs.Close()
	if err := l.log.Close(); err != nil {
		return fmt.Errorf("localaws: %w", err)
	}
	return nil
}
