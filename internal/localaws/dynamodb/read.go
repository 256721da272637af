package dynamodb

import (
	"context"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// GetItemInput is the input of [Engine.GetItem].
type GetItemInput struct {
	ReturnConsumedCapacity string `api:"enum=INDEXES TOTAL NONE"`
	GetInput
	ConsistentRead bool
	legacy
}

// GetInput are the parameters that GetItem and the actions of a TransactGetItems share.
type GetInput struct {
	TableName                *string  `api:"required,table=1..255"`
	Key                      Document `api:"required"`
	ProjectionExpression     *string
	ExpressionAttributeNames map[string]string
}

// GetItemOutput shows an item. What a projection finds nothing of is an item without
// attributes.
type GetItemOutput struct {
	Item             Image
	ConsumedCapacity *Consumed
}

// get is one item to be read.
type get struct {
	table      *table
	key        attr.Item
	projection *expr.Projection
}

// prepareGet checks in, in AWS's order. Errors that come without a get are about the
// request; those with one are about the key, in its table.
func (e *Engine) prepareGet(in *GetInput, l legacy) (*get, error) {
	x := expressions{ExpressionAttributeNames: in.ExpressionAttributeNames}
	if err := x.check(l, expression{"ProjectionExpression", in.ProjectionExpression}); err != nil {
		return nil, err
	}
	key, err := in.Key.item()
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

// read returns the row, noRow where there is none. The caller holds the table's lock.
func (g *get) read() row { return g.table.find(g.key) }

func (e *Engine) getItem(_ context.Context, in *GetItemInput) (*GetItemOutput, error) {
	g, err := e.prepareGet(&in.GetInput, in.legacy)
	if err != nil {
		return nil, err
	}
	u := newUsage(g.table, false)
	g.table.mu.RLock()
	r := g.read()
	u.own = readUnits(sizeOf(r), in.ConsistentRead)
	err = e.spend(u)
	g.table.mu.RUnlock()
	if err != nil {
		return nil, err
	}
	return &GetItemOutput{imageOf(r, g.projection), u.report(in.ReturnConsumedCapacity)}, nil
}
