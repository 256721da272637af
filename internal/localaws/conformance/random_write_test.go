package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	build "github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// answer is what an engine says, in the model's words.
type answer struct {
	code    string // of the error
	message string
	reasons []string // of a cancellation
	items   []item
	pages   []string // of a query: the items read, and where each page ended
}

// operation is a request as data. It makes the same request of any engine.
type operation interface {
	do(context.Context, *target) answer
	model(model) answer
	String() string
}

// failed makes an answer of an error.
func failed(err error) answer {
	var e smithy.APIError
	if !errors.As(err, &e) {
		return answer{code: "no answer", message: err.Error()}
	}
	a := answer{code: e.ErrorCode(), message: e.ErrorMessage()}
	var c *types.TransactionCanceledException
	var failed *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &c):
		a.message = ""
		for _, r := range c.CancellationReasons {
			a.reasons = append(a.reasons, *r.Code)
		}
	case errors.As(err, &failed) && failed.Item != nil:
		a.items = []item{plainItem(failed.Item)}
	}
	return a
}

// returned makes an answer of attributes; none and an empty map are the same.
func returned(attributes map[string]types.AttributeValue) answer {
	if len(attributes) == 0 {
		return answer{}
	}
	return answer{items: []item{plainItem(attributes)}}
}

// write is a put, update or delete, alone or in a transaction.
type write struct {
	kind      string // "put", "update", "delete", "check"
	table     string
	key       item
	item      item // of a put
	update    update
	condition *condition
	returns   types.ReturnValue
	oldOnFail bool
	built     bool // by the SDK's expression builder
}

func (r random) write(table string, sc schema, kinds ...string) *write {
	w := &write{kind: oneOf(r, kinds...), table: table, built: r.chance(50)}
	switch w.kind {
	case "put":
		w.item = r.item(sc)
		w.key = sc.keyOf(w.item)
	case "update":
		w.key, w.update = r.keyOf(sc), r.update(sc)
	default:
		w.key = r.keyOf(sc)
	}
	w.returns = types.ReturnValueNone
	if r.chance(40) {
		w.returns = types.ReturnValueAllOld
		if w.kind == "update" {
			w.returns = oneOf(r, types.ReturnValueAllOld, types.ReturnValueAllNew)
		}
	}
	if r.chance(40) || w.kind == "check" {
		c := r.condition(2)
		w.condition, w.oldOnFail = &c, r.chance(50)
		w.built = w.built && c.buildable()
	}
	return w
}

// expressions are the parameters of a request: written, or built by the SDK.
type expressions struct {
	update, condition *string
	names             map[string]string
	values            map[string]types.AttributeValue
}

func (w *write) expressions() expressions {
	if w.update == nil && w.condition == nil {
		return expressions{}
	}
	if !w.built {
		var p placeholders
		var x expressions
		if w.update != nil {
			text := w.update.write(&p)
			x.update = &text
		}
		if w.condition != nil {
			text := w.condition.write(&p)
			x.condition = &text
		}
		x.names, x.values = p.names, attributes(p.values)
		return x
	}
	b := build.NewBuilder()
	if w.update != nil {
		b = b.WithUpdate(w.update.built())
	}
	if w.condition != nil {
		b = b.WithCondition(w.condition.built())
	}
	e, err := b.Build()
	if err != nil {
		panic(err)
	}
	return expressions{e.Update(), e.Condition(), e.Names(), e.Values()}
}

func (w *write) onFail() types.ReturnValuesOnConditionCheckFailure {
	if w.oldOnFail {
		return types.ReturnValuesOnConditionCheckFailureAllOld
	}
	return types.ReturnValuesOnConditionCheckFailureNone
}

func (w *write) do(ctx context.Context, p *target) answer {
	x := w.expressions()
	var out map[string]types.AttributeValue
	var err error
	switch w.kind {
	case "put":
		var o *dynamodb.PutItemOutput
		if o, err = p.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: p.tableName(w.table), Item: attributes(w.item), ReturnValues: w.returns, ReturnValuesOnConditionCheckFailure: w.onFail(),
			ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}); err == nil {
			out = o.Attributes
		}
	case "update":
		var o *dynamodb.UpdateItemOutput
		if o, err = p.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: p.tableName(w.table), Key: attributes(w.key), ReturnValues: w.returns, ReturnValuesOnConditionCheckFailure: w.onFail(),
			UpdateExpression: x.update, ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}); err == nil {
			out = o.Attributes
		}
	case "delete":
		var o *dynamodb.DeleteItemOutput
		if o, err = p.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: p.tableName(w.table), Key: attributes(w.key), ReturnValues: w.returns, ReturnValuesOnConditionCheckFailure: w.onFail(),
			ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}); err == nil {
			out = o.Attributes
		}
	}
	if err != nil {
		return failed(err)
	}
	return returned(out)
}

const (
	invalidCode   = "ValidationException"
	conditionCode = "ConditionalCheckFailedException"
)

