package geoindex

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// page is one response of DynamoDB.
type page struct {
	span      *span
	items     []map[string]types.AttributeValue
	count     int // items that passed the filter
	scanned   int
	units     float64
	throttles int // refusals before it
	end       Key // up to which its query has been read; zero for one query of several
}

func (s *Stats) add(p page) {
	s.Queries++
	s.ItemsRead += p.scanned
	s.ReadUnits += p.units
	s.Throttles += p.throttles
}

// reader reads spans with several workers. Each holds one page: it asks for the next
// when that one was taken.
type reader struct {
	layout    layout
	histogram *Histogram
	ordered   bool    // pages come in the order of spans, their items in that of keys
	workers   int     // at least as many as a span has queries, if ordered
	limit     int32   // items to ask for at once; 0 for as many as come
	once      bool    // of each query its first page is read
	budget    float64 // 0 for none; with one there is one worker
	spent     float64 // of the budget, by the one worker
	gate      *gate
	jobs      []job
	teaches   bool         // the histogram
	next      atomic.Int64 // index of the next job
	done      atomic.Int64 // jobs read to their end
	enough    atomic.Bool  // no more pages are wanted than are on their way
}

// job is one query.
type job struct {
	span  *span
	query *rangeQuery
	read  read
	lanes int       // queries that the span has
	pages chan page // closed when all were sent
}

// newReader returns a reader of spans for s.
func (s *search) newReader(spans []span) *reader {
	t := s.table
	r := &reader{layout: t.layout, histogram: t.histogram, workers: t.options.Workers, budget: s.options.Budget}
	r.teaches = len(spans) <= maxSpans // larger searches would make it forget what others need
	for i := range spans {
		reads := t.layout.reads(spans[i].leaves, spans[i].after)
		for _, read := range reads {
			r.jobs = append(r.jobs, job{span: &spans[i], query: s.queryOf(&spans[i]), read: read, lanes: len(reads)})
		}
	}
	if s.options.Limit > 0 && s.options.Order.kind == byKey {
		r.hurryLess(s.options)
	}
	if r.budget > 0 {
		r.workers = 1
	}
	r.gate = newGate(r.workers, t.options.Retries)
	return r
}

// hurryLess keeps a search that ends after a few hits from reading much ahead.
func (r *reader) hurryLess(o SearchOptions) {
	const ahead = 2 // what is consumed, and what comes next
	r.workers = min(r.workers, ahead)
	if !o.Filter.IsSet() {
		r.limit = int32(min(2*o.Limit, 1<<20)) // at the region's edge, not all are hits
	}
}

// pages yields the pages of all jobs, and at last the error that ended them, if any.
func (r *reader) pages(ctx context.Context) iter.Seq2[page, error] {
	return func(yield func(page, error) bool) {
		ctx, cancel := context.WithCancelCause(ctx)
		var working sync.WaitGroup
		defer working.Wait() // in defers since the caller's loop may panic
		defer cancel(nil)
		common := r.start(ctx, cancel, &working)
		if r.ordered {
			if !r.inOrder(ctx, yield) {
				return
			}
		} else if !forward(ctx, common, yield) {
			return
		}
		if ctx.Err() != nil {
			yield(page{}, context.Cause(ctx))
		}
	}
}

// start starts the workers. Each job has a channel of its own if pages are ordered; else
// all have the one that is returned.
func (r *reader) start(ctx context.Context, cancel context.CancelCauseFunc, working *sync.WaitGroup) (common chan page) {
	common = make(chan page)
	lanes := 0
	for i := range r.jobs {
		r.jobs[i].pages = common
		if r.ordered {
			r.jobs[i].pages = make(chan page)
		}
		lanes = max(lanes, r.jobs[i].lanes)
	}
	if r.ordered {
		r.workers = max(r.workers, lanes)
	}
	var running sync.WaitGroup
	for range min(r.workers, len(r.jobs)) {
		running.Go(func() {
			if err := r.work(ctx); err != nil {
				cancel(err)
			}
		})
	}
	working.Go(func() {
		running.Wait()
		close(common)
	})
	return common
}

// forward yields pages until there are no more, which it reports, or the caller stops.
// It ends with ctx.
func forward(ctx context.Context, pages <-chan page, yield func(page, error) bool) bool {
	for {
		select {
		case p, ok := <-pages:
			if !ok {
				return true
			}
			if !yield(p, nil) {
				return false
			}
		case <-ctx.Done():
			return true
		}
	}
}

// inOrder yields the pages of one span behind the other.
func (r *reader) inOrder(ctx context.Context, yield func(page, error) bool) bool {
	for i := 0; i < len(r.jobs) && ctx.Err() == nil; {
		first := i
		for i++; i < len(r.jobs) && r.jobs[i].span == r.jobs[first].span; i++ {
		}
		if i-first == 1 {
			if !forward(ctx, r.jobs[first].pages, yield) {
				return false
			}
		} else if !r.merge(ctx, r.jobs[first:i], yield) {
			return false
		}
	}
	return true
}

