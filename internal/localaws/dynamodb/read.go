package dynamodb

import (
	"context"
	"encoding/json"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

type getItemInput struct {
	TableName            string
	Key                  json.RawMessage
	ConsistentRead       bool
	ProjectionExpression *string
	expressions
	legacy
	ReturnConsumedCapacity string
}

type getItemOutput struct {
	Item             json.RawMessage // nil where there is none; {} where the projection is empty
	ConsumedCapacity *consumed
}

// get is one item to be read.
type get struct {
	table      *table
	key        attr.Item
	projection *expr.Projection
}

func (e *Engine) prepareGet(table string, raw json.RawMessage, projection *string, x expressions) (*get, error) {
	if _, err := checkTableName(table); err != nil {
		return nil, err
	}
	key, err := itemParam("key", raw)
	if err != nil {
		return nil, err
	}
	p, err := x.params(projection != nil)
	if err != nil {
		return nil, err
	}
	g := &get{key: key}
	if projection != nil {
		if g.projection, err = expr.ParseProjection(*projection, p); err != nil {
			return nil, err
		}
	}
	if err := p.CheckUnused(); err != nil {
		return nil, err
	}
	if g.table, err = e.table(table); err != nil {
		return nil, err
	}
	return g, g.table.checkKey(key)
}

// read returns the row, nil where there is none. The caller holds the table's lock.
func (g *get) read() *row { return g.table.find(g.key) }

func (e *Engine) getItem(_ context.Context, in *getItemInput) (*getItemOutput, error) {
	if err := checkCapacityParam(in.ReturnConsumedCapacity); err != nil {
		return nil, err
	}
	if err := in.refuse(); err != nil {
		return nil, err
	}
	g, err := e.prepareGet(in.TableName, in.Key, in.ProjectionExpression, in.expressions)
	if err != nil {
		return nil, err
	}
	g.table.mu.RLock()
	r := g.read()
	g.table.mu.RUnlock()
	u := newUsage(g.table, false)
	u.own = readUnits(sizeOf(r), in.ConsistentRead)
	return &getItemOutput{itemJSON(r, g.projection), u.report(in.ReturnConsumedCapacity)}, nil
}
