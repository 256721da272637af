package dynamodb

import (
	"context"
	"hash/fnv"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

type scanInput struct {
	pageInput
	Segment       *int
	TotalSegments *int
}

func (e *Engine) scan(_ context.Context, in *scanInput) (*pageOutput, error) {
	if err := in.checkSegments(); err != nil {
		return nil, err
	}
	noKey := func(*expr.Params) error {
		any := in.FilterExpression != nil || in.ProjectionExpression != nil
		_, err := in.params(any)
		return err
	}
	r, err := e.prepareReader(&in.pageInput, noKey)
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
	return p.finish(full, in.ReturnConsumedCapacity), nil
}

func (in *scanInput) checkSegments() error {
	const at = "1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value %s than or equal to %d"
	switch {
	case in.TotalSegments == nil && in.Segment != nil:
		return invalid("The TotalSegments parameter is required but was not present in the request when Segment parameter is present")
	case in.TotalSegments == nil:
		return nil
	case in.Segment == nil:
		return invalid("The Segment parameter is required but was not present in the request when parameter TotalSegments is present")
	case *in.TotalSegments < 1:
		return invalid(at, *in.TotalSegments, "totalSegments", "greater", 1)
	case *in.TotalSegments > 1_000_000:
		return invalid(at, *in.TotalSegments, "totalSegments", "less", 1_000_000)
	case *in.Segment < 0:
		return invalid(at, *in.Segment, "segment", "greater", 0)
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
