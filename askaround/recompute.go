package askaround

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// How sums are computed anew: AggregateRecompute, and the repair of sums that another
// program spoiled (see reconcile.go).
//
// All answers of the question are read and folded, and the sums that differ are
// replaced, on condition that nobody replaced them since they were read. For that the
// summary counts its computations ("computed"), even those that change nothing: a
// worker that read the answers and then slept for long must not win over one that has
// seen later answers and found the sums right. Whoever writes an answer after
// it was read here brings a stream record of its own, for which all is read again.
const attrComputed = "computed"

// sumsSnapshot is what the stored sums of a question were, and what its answers came to.
type sumsSnapshot struct {
	question QuestionID
	summary  item            // of the Questions table; nil: deleted
	heat     map[string]item // of the Heat table, by part
	folded   map[string]delta
	expires  int64  // the latest of the answers
	newest   string // the highest revision of the answers
	answers  int    // items, withdrawn ones included
}

// applyByQuery brings the sums of the changes' question up to date.
func (w *Worker) applyByQuery(ctx context.Context, changes []change) error {
	if len(post(changes)) == 0 {
		return nil // none of them changes a sum
	}
	return w.recompute(ctx, changes[0].question)
}

func (w *Worker) recompute(ctx context.Context, id QuestionID) error {
	for attempt := 0; ; attempt++ {
		s, err := w.snapshot(ctx, id, w.resources.Answers)
		if err != nil || s.summary == nil {
			return err
		}
		again, err := w.replace(ctx, s)
		if err != nil || !again {
			return err
		}
		if attempt == conflictAttempts {
			return fmt.Errorf("%w: others compute question %s", ErrUnavailable, id)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

// snapshot reads the sums of a question, then folds its answers from a table: Answers
// or Counted.
func (w *Worker) snapshot(ctx context.Context, id QuestionID, table string) (sumsSnapshot, error) {
	s := sumsSnapshot{question: id, heat: map[string]item{}}
	table0, key, err := w.locate(target{question: id})
	if err != nil {
		return s, err
	}
	out, err := w.db.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table0, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return s, applyError(err)
	}
	if s.summary = out.Item; s.summary == nil {
		return s, nil
	}
	err = w.each(ctx, w.resources.Heat, id, func(it item) error {
		a := attrs{item: it}
		s.heat[a.text(attrPart)] = it
		return a.err
	})
	if err != nil {
		return s, err
	}
	var standing []contribution
	err = w.each(ctx, table, id, func(it item) error {
		a := attrs{item: it}
		s.answers++
		s.newest = max(s.newest, a.optional(attrRevision))
		s.expires = max(s.expires, a.count(attrExpiresAt))
		c, err := w.contributionOf(table, it)
		if err != nil { // it counts for nothing, as everywhere
			w.options.Logger.WarnContext(ctx, "an answer cannot be read", "question", id, "error", err)
			return nil
		}
		standing = append(standing, c)
		return nil
	})
	s.folded = total(id, standing)
	return s, err
}

// contributionOf reads an item of the Answers or of the Counted table.
func (w *Worker) contributionOf(table string, it item) (contribution, error) {
	if table == w.resources.Counted {
		_, r, err := parseCounted(it)
		return r.value, err
	}
	r, err := parseAnswer(it)
	if err != nil {
		return contribution{}, err
	}
	return r.contribution(), nil
}

// each reads all items of a question in a table whose hash key it is.
func (w *Worker) each(ctx context.Context, table string, id QuestionID, do func(item) error) error {
	e := newExpr()
	pages := dynamodb.NewQueryPaginator(w.db, &dynamodb.QueryInput{
		TableName:                 &table,
		KeyConditionExpression:    aws.String(e.name(attrQuestion) + " = " + e.value(str(string(id)))),
		ExpressionAttributeNames:  e.names,
		ExpressionAttributeValues: e.values,
		ConsistentRead:            aws.Bool(true),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return applyError(err)
		}
		for _, it := range page.Items {
			if err := do(it); err != nil {
				return poisonf("%v", err)
			}
		}
	}
	return nil
}

// replace stores what the answers of s came to. again reports that the stored sums are
// no longer those of s.
func (w *Worker) replace(ctx context.Context, s sumsSnapshot) (again bool, err error) {
	summary, err := w.summaryReplacement(s)
	if err != nil {
		return false, err
	}
	in := &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Update: summary}}}
	for part := range s.parts() {
		if stored := s.storedPart(part); maps.Equal(stored.cells, s.folded[part].cells) && len(zeroCells(s.heat[part])) == 0 {
			continue
		}
		in.TransactItems = append(in.TransactItems, types.TransactWriteItem{Update: w.partReplacement(s, part)})
	}
	if len(in.TransactItems) == 1 { // half the price of a transaction
		_, err = w.db.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: summary.TableName, Key: summary.Key,
			UpdateExpression: summary.UpdateExpression, ConditionExpression: summary.ConditionExpression,
			ExpressionAttributeNames: summary.ExpressionAttributeNames, ExpressionAttributeValues: summary.ExpressionAttributeValues,
		})
	} else {
		_, err = w.db.TransactWriteItems(ctx, in)
	}
	return overtaken(err)
}

