package dynamodb

import (
	"context"
	"encoding/json"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// writeInput are the parameters that PutItem, UpdateItem and DeleteItem share, and the
// members of a TransactWriteItems with them.
type writeInput struct {
	TableName           string
	Item                json.RawMessage // put
	Key                 json.RawMessage // update, delete, condition check
	UpdateExpression    *string
	ConditionExpression *string
	expressions
	legacy
	ReturnValues                        string
	ReturnConsumedCapacity              string
	ReturnItemCollectionMetrics         string
	ReturnValuesOnConditionCheckFailure string
}

type writeOutput struct {
	Attributes            json.RawMessage
	ConsumedCapacity      *consumed
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

// write is a writeInput, parsed and checked as far as that goes without the item
// that is there.
type write struct {
	kind      writeKind
	table     *table
	item      attr.Item // put
	row       *row      // put: item, once it is packed
	key       attr.Item // the primary key
	update    *expr.Update
	condition *expr.Condition
	oldOnFail bool
}

// prepare checks in, in AWS's order.
func (e *Engine) prepare(kind writeKind, in *writeInput) (*write, error) {
	if err := in.checkEnums(kind); err != nil {
		return nil, err
	}
	if err := in.refuse(); err != nil {
		return nil, err
	}
	w := &write{kind: kind, oldOnFail: in.ReturnValuesOnConditionCheckFailure == "ALL_OLD"}
	name, raw := "key", in.Key
	if kind == writePut {
		name, raw = "item", in.Item
	}
	if _, err := checkTableName(in.TableName); err != nil {
		return nil, err
	}
	item, err := itemParam(name, raw)
	if err != nil {
		return nil, err
	}
	if err := w.parse(in); err != nil {
		return nil, err
	}
	if w.table, err = e.table(in.TableName); err != nil {
		return nil, err
	}
	return w, w.setItem(item)
}

func (in *writeInput) checkEnums(kind writeKind) error {
	allowed := []string{"ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW"}
	if err := enum("returnValues", in.ReturnValues, allowed...); err != nil {
		return err
	}
	if kind != writeUpdate && in.ReturnValues != "" && in.ReturnValues != "NONE" && in.ReturnValues != "ALL_OLD" {
		return invalid("Return values set to invalid value")
	}
	if err := checkCapacityParam(in.ReturnConsumedCapacity); err != nil {
		return err
	}
	if err := enum("returnItemCollectionMetrics", in.ReturnItemCollectionMetrics, "SIZE", "NONE"); err != nil {
		return err
	}
	return enum("returnValuesOnConditionCheckFailure", in.ReturnValuesOnConditionCheckFailure, "ALL_OLD", "NONE")
}

func (w *write) parse(in *writeInput) error {
	p, err := in.params(in.UpdateExpression != nil || in.ConditionExpression != nil)
	if err != nil {
		return err
	}
	if in.UpdateExpression != nil {
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
	w.row = newRow(w.table, item)
	return nil
}

func (w *write) checkItem(item attr.Item) error {
	t := w.table
	t.mu.RLock()
	defer t.mu.RUnlock()
	if w.kind == writePut {
		w.item, w.key = item, keyOnly(t, item)
		return t.checkItem(item)
	}
	w.key = item
	if err := t.checkKey(item); err != nil {
		return err
	}
	if w.update != nil {
		for _, name := range w.update.Attributes() {
			if t.key.has(name) {
				return badParameter("Cannot update attribute %s. This attribute is part of the key", name)
			}
		}
	}
	return nil
}

// run evaluates w on the item that is there. The caller holds the table's lock.
func (w *write) run() (c change, touched []expr.Path, err error) {
	t := w.table
	if t.deleted {
		return c, nil, tableNotFound()
	}
	c = change{table: t, old: t.find(w.key)}
	if w.condition != nil && !w.condition.Eval(c.old.packed().Item(w.condition.Attributes())) {
		var old attr.Item
		if w.oldOnFail {
			old = itemOf(c.old)
		}
		return c, nil, conditionFailed(old)
	}
	switch w.kind {
	case writePut:
		c.new = w.row
	case writeUpdate:
		item, paths, err := w.updated(itemOf(c.old))
		if err != nil {
			return c, nil, err
		}
		c.new, touched = newRow(t, item), paths
	case writeCheck:
		c.new = c.old
	}
	return c, touched, nil
}

// updated applies the update expression to old; an item that does not exist begins
// with its key.
func (w *write) updated(old attr.Item) (attr.Item, []expr.Path, error) {
	item, touched := attr.Item{}, []expr.Path(nil)
	if w.update == nil {
		for name, v := range old {
			item[name] = v
		}
	} else {
		var err error
		if item, touched, err = w.update.Apply(old); err != nil {
			return nil, nil, err
		}
	}
	if old == nil {
		for name, v := range w.key {
			item[name] = v
		}
	}
	if err := w.table.checkIndexKeys(item); err != nil {
		return nil, nil, err
	}
	if item.Size() > maxItem {
		return nil, nil, invalid("Item size to update has exceeded the maximum allowed size")
	}
	return item, touched, nil
}

// writeItem is PutItem, UpdateItem and DeleteItem.
func (e *Engine) writeItem(ctx context.Context, kind writeKind, in *writeInput) (*writeOutput, error) {
	w, err := e.prepare(kind, in)
	if err != nil {
		return nil, err
	}
	t := w.table
	if err := e.makeRoom(t); err != nil {
		return nil, err
	}
	t.mu.Lock()
	c, touched, err := w.run()
	if err != nil {
		t.mu.Unlock()
		return nil, err
	}
	u := newUsage(t, true)
	if in.ReturnConsumedCapacity != "" {
		u.wrote(c)
	}
	lsn := e.commit([]change{c}, nil)
	metrics := t.metrics(in.ReturnItemCollectionMetrics, w.key)
	t.mu.Unlock()
	out := &writeOutput{
		Attributes:       returned(in.ReturnValues, c, touched),
		ConsumedCapacity: u.report(in.ReturnConsumedCapacity), ItemCollectionMetrics: metrics,
	}
	return out, e.log.Wait(ctx, lsn)
}

// returned is what ReturnValues asks for.
func returned(mode string, c change, touched []expr.Path) json.RawMessage {
	switch mode {
	case "ALL_OLD":
		return itemJSON(c.old, nil)
	case "ALL_NEW":
		return itemJSON(c.new, nil)
	case "UPDATED_OLD":
		return pathsJSON(c.old, touched)
	case "UPDATED_NEW":
		return pathsJSON(c.new, touched)
	}
	return nil
}

// pathsJSON is the wire form of what r holds at the paths, nil for nothing.
func pathsJSON(r *row, paths []expr.Path) json.RawMessage {
	item := expr.Pick(itemOf(r), paths)
	if len(item) == 0 {
		return nil
	}
	return attr.AppendItemJSON(nil, item)
}

func (e *Engine) putItem(ctx context.Context, in *writeInput) (*writeOutput, error) {
	return e.writeItem(ctx, writePut, in)
}

func (e *Engine) updateItem(ctx context.Context, in *writeInput) (*writeOutput, error) {
	return e.writeItem(ctx, writeUpdate, in)
}

func (e *Engine) deleteItem(ctx context.Context, in *writeInput) (*writeOutput, error) {
	return e.writeItem(ctx, writeDelete, in)
}
