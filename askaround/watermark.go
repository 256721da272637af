package askaround

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

// How a posting is applied exactly once.
//
// A target remembers for each shard the position of the last change it has applied, its
// watermark, in the same item as the sums. A posting is applied on condition that
// its first change lies behind the watermark, and moves the watermark to its last. So it
// is applied whole or not at all. When the condition fails, the answer holds the item
// as it is: changes up to its watermark are dropped, and the rest is tried.
//
// That is exact as long as the changes of one question come in order within a shard,
// with nothing left out: DynamoDB Streams orders them, because an answer's partition
// key is its question, and the event source mapping repeats a batch until
// it succeeds. Repeated, bisected and overlapping batches, crashes between any two
// writes, and slow workers that wake up after others went on, all meet a
// watermark. When a shard splits its questions go on in a child, which has a watermark
// of its own and is read when its parent is finished.
//
// Watermarks are dropped when their change is older than the stream keeps records.

// watermarkLifetime is the 24 hours that DynamoDB Streams keeps a record, and two.
const watermarkLifetime = (24 + 2) * 60 * 60 // seconds

// staleWatermarks is how many outdated watermarks an item collects before they are
// dropped. A shard lives some hours, so that this is one write more in a day.
const staleWatermarks = 4

// applyPosting applies p to its target. gone reports that the question does not exist, so that
// there is nothing to apply to. Errors are poison, or to be tried again.
func (w *Worker) applyPosting(ctx context.Context, shard string, p posting) (gone bool, err error) {
	for {
		it, err := w.applyOnce(ctx, shard, p)
		if err == nil {
			return false, w.tidy(ctx, p, it)
		}
		it, refused := refusedItem(err)
		switch {
		case !refused:
			return false, applyError(err)
		case it == nil && p.target.part == "":
			return true, nil
		case it == nil:
			if _, err = w.createHeat(ctx, shard, p); err == nil {
				return false, nil
			}
			if _, raced := refusedItem(err); !raced {
				return false, applyError(err)
			}
			continue
		}
		rest := p.after(appliedUpTo(it, shard))
		if len(rest.changes) == 0 {
			return false, w.tidy(ctx, p, it) // all of it was applied before
		}
		if len(rest.changes) == len(p.changes) {
			return false, poisonf("the watermark of shard %s cannot be read", shard)
		}
		p = rest
	}
}

// applyOnce updates the target where its watermark allows, and returns it as it is then.
func (w *Worker) applyOnce(ctx context.Context, shard string, p posting) (item, error) {
	e := newExpr()
	mark := e.path(attrApplied, shard)
	at, expires := p.latest()
	e.assign(mark, str(string(newWatermark(p.last(), at))))
	e.addDelta(p.delta())
	if p.target.part != "" {
		e.assign(e.path(attrExpiresAt), num(expires))
	}
	table, key, err := w.locate(p.target)
	if err != nil {
		return nil, err
	}
	condition := "attribute_exists(" + e.name(attrApplied) + ") AND (attribute_not_exists(" + mark + ") OR " + mark + " < " + e.value(str(string(p.first()))) + ")"
	out, err := w.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           &table,
		Key:                                 key,
		UpdateExpression:                    e.update(),
		ConditionExpression:                 &condition,
		ExpressionAttributeNames:            e.names,
		ExpressionAttributeValues:           e.values,
		ReturnValues:                        types.ReturnValueAllNew,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}

// addDelta adds d to a target's sums, and makes it a new version.
func (e *expr) addDelta(d delta) {
	e.add(attrVersion, 1)
	e.add(attrAnswers, d.answers)
	e.add(attrSumHalfStars, d.sumHalfStars)
	for i, n := range d.histogram {
		e.add(attrHistogram(i), n)
	}
	for cell, n := range d.cells {
		e.addNested(e.path(attrCells, cell), n)
	}
}

