package conformance

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// rule is a disagreement of a peer that random operations meet. Where it applies, the
// operation is not asked of the peer: what the model did is written to it instead.
type rule struct {
	name, peer, page string
	applies          func(model, operation) bool
}

var rules = []rule{}

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

// place is an item's place, and what was there.
type place struct {
	table string
	key   item
	old   string
}

// written are the places that an operation may change.
func (m model) written(op operation) (places []place) {
	for _, w := range writes(op) {
		places = append(places, place{w.table, w.key, text(m[w.table].find(w.key))})
	}
	return places
}

// imitate writes to a peer what the model has at the places that changed.
func imitate(ctx context.Context, p *target, m model, places []place) error {
	for _, at := range places {
		i := m[at.table].find(at.key)
		if text(i) == at.old {
			continue
		}
		var err error
		if i == nil {
			_, err = p.db.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &at.table, Key: attributes(at.key)})
		} else {
			_, err = p.db.PutItem(ctx, &dynamodb.PutItemInput{TableName: &at.table, Item: attributes(i)})
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
