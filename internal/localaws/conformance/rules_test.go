package conformance

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// rule is a disagreement of a peer that random operations meet. Where it applies, the
// operation is not asked of the peer: what the model did is written to it instead.
type rule struct {
	name, peer, page string
	applies          func(model, operation) bool
}

var rules = []rule{
	{"takes a path that leads nowhere for nothing", dynoxide, guide + "Expressions.UpdateExpressions.html", anyAction(func(old item, a action) bool {
		return (a.kind == "REMOVE" || a.form == "value") && len(steps(a.path)) > 1 && errors.Is(a.apply(old, clone(old).(item)), errInvalid)
	})},
	{"fills a list up with nulls", dynoxide, guide + "Expressions.UpdateExpressions.html", anyAction(func(old item, a action) bool {
		l, there := lookup(old, "l")
		elements, ok := l.(list)
		return a.kind == "SET" && there && ok && strings.HasPrefix(a.path, "l[") && steps(a.path)[1].index > len(elements)
	})},
	{"pages of a query of a hash key alone never end", dynoxide, reference + "API_Query.html", func(_ model, op operation) bool {
		q, ok := op.(*read)
		return ok && !q.scan && q.index == "" && q.limit > 0 && len(names(q.sc.key)) == 1
	}},
	{"adds the key to the projection of a transaction's read", dynoxide, reference + "API_Get.html", func(_ model, op operation) bool {
		g, ok := op.(*gets)
		return ok && g.how == "transaction" && g.paths != nil
	}},
	{"returns the key as the old item of a new one", dynoxide, reference + "API_UpdateItem.html", anyWrite(func(old item, w *write) bool {
		return w.kind == "update" && w.returns == types.ReturnValueAllOld && old == nil
	})},
	{"accepts an update of an index key to another type", ddbLocal, guide + "GSI.html", func(m model, op operation) bool {
		return slices.ContainsFunc(writes(op), func(w *write) bool {
			after, err := w.update.apply(m[w.table].find(w.key))
			return w.kind == "update" && err == nil && !m[w.table].fits(after)
		})
	}},
	{"refuses a transaction for what is wrong with one item", ddbLocal, reference + "API_TransactWriteItems.html", func(m model, op operation) bool {
		_, ok := op.(*transaction)
		return ok && slices.ContainsFunc(writes(op), func(w *write) bool {
			_, code := w.outcome(m)
			return code == invalidCode
		})
	}},
}

// anyAction applies to operations with an action that applies to the item of before.
func anyAction(applies func(old item, a action) bool) func(model, operation) bool {
	return anyWrite(func(old item, w *write) bool {
		return slices.ContainsFunc(w.update, func(a action) bool { return applies(old, a) })
	})
}

// anyWrite applies to operations with a write that applies to the item of before.
func anyWrite(applies func(old item, w *write) bool) func(model, operation) bool {
	return func(m model, op operation) bool {
		return slices.ContainsFunc(writes(op), func(w *write) bool { return applies(m[w.table].find(w.key), w) })
	}
}

// rulesFor returns the peers that an operation is not asked of, before the model did it.
func rulesFor(m model, op operation) map[string]bool {
	avoided := map[string]bool{}
	for _, r := range rules {
		if r.applies(m, op) {
			avoided[r.peer] = true
		}
	}
	return avoided
}

// writes are those of an operation; none of a read.
func writes(op operation) []*write {
	switch op := op.(type) {
	case *write:
		return []*write{op}
	case *batch:
		return op.writes
	case *transaction:
		return op.writes
	}
	return nil
}

// place is an item's place, and what is there.
type place struct {
	table string
	key   item
	item  item // nil for nothing
}

// written are the places that an operation may change, as they are.
func (m model) written(op operation) (places []place) {
	for _, w := range writes(op) {
		places = append(places, place{w.table, w.key, m[w.table].find(w.key)})
	}
	return places
}

// changed are those of the places that are not any more what they were, as they are now.
func (m model) changed(before []place) (places []place) {
	for _, was := range before {
		if now := m[was.table].find(was.key); text(now) != text(was.item) {
			places = append(places, place{was.table, was.key, now})
		}
	}
	return places
}

// imitate writes to a peer what the model has at the places.
func imitate(ctx context.Context, p *target, places []place) error {
	for _, at := range places {
		var err error
		if at.item == nil {
			_, err = p.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: p.tableName(at.table), Key: attributes(at.key)})
		} else {
			_, err = p.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: p.tableName(at.table), Item: attributes(at.item)})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// trimZeros takes the zeros behind the point off DynamoDB Local's sums: "Leading and
// trailing zeroes are trimmed" (HowItWorks.NamingRulesDataTypes.html).
func trimZeros(a answer) answer {
	a.items = slices.Clone(a.items)
	for n, i := range a.items {
		a.items[n] = trimItem(i)
	}
	return a
}

func trimItem(i item) item {
	if i == nil {
		return nil
	}
	return trim(i).(item)
}

func trim(v any) any {
	switch v := v.(type) {
	case num:
		if strings.Contains(string(v), ".") {
			return num(strings.TrimSuffix(strings.TrimRight(string(v), "0"), "."))
		}
	case item:
		c := item{}
		for name, e := range v {
			c[name] = trim(e)
		}
		return c
	case list:
		c := list{}
		for _, e := range v {
			c = append(c, trim(e))
		}
		return c
	}
	return v
}
