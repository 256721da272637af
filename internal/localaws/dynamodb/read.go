package dynamodb

import (
	"context"
	"encoding/json"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

type getItemInput struct {
	ReturnConsumedCapacity string `api:"enum=INDEXES TOTAL NONE"`
	getInput
	ConsistentRead bool
	legacy
}

// getInput are the parameters that GetItem and the actions of a TransactGetItems share.
type getInput struct {
	TableName                *string         `api:"required,table=1..255"`
	Key                      json.RawMessage `api:"required"`
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

type getItemOutput struct {
	Item             *attr.Item `json:",omitempty"` // nil where there is none; {} where the projection is empty
	ConsumedCapacity *consumed  `json:",omitempty"`
}

// get is one item to be read.
type get struct {
	table      *table
	key        attr.Item
	projection *expr.Projection
}

// prepareGet checks in, in AWS's order. Errors that come without a get are about the
// request; those with one are about the key, in its table.
func (e *Engine) prepareGet(in *getInput, l legacy) (*get, error) {
	x := expressions{ExpressionAttributeNames: in.ExpressionAttributeNames}
	if err := x.check(l, expression{"ProjectionExpression", in.ProjectionExpression}); err != nil {
		return nil, err
	}
	key, err := attr.DecodeItem(in.Key)
	if err != nil {
		return nil, err
	}
	g := &get{key: key}
	if g.projection, err = projectionOf(in.ProjectionExpression, x); err != nil {
		return nil, err
	}
	if g.table, err = e.table(*in.TableName); err != nil {
		return nil, err
	}
	return g, g.table.checkKey(key)
}

// projectionOf parses an optional projection, the only expression of its request.
func projectionOf(source *string, x expressions) (*expr.Projection, error) {
	if source == nil {
		return nil, nil
	}
	p, err := x.params()
	if err != nil {
		return nil, err
	}
	projection, err := expr.ParseProjection(*source, p)
	if err != nil {
		return nil, err
	}
	return projection, p.CheckUnused()
}

// read returns the item, nil where there is none, and its whole size. The caller holds
// the table's lock.
func (g *get) read() (attr.Item, int) {
	r := g.table.find(g.key)
	if r == nil || g.projection == nil {
		return itemOf(r), sizeOf(r)
	}
	return g.projection.Apply(r.item), r.size
}

func (e *Engine) getItem(_ context.Context, in *getItemInput) (*getItemOutput, error) {
	g, err := e.prepareGet(&in.getInput, in.legacy)
	if err != nil {
		return nil, err
	}
	u := newUsage(g.table, false)
	g.table.mu.RLock()
	item, size := g.read()
	u.own = readUnits(size, in.ConsistentRead)
	err = e.spend(u)
	g.table.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	out := &getItemOutput{ConsumedCapacity: u.report(in.ReturnConsumedCapacity)}
	if item != nil {
		out.Item = &item
	}
	return out, nil
}
