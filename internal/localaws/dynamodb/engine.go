package dynamodb

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/askaround/askaround-go/internal/journal"
)

// Kind marks the records of an Engine in the journal.
const Kind journal.Kind = 1

// Engine holds tables and their streams. It is safe for concurrent use.
type Engine struct {
	options Options
	log     *journal.Log

	mu     sync.RWMutex // guards the map, not what it holds; taken before a table's lock
	tables map[string]*table

	streams streamSet
	spill   spill // of streams

	sequence   sequence // of stream records
	tokens     tokenCache
	operations map[string]operation
}

// New returns an Engine that writes to log. Before its first operation the log must be
// replayed through Replay.
func New(log *journal.Log, optFns ...func(*Options)) (*Engine, error) {
	var o Options
	for _, fn := range optFns {
		fn(&o)
	}
	o.setDefaults()
	if log == nil {
		return nil, fmt.Errorf("dynamodb: a journal is required")
	}
	e := &Engine{options: o, log: log, tables: map[string]*table{}}
	e.spill.init(o)
	e.streams.byARN = map[string]*stream{}
	e.operations = operations()
	e.tokens.entries = map[string]tokenEntry{}
	return e, nil
}

// Run deletes expired items and trims streams until ctx ends; then it returns nil.
func (e *Engine) Run(ctx context.Context) error {
	tick := time.NewTicker(e.options.SweepInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := e.sweep(ctx); err != nil {
				return err
			}
			e.trim()
			e.tokens.expire(e.now())
		}
	}
}

func (e *Engine) now() time.Time { return e.options.Clock() }

// table returns the table with a name or ARN that was checked.
func (e *Engine) table(name string) (*table, error) {
	name = e.tableName(name)
	e.mu.RLock()
	defer e.mu.RUnlock()
	if t := e.tables[name]; t != nil {
		return t, nil
	}
	return nil, tableNotFound()
}

// tableName returns the name of the table that is given by name or ARN. An ARN of
// another account or region stays what it is: no table is called so.
func (e *Engine) tableName(name string) string {
	if isARN(name) {
		return strings.TrimPrefix(name, e.arn(""))
	}
	return name
}

func (e *Engine) arn(table string) string {
	return fmt.Sprintf("arn:aws:dynamodb:%s:%s:table/%s", e.options.Region, e.options.AccountID, table)
}
