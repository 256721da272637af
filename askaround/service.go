package askaround

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/askaround/askaround-go/geoindex"
)

// ServiceOptions configure a Service.
type ServiceOptions struct {
	// Clock tells the time; nil is time.Now.
	Clock func() time.Time
	// Logger takes what no caller sees; nil discards.
	Logger *slog.Logger
	// Quota bounds the requests of one account, over all servers.
	Quota Quota
}

// Service is the request side. It is safe for concurrent use.
//
// Every method answers with few requests to AWS and honours its context's deadline: set
// one, since nothing else bounds a call.
type Service struct {
	stores
	queues  SQS
	options ServiceOptions
	ticks   ticks
}

// NewService returns a Service over the installation r. It does no I/O. Missing
// clients or names are an [ErrOptions].
func NewService(db DynamoDB, q SQS, r Resources, optFns ...func(*ServiceOptions)) (*Service, error) {
	var o ServiceOptions
	for _, fn := range optFns {
		fn(&o)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if q == nil {
		return nil, fmt.Errorf("%w: no SQS client", ErrOptions)
	}
	if o.Quota.Asks < 0 || o.Quota.Answers < 0 {
		return nil, fmt.Errorf("%w: a quota below 0", ErrOptions)
	}
	st, err := newStores(db, r, o.Clock)
	if err != nil {
		return nil, err
	}
	return &Service{stores: st, queues: q, options: o}, nil
}

// stores are the tables, for both sides.
type stores struct {
	db        DynamoDB
	resources Resources
	index     *geoindex.Table // of Resources.Questions
}

func newStores(db DynamoDB, r Resources, clock func() time.Time) (stores, error) {
	if db == nil {
		return stores{}, fmt.Errorf("%w: no DynamoDB client", ErrOptions)
	}
	if err := r.validate(); err != nil {
		return stores{}, err
	}
	index, err := questionsIndex(db, r.Questions, clock)
	if err != nil {
		return stores{}, err
	}
	return stores{db, r, index}, nil
}

func questionsIndex(db DynamoDB, table string, clock func() time.Time) (*geoindex.Table, error) {
	index, err := geoindex.New(db, table, func(o *geoindex.Options) {
		o.TTLAttribute = attrExpiresAt
		o.Clock = clock
		o.CursorKey = cursorKey
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return index, nil
}

// unavailable says which step did not get an answer.
func unavailable(step string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, step, err)
}
