package dynamodb

import (
	"context"
	"slices"
	"strings"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// QueryInput is the input of [Engine.Query].
type QueryInput struct {
	PageInput
	Limit                  *int `api:"range=1..,bare"`
	KeyConditionExpression *string
	ScanIndexForward       *bool
}

// span is the half-open range of keys that a query reads; high "" has no end.
type span struct{ low, high string }

func (e *Engine) query(_ context.Context, in *QueryInput) (*PageOutput, error) {
	var condition *expr.KeyCondition
	err := in.check(in.legacy, expression{"ProjectionExpression", in.ProjectionExpression},
		expression{"FilterExpression", in.FilterExpression}, expression{"KeyConditionExpression", in.KeyConditionExpression})
	if err != nil {
		return nil, err
	}
	r, err := e.prepareReader(&in.PageInput, in.Limit, func(p *expr.Params) (err error) {
		if in.KeyConditionExpression == nil {
			return invalid("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.")
		}
		condition, err = expr.ParseKeyCondition(*in.KeyConditionExpression, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	p, full, err := r.query(condition, in.ScanIndexForward == nil || *in.ScanIndexForward)
	if err != nil {
		return nil, err
	}
	return e.finish(p, full, in.ReturnConsumedCapacity)
}

// query collects the rows of a page. They are filtered and written later, without the
// table's lock.
func (r *reader) query(condition *expr.KeyCondition, forward bool) (p *page, full bool, err error) {
	r.table.mu.RLock()
	defer r.table.mu.RUnlock()
	if r.table.deleted {
		return nil, false, tableNotFound()
	}
	s, err := r.span(condition)
	if err != nil {
		return nil, false, err
	}
	start, err := r.startPosition()
	if err != nil {
		return nil, false, err
	}
	p = r.newPage()
	full, err = s.each(r.rows(), start, !forward, p.take)
	return p, full, err
}

// span resolves the key condition against the schema. A filter must leave the key alone.
func (r *reader) span(c *expr.KeyCondition) (span, error) {
	key := r.key()
	hash, rng, err := c.Resolve(key.Hash, key.Range)
	if err != nil {
		return span{}, err
	}
	if hash.Type != r.table.attributes[key.Hash] || rng != nil && !r.rangeFits(rng) {
		return span{}, badParameter("Condition parameter type does not match schema type")
	}
	if hash.Type != attr.TypeN && hash.S == "" {
		return span{}, invalid("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: %s", key.Hash)
	}
	if r.filter != nil {
		for _, name := range r.filter.Attributes() {
			if slices.Contains(key.names(), name) {
				return span{}, invalid("Filter Expression can only contain non-primary key attributes: Primary key attribute: %s", name)
			}
		}
	}
	low, high := rng.Bounds(attr.AppendKey(nil, hash))
	return span{string(low), string(high)}, nil
}

func (r *reader) rangeFits(rng *expr.RangeCondition) bool {
	want := r.table.attributes[r.key().Range]
	return rng.Low.Type == want && (rng.Op != expr.RangeBetween || rng.High.Type == want)
}

// each calls take for the rows of the span behind start, until take says stop, which
// each then reports.
func (s span) each(rows *btree.Map[string, row], start string, backward bool, take func(row) bool) (stopped bool, err error) {
	visit := func(k string, r row) bool {
		switch {
		case k == start && start != "":
			return true
		case !backward && s.high != "" && k >= s.high, backward && k < s.low:
			return false
		case backward && s.high != "" && k >= s.high:
			return true
		}
		stopped = !take(r)
		return !stopped
	}
	if start != "" && (start < s.low || s.high != "" && start >= s.high) && !strings.HasPrefix(start, s.low) {
		return false, invalid("The provided starting key is outside query boundaries based on provided conditions")
	}
	switch {
	case !backward:
		rows.Ascend(max(start, s.low), visit)
	case start != "":
		rows.Descend(start, visit)
	case s.high != "":
		rows.Descend(s.high, visit)
	default:
		rows.Reverse(visit)
	}
	return stopped, nil
}
