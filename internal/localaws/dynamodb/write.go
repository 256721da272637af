package dynamodb

import (
	"context"
	"maps"
	"slices"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// WriteInput are the parameters that PutItem, UpdateItem and DeleteItem share, and the
// actions of a TransactWriteItems with them.
type WriteInput struct {
	ReturnConsumedCapacity string  `api:"enum=INDEXES TOTAL NONE"`
	TableName              *string `api:"required,table=1..255"`
	Item                   Document
	ReturnValues           string `api:"enum=ALL_NEW UPDATED_OLD ALL_OLD NONE UPDATED_NEW"`

	ReturnItemCollectionMetrics         string `api:"enum=SIZE NONE"`
	Key                                 Document
	ReturnValuesOnConditionCheckFailure string `api:"enum=ALL_OLD NONE"`

	UpdateExpression    *string
	ConditionExpression *string
	expressions
	legacy
}

// The inputs of the operations differ in what they must have.
type (
	PutItemInput struct {
		WriteInput `api:"require=Item"`
	}
	KeyedInput struct {
		WriteInput `api:"require=Key"`
	}
)

// WriteOutput is what PutItem, UpdateItem and DeleteItem tell.
type WriteOutput struct {
	Attributes            Image
	ConsumedCapacity      *Consumed
	ItemCollectionMetrics *collectionMetrics
}

// The kinds of a write.
type writeKind uint8

const (
	writePut writeKind = iota
	writeUpdate
	writeDelete
	writeCheck // of a transaction: a condition alone
)

// write is a WriteInput, parsed and checked as far as that goes without the item
// that is there.
type write struct {
	kind      writeKind
	table     *table
	item      attr.Item // of a put the whole, else the primary key
	size      int       // of item
	row       row       // put: item, once it is packed
	update    *expr.Update
	condition *expr.Condition
	oldOnFail bool
}

// id tells the item that w writes from all others.
func (w *write) id() string { return w.table.itemID(w.item) }

// find returns the row that is there, noRow where there is none.
func (w *write) find() row {
	if w.row != noRow {
		return w.table.findKey(w.row.key())
	}
	return w.table.find(w.item)
}

// prepare checks in, in AWS's order. Errors that come without a write are about the
// request; those with one are about the item, in its table.
func (e *Engine) prepare(kind writeKind, in *WriteInput) (*write, error) {
	if err := in.check(in.legacy, in.sources(kind)...); err != nil {
		return nil, err
	}
	document := in.Key
	if kind == writePut {
		document = in.Item
	}
	item, err := document.item()
	if err != nil {
		return nil, err
	}
	if kind != writeUpdate && in.ReturnValues != "" && in.ReturnValues != "NONE" && in.ReturnValues != "ALL_OLD" {
		return nil, invalid("ReturnValues can only be ALL_OLD or NONE")
	}
	w := &write{kind: kind, size: item.Size(), oldOnFail: in.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	if kind == writePut && w.size > maxItem {
		return nil, errItemSize
	}
	if err := w.parse(in); err != nil {
		return nil, err
	}
	if w.table, err = e.table(*in.TableName); err != nil {
		return nil, err
	}
	return w, w.setItem(item)
}

// sources are the expressions that a write of a kind can have.
func (in *WriteInput) sources(kind writeKind) []expression {
	if kind == writeUpdate {
		return []expression{{"UpdateExpression", in.UpdateExpression}, {"ConditionExpression", in.ConditionExpression}}
	}
	return []expression{{"ConditionExpression", in.ConditionExpression}}
}

func (w *write) parse(in *WriteInput) error {
	p, err := in.params()
	if err != nil {
		return err
	}
	if in.UpdateExpression != nil && w.kind == writeUpdate {
		if w.update, err = expr.ParseUpdate(*in.UpdateExpression, p); err != nil {
			return err
		}
	}
	if w.condition, err = condition(in.ConditionExpression, p); err != nil {
		return err
	}
	return p.CheckUnused()
}

// setItem checks the item or key against the table's schema, and packs what is to be put
// while no lock is held.
func (w *write) setItem(item attr.Item) error {
	if err := w.checkItem(item); err != nil || w.kind != writePut {
		return err
	}
	w.row = newRow(w.table, item, w.size)
	return nil
}

func (w *write) checkItem(item attr.Item) error {
	t := w.table
	w.item = item
	t.mu.RLock()
	defer t.mu.RUnlock()
	if w.kind == writePut {
		return t.checkItem(item)
	}
	if err := t.checkKey(item); err != nil {
		return err
	}
	if w.update != nil && (w.update.Changes(t.key.Hash) || t.key.Range != "" && w.update.Changes(t.key.Range)) {
		i := slices.IndexFunc(w.update.Attributes(), t.key.has)
		return badParameter("Cannot update attribute %s. This attribute is part of the key", w.update.Attributes()[i])
	}
	return nil
}

// run evaluates w on the item that is there. The caller holds the table's lock.
func (w *write) run() (c change, touched []expr.Path, err error) {
	t := w.table
	if t.deleted {
		return c, nil, tableNotFound()
	}
	c = change{table: t, old: w.find()}
	if w.condition != nil && !w.condition.EvalPacked(c.old.packed()) {
		var old Image
		if w.oldOnFail {
			old = imageOf(c.old, nil)
		}
		return c, nil, conditionFailed(old)
	}
	switch w.kind {
	case writePut:
		c.new = w.row
	case writeUpdate:
		if c.new, touched, err = w.updated(c.old); err != nil {
			return c, nil, err
		}
	case writeCheck:
		c.new = c.old
	}
	return c, touched, nil
}

// updated applies the update expression to old. An item that does not exist begins as
// its key, which the expression can refer to.
func (w *write) updated(old row) (new row, touched []expr.Path, err error) {
	item := takeItem()
	defer giveItem(item)
	if old == noRow {
		maps.Copy(item, w.item)
	} else {
		old.packed().Into(item)
	}
	if w.update != nil {
		if touched, err = w.update.ApplyTo(item); err != nil {
			return noRow, nil, err
		}
	}
	if err := w.table.checkIndexKeys(item); err != nil {
		return noRow, nil, err
	}
	size := item.Size()
	if size > maxItem {
		return noRow, nil, errUpdateSize
	}
	return newRow(w.table, item, size), touched, nil
}

// writeItem is PutItem, UpdateItem and DeleteItem.
func (e *Engine) writeItem(ctx context.Context, kind writeKind, in *WriteInput) (*WriteOutput, error) {
	w, err := e.prepare(kind, in)
	if err != nil {
		return nil, err
	}
	t := w.table
	if err := e.makeRoom(t); err != nil {
		return nil, err
	}
	t.mu.Lock()
	c, touched, u, err := e.runOne(w, in.ReturnConsumedCapacity)
	if err != nil {
		t.mu.Unlock()
		return nil, err
	}
	lsn := e.commit([]change{c}, nil)
	metrics := t.metrics(in.ReturnItemCollectionMetrics, w.item)
	t.mu.Unlock()
	out := &WriteOutput{
		Attributes:       returned(in.ReturnValues, c, touched),
		ConsumedCapacity: u.report(in.ReturnConsumedCapacity), ItemCollectionMetrics: metrics,
	}
	return out, e.log.Wait(ctx, lsn)
}

// runOne runs w and pays for it. A condition that fails costs what a write of the item
// that is there would. What nobody asks for, by the mode of ReturnConsumedCapacity or by
// enforced throughput, is not accounted. The caller holds the table's lock.
func (e *Engine) runOne(w *write, mode string) (c change, touched []expr.Path, u *usage, err error) {
	u = newUsage(w.table, true)
	c, touched, err = w.run()
	if mode == "" && !e.enforces(w.table) {
		return c, touched, u, err
	}
	if err == nil {
		u.wrote(c)
		return c, touched, u, e.spend(u)
	}
	if api := asAPIError(err); api.Type == nsDynamoDB+"ConditionalCheckFailedException" {
		u.own = max(1, writeUnits(sizeOf(c.old)))
		if throttled := e.spend(u); throttled != nil {
			err = throttled
		}
	}
	return c, nil, nil, err
}

// returned is what ReturnValues asks for.
func returned(mode string, c change, touched []expr.Path) Image {
	switch mode {
	case "ALL_OLD":
		return imageOf(c.old, nil)
	case "ALL_NEW":
		return imageOf(c.new, nil)
	case "UPDATED_OLD":
		return pathsOf(c.old, touched)
	case "UPDATED_NEW":
		return pathsOf(c.new, touched)
	}
	return Image{}
}

// pathsOf shows what r holds at the paths.
func pathsOf(r row, paths []expr.Path) Image {
	item := expr.Pick(itemOf(r), paths)
	if len(item) == 0 {
		return Image{}
	}
	return Image{parts: item}
}

func (e *Engine) putItem(ctx context.Context, in *PutItemInput) (*WriteOutput, error) {
	return e.writeItem(ctx, writePut, &in.WriteInput)
}

func (e *Engine) updateItem(ctx context.Context, in *KeyedInput) (*WriteOutput, error) {
	return e.writeItem(ctx, writeUpdate, &in.WriteInput)
}

func (e *Engine) deleteItem(ctx context.Context, in *KeyedInput) (*WriteOutput, error) {
	return e.writeItem(ctx, writeDelete, &in.WriteInput)
}
