package dynamodb

import (
	"context"
	"hash/fnv"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

type scanInput struct {
	TotalSegments *int `api:"range=1..1000000"`
	pageInput
	Segment *int `api:"range=0..999999"`
	Limit   *int `api:"range=1.."`
}

func (e *Engine) scan(_ context.Context, in *scanInput) (*pageOutput, error) {
	err := in.check(in.legacy, expression{"ProjectionExpression", in.ProjectionExpression}, expression{"FilterExpression", in.FilterExpression})
	if err != nil {
		return nil, err
	}
	if err := in.checkSegments(); err != nil {
		return nil, err
	}
	r, err := e.prepareReader(&in.pageInput, in.Limit, func(*expr.Params) error { return nil })
	if err != nil {
		return nil, err
	}
	r.table.mu.RLock()
	defer r.table.mu.RUnlock()
	if r.table.deleted {
		return nil, tableNotFound()
	}
	start, err := r.startPosition()
	if err != nil {
		return nil, err
	}
	p, full := &page{reader: r}, false
	r.rows().Ascend(start, func(k string, row *row) bool {
		if k == start && start != "" || in.TotalSegments != nil && segment(row.item[r.key().Hash], *in.TotalSegments) != *in.Segment {
			return true
		}
		full = !p.take(row)
		return !full
	})
	return e.finish(p, full, in.ReturnConsumedCapacity)
}

func (in *scanInput) checkSegments() error {
	switch {
	case in.TotalSegments == nil && in.Segment != nil:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.TotalSegments == nil:
		return nil
	case in.Segment == nil:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *in.Segment >= *in.TotalSegments:
		return invalid("The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	return nil
}

// segment is the part of a parallel scan that a hash key belongs to.
func segment(hash attr.Value, total int) int {
	h := fnv.New64a()
	_, _ = h.Write(attr.AppendKey(nil, hash))
	return int(h.Sum64() % uint64(total))
}