// locate returns the table and key of a target's item.
func (w *Worker) locate(t target) (table string, key item, err error) {
	if t.part != "" {
		return w.resources.Heat, heatKey(t), nil
	}
	k, err := t.question.key()
	if err != nil {
		return "", nil, poisonf("%v", err)
	}
	return w.resources.Questions, w.index.PrimaryKey(k), nil
}

// createHeat stores the first item of a part, if there is none.
func (w *Worker) createHeat(ctx context.Context, shard string, p posting) (item, error) {
	at, expires := p.latest()
	cells := item{}
	for cell, n := range p.delta().cells {
		cells[cell] = num(n)
	}
	it := heatKey(p.target)
	it[attrVersion] = num(1)
	it[attrCells] = &types.AttributeValueMemberM{Value: cells}
	it[attrApplied] = &types.AttributeValueMemberM{Value: item{shard: str(string(newWatermark(p.last(), at)))}}
	it[attrExpiresAt] = num(expires)
	e := newExpr()
	_, err := w.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                &w.resources.Heat,
		Item:                     it,
		ConditionExpression:      aws.String("attribute_not_exists(" + e.name(attrQuestion) + ")"),
		ExpressionAttributeNames: e.names,
	})
	return it, err
}

// appliedUpTo returns the target's watermark for a shard, "" when it has none.
func appliedUpTo(it item, shard string) position {
	a := attrs{item: it}
	p, _, _ := watermark((&attrs{item: a.document(attrApplied)}).optional(shard)).parse()
	return p
}

// tidy removes what the target no longer needs: cells at zero, and outdated watermarks.
// It changes nothing that anybody sees, and happens only where both are still so.
func (w *Worker) tidy(ctx context.Context, p posting, it item) error {
	newest, _ := p.latest()
	e := newExpr()
	var condition string
	expect := func(path string, v types.AttributeValue) {
		if condition != "" {
			condition += " AND "
		}
		condition += path + " = " + e.value(v)
		e.drop(path)
	}
	for _, cell := range zeroCells(it) {
		expect(e.path(attrCells, cell), num(0))
	}
	if stale := outdated(it, newest); len(stale) >= staleWatermarks {
		for shard, mark := range stale {
			expect(e.path(attrApplied, shard), str(string(mark)))
		}
	}
	if condition == "" {
		return nil
	}
	table, key, err := w.locate(p.target)
	if err != nil {
		return err
	}
	_, err = w.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                 &table,
		Key:                       key,
		UpdateExpression:          e.update(),
		ConditionExpression:       &condition,
		ExpressionAttributeNames:  e.names,
		ExpressionAttributeValues: e.values,
	})
	if _, refused := refusedItem(err); refused {
		return nil // somebody went on; they tidy up
	}
	return applyError(err)
}

// zeroCells returns the cells without answers.
func zeroCells(it item) []string {
	var zero []string
	cells, _ := it[attrCells].(*types.AttributeValueMemberM)
	if cells == nil {
		return nil
	}
	for cell, v := range cells.Value {
		if n, ok := integerOf(v); ok && n == 0 {
			zero = append(zero, cell)
		}
	}
	return zero
}

// outdated returns the watermarks whose changes no stream holds any more, at the Unix
// time now.
func outdated(it item, now int64) map[string]watermark {
	stale := make(map[string]watermark)
	marks := attrs{item: (&attrs{item: it}).document(attrApplied)}
	for shard := range marks.item {
		mark := watermark(marks.text(shard))
		if _, at, ok := mark.parse(); ok && at < now-watermarkLifetime {
			stale[shard] = mark
		}
	}
	return stale
}

// applyError tells requests that DynamoDB will never take from failures.
func applyError(err error) error {
	var api smithy.APIError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &api) && api.ErrorCode() == "ValidationException":
		return poisonf("DynamoDB refuses the update: %v", err)
	}
	if _, ok := asPoison(err); ok {
		return err
	}
	return unavailable("apply", err)
}
