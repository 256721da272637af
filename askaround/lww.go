package askaround

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// How changes count exactly once whatever their order: AggregateLWW.
//
// The Counted table holds for each answer what of it the sums hold, and its revision. A
// change counts when its revision is higher: one transaction stores what counts now,
// on condition that what counted before is still what was read, and adds the
// difference to the sums. A change that was counted, or that a later one overtook,
// finds a revision that is not lower, and is dropped. So order and repetition
// do not matter, and nothing about shards is remembered.
//
// Items of the Counted table:
//
//	question, account  S  the primary key
//	rev                S  revision, or a revision and "~" for a deletion
//	expires_at         N  Unix seconds
//	kind               S  absent when nothing counts
//	half_stars         N  of a star answer
//	cell, part         S  of a geo answer: S2 tokens
type countedRecord struct {
	rev   string
	value contribution
}

// countedPerTransaction leaves room for the summary and for every part of a heat in a
// transaction of 100 items.
const countedPerTransaction = 50

func (c change) countedItem() item {
	it := answerKey(c.question, c.account)
	it[attrRevision] = str(c.revision)
	it[attrExpiresAt] = num(c.expires)
	switch c.new.kind {
	case KindStar:
		it[attrKind], it[attrHalfStars] = str(string(KindStar)), num(int64(c.new.stars))
	case KindGeo:
		it[attrKind], it[attrCell], it[attrPart] = str(string(KindGeo)), str(c.new.cell), str(c.new.part)
	}
	return it
}

func parseCounted(it item) (AccountID, countedRecord, error) {
	a := attrs{item: it}
	account := AccountID(a.text(attrAccount))
	r := countedRecord{rev: a.text(attrRevision), value: contribution{kind: Kind(a.optional(attrKind))}}
	switch r.value.kind {
	case "":
	case KindStar:
		n := a.integer(attrHalfStars)
		if n < 0 || n > MaxHalfStars {
			a.fail(attrHalfStars, "a rating")
		}
		r.value.stars = HalfStars(n)
	case KindGeo:
		r.value.cell, r.value.part = a.text(attrCell), a.text(attrPart)
	default:
		a.fail(attrKind, "a kind")
	}
	return account, r, a.err
}

// applyByRevision makes changes of one question count.
func (w *Worker) applyByRevision(ctx context.Context, changes []change) error {
	changes = newest(changes)
	for chunk := range slices.Chunk(changes, countedPerTransaction) {
		for attempt := 0; ; attempt++ {
			again, err := w.countOnce(ctx, chunk)
			if err != nil {
				return err
			}
			if !again {
				break
			}
			if attempt == conflictAttempts {
				return fmt.Errorf("%w: others count answers to question %s", ErrUnavailable, chunk[0].question)
			}
			if err := pause(ctx, attempt); err != nil {
				return err
			}
		}
	}
	return nil
}

// countOnce tries to make changes of different accounts count, all or none. again reports
// that something was in the way that will not be there at the next attempt.
func (w *Worker) countOnce(ctx context.Context, changes []change) (again bool, err error) {
	counted, err := w.counted(ctx, changes)
	if err != nil {
		return false, err
	}
	var fresh []change
	for _, c := range changes {
		if old := counted[c.account]; old.rev < c.revision {
			c.old = old.value
			fresh = append(fresh, c)
		}
	}
	if len(fresh) < len(changes) {
		// Somebody counted these; perhaps an attempt that did not live to tidy up.
		if err := w.tidyHeat(ctx, changes); err != nil {
			return false, err
		}
	}
	if len(fresh) == 0 {
		return false, nil
	}
	in := &dynamodb.TransactWriteItemsInput{}
	for _, c := range fresh {
		in.TransactItems = append(in.TransactItems, types.TransactWriteItem{Put: w.countedPut(c, counted[c.account].rev)})
	}
	postings := post(fresh)
	for _, p := range postings {
		update, err := w.countUpdate(p)
		if err != nil {
			return false, err
		}
		in.TransactItems = append(in.TransactItems, types.TransactWriteItem{Update: update})
	}
	if _, err = w.db.TransactWriteItems(ctx, in); err == nil {
		return false, w.tidyParts(ctx, postings)
	}
	return w.whyNotCounted(ctx, err, postings, len(fresh))
}

// counted reads what counts of the changes' answers.
func (w *Worker) counted(ctx context.Context, changes []change) (map[AccountID]countedRecord, error) {
	out := make(map[AccountID]countedRecord, len(changes))
	keys := make([]item, len(changes))
	for i, c := range changes {
		keys[i] = answerKey(c.question, c.account)
	}
	request := map[string]types.KeysAndAttributes{w.resources.Counted: {Keys: keys, ConsistentRead: aws.Bool(true)}}
	for attempt := 0; len(request) > 0; attempt++ {
		if attempt > 0 {
			if err := pause(ctx, attempt); err != nil {
				return nil, err
			}
		}
		page, err := w.db.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: request})
		if err != nil {
			return nil, applyError(err)
		}
		for _, it := range page.Responses[w.resources.Counted] {
			account, r, err := parseCounted(it)
			if err != nil {
				return nil, poisonf("what counts of an answer cannot be read: %v", err)
			}
			out[account] = r
		}
		request = page.UnprocessedKeys
	}
	return out, nil
}