// merge yields the items of several queries in order, as pages of one.
func (r *reader) merge(ctx context.Context, jobs []job, yield func(page, error) bool) bool {
	heads := make([]page, len(jobs)) // what is left of each query's page
	open := make([]bool, len(jobs))
	for i := range open {
		open[i] = true
	}
	for {
		out := page{span: jobs[0].span}
		for i := range jobs {
			for open[i] && len(heads[i].items) == 0 {
				select {
				case p, ok := <-jobs[i].pages:
					heads[i], open[i] = p, ok
					if counts := p; ok {
						counts.items = nil
						if !yield(counts, nil) {
							return false
						}
					}
				case <-ctx.Done():
					return true
				}
			}
		}
		for {
			least := r.least(heads)
			if least < 0 {
				return len(out.items) == 0 || yield(out, nil)
			}
			out.items = append(out.items, heads[least].items[0])
			heads[least].items = heads[least].items[1:]
			if len(heads[least].items) == 0 && open[least] {
				break
			}
		}
		if !yield(out, nil) {
			return false
		}
	}
}

// least returns which page's first item comes before the others', -1 if there is none.
func (r *reader) least(heads []page) int {
	least := -1
	for i := range heads {
		if len(heads[i].items) > 0 && (least < 0 || r.layout.compare(heads[i].items[0], heads[least].items[0]) < 0) {
			least = i
		}
	}
	return least
}

// work reads jobs until none is left.
func (r *reader) work(ctx context.Context) error {
	for {
		i := int(r.next.Add(1)) - 1
		if i >= len(r.jobs) || r.enough.Load() {
			return nil
		}
		if err := r.read(ctx, &r.jobs[i]); err != nil {
			return fmt.Errorf("geoindex: query cell %s: %w", r.jobs[i].read.partition, err)
		}
		if r.ordered {
			close(r.jobs[i].pages)
		}
	}
}

// read reads all pages of one job.
func (r *reader) read(ctx context.Context, j *job) error {
	in := j.query.input(j.read)
	for from := j.span.min; ; {
		if err := r.afford(in); err != nil {
			return err
		}
		out, throttles, err := r.gate.query(ctx, j.query.client, in)
		if err != nil {
			return err
		}
		p := page{span: j.span, items: out.Items, count: int(out.Count), scanned: int(out.ScannedCount), throttles: throttles}
		if out.ConsumedCapacity != nil {
			p.units = aws.ToFloat64(out.ConsumedCapacity.CapacityUnits)
		}
		if p.end, err = r.end(j, out); err != nil {
			return err
		}
		if r.budget > 0 {
			r.spent += p.units
		}
		from = r.learn(j, in, out, from, p.units)
		if j.lanes > 1 {
			p.end = Key{}
		}
		select {
		case j.pages <- p:
		case <-ctx.Done():
			return ctx.Err()
		}
		if len(out.LastEvaluatedKey) == 0 {
			r.done.Add(1)
			return nil
		}
		if r.once || r.enough.Load() {
			return nil
		}
		in.ExclusiveStartKey = out.LastEvaluatedKey
	}
}

// afford asks for no more than the budget has left; nothing is left of one that is spent.
func (r *reader) afford(in *dynamodb.QueryInput) error {
	if r.limit > 0 {
		in.Limit = &r.limit
	}
	if r.budget == 0 {
		return nil
	}
	if r.spent >= r.budget {
		return ErrBudget
	}
	r.histogram.mu.RLock()
	defer r.histogram.mu.RUnlock()
	left := int32(min(1e6, max(1, (r.budget-r.spent)*unitBytes/r.histogram.size())))
	if in.Limit == nil || left < *in.Limit {
		in.Limit = &left
	}
	return nil
}

// end returns the key up to which a page has read.
func (r *reader) end(j *job, out *dynamodb.QueryOutput) (Key, error) {
	if len(out.LastEvaluatedKey) == 0 {
		return Key{Cell: j.span.max + 2}, nil // before the first item of the next leaf
	}
	return r.layout.key(out.LastEvaluatedKey)
}

// learn tells the histogram what a page has read from a leaf cell on, and returns where
// the next page begins.
func (r *reader) learn(j *job, in *dynamodb.QueryInput, out *dynamodb.QueryOutput, from CellID, spent float64) CellID {
	if aws.ToBool(in.ConsistentRead) {
		spent /= 2
	}
	r.histogram.weigh(int(out.ScannedCount), spent)
	run := leaves{from, j.span.max}
	if last, ok := r.layout.leaf(out.LastEvaluatedKey); ok {
		run.max = last
	}
	if r.teaches {
		r.histogram.observe(run, r.leafs(out.Items), int(out.ScannedCount), j.lanes)
	}
	return run.max
}

func (r *reader) leafs(items []map[string]types.AttributeValue) iter.Seq[CellID] {
	return func(yield func(CellID) bool) {
		for _, item := range items {
			if leaf, ok := r.layout.leaf(item); ok && !yield(leaf) {
				return
			}
		}
	}
}
