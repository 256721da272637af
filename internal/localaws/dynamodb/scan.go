package dynamodb

import (
	"context"
	"hash/fnv"

	"github.com/tidwall/btree"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

type scanInput struct {
	TotalSegments *int `api:"range=1..1000000"`
	PageInput
	Segment *int `api:"range=0..999999"`
	Limit   *int `api:"range=1.."`
}

func (e *Engine) scan(_ context.Context, in *scanInput) (*PageOutput, error) {
	err := in.check(in.legacy, expression{"ProjectionExpression", in.ProjectionExpression}, expression{"FilterExpression", in.FilterExpression})
	if err != nil {
		return nil, err
	}
	if err := in.checkSegments(); err != nil {
		return nil, err
	}
	r, err := e.prepareReader(&in.PageInput, in.Limit, func(*expr.Params) error { return nil })
	if err != nil {
		return nil, err
	}
	p, full, err := in.read(r)
	if err != nil {
		return nil, err
	}
	return e.finish(p, full, in.ReturnConsumedCapacity)
}

// read collects the rows of a page. They are filtered and written later, without the
// table's lock.
func (in *scanInput) read(r *reader) (p *page, full bool, err error) {
	start, rows, unlock, err := in.rows(r)
	if err != nil {
		return nil, false, err
	}
	defer unlock()
	p = r.newPage()
	rows.Ascend(start, func(k string, row row) bool {
		if k == start && start != "" || in.TotalSegments != nil && r.segment(row, *in.TotalSegments) != *in.Segment {
			return true
		}
		full = !p.take(row)
		return !full
	})
	return p, full, nil
}

// rows returns where to start and what to read: the table or index itself, whose
// read lock is held until unlock, or for one of several segments, which may pass over
// all the others in search of a row of its own, a copy that shares its nodes.
func (in *scanInput) rows(r *reader) (start string, rows *btree.Map[string, row], unlock func(), err error) {
	copies := in.TotalSegments != nil && *in.TotalSegments > 1
	lock, unlock := r.table.mu.RLock, r.table.mu.RUnlock
	if copies {
		lock, unlock = r.table.mu.Lock, r.table.mu.Unlock // Copy marks nodes as shared
	}
	lock()
	if start, err = r.startPosition(); r.table.deleted {
		err = tableNotFound()
	}
	if err != nil {
		unlock()
		return "", nil, nil, err
	}
	if !copies {
		return start, r.rows(), unlock, nil
	}
	rows = r.rows().Copy()
	unlock()
	return start, rows, func() {}, nil
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

// segment is the part of a parallel scan that a row belongs to, by its hash key.
func (r *reader) segment(row row, total int) int {
	hash, _ := row.packed().Get(r.key().Hash)
	h := fnv.New64a()
	_, _ = h.Write(attr.AppendKey(nil, hash))
	return int(h.Sum64() % uint64(total))
}
