package dynamodb

import (
	"context"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/journal"
	"github.com/askaround/askaround-go/internal/localaws/attr"
)

type ttlSpecification struct {
	AttributeName *string `api:"required,len=1..255"`
	Enabled       *bool   `api:"required"`
}

type updateTTLInput struct {
	TableName               *string           `api:"present,table=3..255"`
	TimeToLiveSpecification *ttlSpecification `api:"required"`
}

type updateTTLOutput struct{ TimeToLiveSpecification *ttlSpecification }

func (e *Engine) updateTTL(ctx context.Context, in *updateTTLInput) (*updateTTLOutput, error) {
	enabled, attribute := *in.TimeToLiveSpecification.Enabled, *in.TimeToLiveSpecification.AttributeName
	err := e.change(ctx, *in.TableName, func(t *table) error {
		switch {
		case enabled && t.ttl == attribute:
			return invalid("TimeToLive is already enabled")
		case !enabled && t.ttl == "":
			return invalid("TimeToLive is already disabled")
		case t.ttl != "" && t.ttl != attribute:
			return invalid("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.ttl)
		}
		name := ""
		if enabled {
			name = attribute
		}
		t.setTTL(name)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return &updateTTLOutput{in.TimeToLiveSpecification}, nil
}

type ttlDescription struct {
	TimeToLiveStatus string
	AttributeName    string `json:",omitempty"`
}

type describeTTLOutput struct{ TimeToLiveDescription ttlDescription }

func (e *Engine) describeTTL(_ context.Context, in *tableInput) (*describeTTLOutput, error) {
	t, err := e.namedTable(*in.TableName)
	if err != nil {
		return nil, err
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if t.ttl == "" {
		return &describeTTLOutput{ttlDescription{TimeToLiveStatus: "DISABLED"}}, nil
	}
	return &describeTTLOutput{ttlDescription{"ENABLED", t.ttl}}, nil
}

// sweepBatch bounds the expired items that are deleted under one lock.
const sweepBatch = 1000

// sweep deletes the expired items of every table.
func (e *Engine) sweep(ctx context.Context) error {
	e.mu.RLock()
	var tables []*table
	for _, t := range e.tables {
		tables = append(tables, t)
	}
	e.mu.RUnlock()
	for _, t := range tables {
		for more := true; more; {
			if err := e.makeRoom(t); err != nil {
				return err
			}
			t.mu.Lock()
			changes := t.expired(e.now().Unix(), sweepBatch)
			var lsn journal.LSN
			if len(changes) > 0 {
				lsn = e.commit(changes, nil)
			}
			t.mu.Unlock()
			if err := e.log.Wait(ctx, lsn); err != nil && ctx.Err() == nil {
				return err
			}
			more = len(changes) == sweepBatch && ctx.Err() == nil
		}
	}
	return nil
}

// fiveYears is how old a time may be: DynamoDB takes older ones for something else.
const fiveYears = 5 * 365 * 24 * 3600

// setTTL names the attribute by which items expire, "" for none.
func (t *table) setTTL(name string) {
	t.ttl, t.expiry = name, nil
	if name == "" {
		return
	}
	t.expiry = &index{key: keySchema{Hash: name}, hash: attr.TypeN, projected: []string{}, rows: new(btree.Map[string, row])}
	t.expiry.backfill(t)
}

// expired returns the deletion of up to limit items whose time has come: a number of
// Unix seconds, at most five years ago.
func (t *table) expired(now int64, limit int) (changes []change) {
	if t.expiry == nil || t.deleted {
		return nil
	}
	behind := func(at int64) string { return string(attr.Successor(attr.AppendKey(nil, attr.Int(at)))) }
	end := behind(now)
	t.expiry.rows.Ascend(behind(now-fiveYears), func(at string, r row) bool {
		if at >= end {
			return false
		}
		changes = append(changes, change{table: t, old: r, expired: true})
		return len(changes) < limit
	})
	return changes
}