// overtaken tells a write that another was faster than from other errors.
func overtaken(err error) (again bool, _ error) {
	if _, refused := refusedItem(err); refused {
		return true, nil
	}
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) {
		return false, applyError(err)
	}
	for _, reason := range canceled.CancellationReasons {
		switch code(reason) {
		case conditionFailed, "TransactionConflict":
			again = true
		case "ValidationError":
			return false, poisonf("DynamoDB refuses the sums: %v", err)
		}
	}
	if !again {
		return false, applyError(err)
	}
	return true, nil
}

// parts are those that s has sums of, stored or folded.
func (s sumsSnapshot) parts() map[string]bool {
	parts := make(map[string]bool)
	for part := range s.heat {
		parts[part] = true
	}
	for part := range s.folded {
		if part != "" {
			parts[part] = true
		}
	}
	return parts
}

// storedSummary returns the summary's stored sums.
func (s sumsSnapshot) storedSummary() delta {
	a := attrs{item: s.summary}
	d := delta{answers: a.count(attrAnswers), sumHalfStars: a.count(attrSumHalfStars)}
	for i := range d.histogram {
		d.histogram[i] = a.count(attrHistogram(i))
	}
	return d
}

// storedPart returns the stored sums of a part; cells at zero are left out.
func (s sumsSnapshot) storedPart(part string) delta {
	if s.heat[part] == nil {
		return delta{}
	}
	_, heat, err := parseHeat(s.heat[part])
	if err != nil {
		return delta{cells: map[string]int64{"": -1}} // differs from all that can be
	}
	return delta{cells: heat.Cells}
}

// summaryReplacement replaces the summary's sums where they differ, and counts the
// computation.
func (w *Worker) summaryReplacement(s sumsSnapshot) (*types.Update, error) {
	table, key, err := w.locate(target{question: s.question})
	if err != nil {
		return nil, err
	}
	e := newExpr()
	stored, folded := s.storedSummary(), s.folded[""]
	set := func(name string, old, neu int64) {
		if old != neu {
			e.assign(e.path(name), num(neu))
		}
	}
	set(attrAnswers, stored.answers, folded.answers)
	set(attrSumHalfStars, stored.sumHalfStars, folded.sumHalfStars)
	for i := range folded.histogram {
		set(attrHistogram(i), stored.histogram[i], folded.histogram[i])
	}
	if len(e.set) > 0 {
		e.add(attrVersion, 1)
	}
	condition := "attribute_exists(" + e.name(attrText) + ") AND " + e.unchanged(s.summary, attrVersion) + " AND " + e.unchanged(s.summary, attrComputed)
	e.add(attrComputed, 1)
	return &types.Update{
		TableName: &table, Key: key, UpdateExpression: e.update(), ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}, nil
}

// unchanged is the condition that a top-level attribute is as it was read.
func (e *expr) unchanged(it item, name string) string {
	if it[name] == nil {
		return "attribute_not_exists(" + e.name(name) + ")"
	}
	return e.name(name) + " = " + e.value(it[name])
}

// partReplacement replaces one part of the heat.
func (w *Worker) partReplacement(s sumsSnapshot, part string) *types.Update {
	e := newExpr()
	cells := item{}
	for cell, n := range s.folded[part].cells {
		cells[cell] = num(n)
	}
	e.assign(e.path(attrCells), &types.AttributeValueMemberM{Value: cells})
	e.setOnce(attrApplied, &types.AttributeValueMemberM{Value: item{}})
	e.assign(e.path(attrExpiresAt), num(s.expires))
	condition := e.unchanged(s.heat[part], attrVersion)
	e.add(attrVersion, 1)
	return &types.Update{
		TableName: &w.resources.Heat, Key: heatKey(target{s.question, part}),
		UpdateExpression: e.update(), ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
	}
}