// outcome is the item behind the write, or why there is none.
func (w *write) outcome(m model) (after item, code string) {
	t := m[w.table]
	old := t.find(w.key)
	if w.kind == "put" && !t.fits(w.item) {
		return nil, invalidCode
	}
	if w.condition != nil && !w.condition.holds(old) {
		return nil, conditionCode
	}
	switch w.kind {
	case "put":
		return w.item, ""
	case "update":
		after, err := w.update.apply(old)
		if err != nil {
			return nil, invalidCode
		}
		for name, v := range w.key {
			after[name] = v
		}
		if !t.fits(after) {
			return nil, invalidCode
		}
		return after, ""
	case "check":
		return old, ""
	}
	return nil, ""
}

func (w *write) model(m model) answer {
	t := m[w.table]
	old := t.find(w.key)
	after, code := w.outcome(m)
	switch {
	case code == conditionCode && w.oldOnFail && old != nil:
		return answer{code: code, items: []item{old}}
	case code != "":
		return answer{code: code}
	}
	t.store(w.key, after)
	switch {
	case w.returns == types.ReturnValueAllOld && old != nil:
		return answer{items: []item{old}}
	case w.returns == types.ReturnValueAllNew && after != nil:
		return answer{items: []item{after}}
	}
	return answer{}
}

func (w *write) String() string {
	x := w.expressions()
	s := fmt.Sprintf("%s in %s: key %s", w.kind, w.table, text(w.key))
	if w.kind == "put" {
		s = fmt.Sprintf("put in %s: %s", w.table, text(w.item))
	}
	if x.update != nil {
		s += ": " + strings.TrimSpace(*x.update)
	}
	if x.condition != nil {
		s += " if " + *x.condition
	}
	if x.values != nil {
		s += " with " + text(plainItem(x.values))
	}
	return s + fmt.Sprintf(" (%s, old on failure %v, names %v)", w.returns, w.oldOnFail, x.names)
}

// batch is a BatchWriteItem of puts and deletes.
type batch struct{ writes []*write }

func (b *batch) do(ctx context.Context, p *target) answer {
	in := map[string][]types.WriteRequest{}
	for _, w := range b.writes {
		request := putRequest(w.item)
		if w.kind == "delete" {
			request = deleteRequest(w.key)
		}
		table := *p.tableName(w.table)
		in[table] = append(in[table], request)
	}
	if _, err := p.db.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: in}); err != nil {
		return failed(err)
	}
	return answer{}
}

// ambiguous reports whether several of a batch's items are refused. AWS does not say
// which of them the message is about, and the order of tables on the wire is random.
func ambiguous(m model, op operation) bool {
	refused := 0
	for _, w := range writes(op) {
		if w.kind == "put" && !m[w.table].fits(w.item) {
			refused++
		}
	}
	return refused > 1
}

func (b *batch) model(m model) answer {
	for _, w := range b.writes {
		if w.kind == "put" && !m[w.table].fits(w.item) {
			return answer{code: invalidCode}
		}
	}
	for _, w := range b.writes {
		m[w.table].store(w.key, w.item)
	}
	return answer{}
}

func (b *batch) String() string { return "batch:\n\t" + lines(b.writes) }

func lines(all []*write) string {
	var parts []string
	for _, w := range all {
		parts = append(parts, w.String())
	}
	return strings.Join(parts, "\n\t")
}

// transaction is a TransactWriteItems.
type transaction struct{ writes []*write }

func (tx *transaction) do(ctx context.Context, p *target) answer {
	var in []types.TransactWriteItem
	for _, w := range tx.writes {
		x, key := w.expressions(), attributes(w.key)
		switch w.kind {
		case "put":
			in = append(in, types.TransactWriteItem{Put: &types.Put{TableName: p.tableName(w.table), Item: attributes(w.item), ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}})
		case "update":
			in = append(in, types.TransactWriteItem{Update: &types.Update{TableName: p.tableName(w.table), Key: key, UpdateExpression: x.update, ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}})
		case "delete":
			in = append(in, types.TransactWriteItem{Delete: &types.Delete{TableName: p.tableName(w.table), Key: key, ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}})
		case "check":
			in = append(in, types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: p.tableName(w.table), Key: key, ConditionExpression: x.condition, ExpressionAttributeNames: x.names, ExpressionAttributeValues: x.values}})
		}
	}
	if _, err := p.db.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: in}); err != nil {
		return failed(err)
	}
	return answer{}
}

func (tx *transaction) model(m model) answer {
	outcomes, reasons, canceled := make([]item, len(tx.writes)), make([]string, len(tx.writes)), false
	for i, w := range tx.writes {
		after, code := w.outcome(m)
		outcomes[i] = after
		reasons[i] = map[string]string{"": "None", conditionCode: "ConditionalCheckFailed", invalidCode: "ValidationError"}[code]
		canceled = canceled || code != ""
	}
	if canceled {
		return answer{code: "TransactionCanceledException", reasons: reasons}
	}
	for i, w := range tx.writes {
		m[w.table].store(w.key, outcomes[i])
	}
	return answer{}
}

func (tx *transaction) String() string { return "transaction:\n\t" + lines(tx.writes) }

// distinct leaves out writes of an item that an earlier one writes.
func distinct(all []*write) (writes []*write) {
	seen := map[string]bool{}
	for _, w := range all {
		if id := w.table + text(w.key); !seen[id] {
			seen[id] = true
			writes = append(writes, w)
		}
	}
	return writes
}