// countedPut stores what counts of an answer from now on, where rev is what counts still.
func (w *Worker) countedPut(c change, rev string) *types.Put {
	e := newExpr()
	condition := "attribute_not_exists(" + e.name(attrRevision) + ")"
	if rev != "" {
		condition = e.name(attrRevision) + " = " + e.value(str(rev))
	}
	return &types.Put{
		TableName: &w.resources.Counted, Item: c.countedItem(),
		ConditionExpression: &condition, ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.valuesOrNil(),
	}
}

// countUpdate adds a posting to its target, which must be there.
func (w *Worker) countUpdate(p posting) (*types.Update, error) {
	table, key, err := w.locate(p.target)
	if err != nil {
		return nil, err
	}
	e := newExpr()
	e.addDelta(p.delta())
	there := attrApplied
	if p.target.part != "" {
		_, expires := p.latest()
		e.assign(e.path(attrExpiresAt), num(expires))
		there = attrCells
	}
	condition := "attribute_exists(" + e.name(there) + ")"
	return &types.Update{
		TableName: &table, Key: key, UpdateExpression: e.update(), ConditionExpression: &condition,
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, nil
}

// whyNotCounted looks at the reasons of a transaction that first has the given number of
// puts into Counted, then an update for each posting.
func (w *Worker) whyNotCounted(ctx context.Context, err error, postings []posting, puts int) (again bool, _ error) {
	var canceled *types.TransactionCanceledException
	if !errors.As(err, &canceled) || len(canceled.CancellationReasons) != puts+len(postings) {
		return false, applyError(err)
	}
	for i, reason := range canceled.CancellationReasons {
		switch code(reason) {
		case "ValidationError":
			return false, poisonf("DynamoDB refuses the update: %v", err)
		case conditionFailed:
			again = true
			if i < puts {
				continue // another has counted this answer
			}
			switch t := postings[i-puts].target; {
			case reason.Item != nil:
				return false, poisonf("the item of question %s is not one of ours", t.question)
			case t.part == "":
				return false, nil // the question was deleted
			default:
				if err := w.createPart(ctx, postings[i-puts]); err != nil {
					return false, err
				}
			}
		case "TransactionConflict":
			again = true
		}
	}
	if !again {
		return false, applyError(err) // throttled
	}
	return true, nil
}

// createPart stores an empty part of a heat, if there is none.
func (w *Worker) createPart(ctx context.Context, p posting) error {
	_, expires := p.latest()
	e := newExpr()
	it := heatKey(p.target)
	it[attrVersion] = num(0)
	it[attrCells] = &types.AttributeValueMemberM{Value: item{}}
	it[attrApplied] = &types.AttributeValueMemberM{Value: item{}}
	it[attrExpiresAt] = num(expires)
	_, err := w.db.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: &w.resources.Heat, Item: it,
		ConditionExpression:      aws.String("attribute_not_exists(" + e.name(attrQuestion) + ")"),
		ExpressionAttributeNames: e.names,
	})
	if _, refused := refusedItem(err); refused {
		return nil
	}
	return applyError(err)
}

// tidyParts removes cells at zero from the parts that postings took answers out of.
func (w *Worker) tidyParts(ctx context.Context, postings []posting) error {
	for _, p := range postings {
		if p.target.part == "" || !p.takes() {
			continue
		}
		out, err := w.db.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: &w.resources.Heat, Key: heatKey(p.target), ConsistentRead: aws.Bool(true),
		})
		if err != nil {
			return applyError(err)
		}
		if err := w.tidy(ctx, p, out.Item); err != nil {
			return err
		}
	}
	return nil
}

// tidyHeat removes cells at zero from all parts of the changes' question.
func (w *Worker) tidyHeat(ctx context.Context, changes []change) error {
	if !slices.ContainsFunc(changes, func(c change) bool { return c.old.part != "" || c.new.part != "" }) {
		return nil
	}
	id := changes[0].question
	var parts []item
	err := w.each(ctx, w.resources.Heat, id, func(it item) error {
		parts = append(parts, it)
		return nil
	})
	for _, it := range parts {
		part := (&attrs{item: it}).optional(attrPart)
		err = errors.Join(err, w.tidy(ctx, posting{target{id, part}, changes}, it))
	}
	return err
}

// takes reports whether the posting may leave a cell without answers.
func (p posting) takes() bool {
	for _, n := range p.delta().cells {
		if n < 0 {
			return true
		}
	}
	return false
}
