package geoindex

import (
	"container/list"
	"crypto/sha256"
	"sync"
)

// plans keeps the plans of regions that were searched last.
type plans struct {
	mu    sync.Mutex
	byKey map[planKey]*list.Element // of *plan
	used  *list.List                // the last used in front
}

type planKey struct {
	region [sha256.Size]byte
	apart  bool
}

const (
	maxPlans = 256
	maxSpans = 256 // of a plan worth keeping: a few kilobytes to some dozen
)

func newPlans() *plans { return &plans{byKey: map[planKey]*list.Element{}, used: list.New()} }

func (c *plans) get(k planKey) *plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[k]
	if e == nil {
		return nil
	}
	c.used.MoveToFront(e)
	return e.Value.(*plan)
}

func (c *plans) put(p *plan) {
	if len(p.spans) > maxSpans {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(p.key)
	c.byKey[p.key] = c.used.PushFront(p)
	if c.used.Len() > maxPlans {
		c.drop(c.used.Back().Value.(*plan).key)
	}
}

func (c *plans) drop(k planKey) {
	if e := c.byKey[k]; e != nil {
		c.used.Remove(e)
		delete(c.byKey, k)
	}
}

// judge drops a plan that was made without statistics, which there are now, or that
// expected another number of items than a whole search has read.
func (c *plans) judge(p *plan, read int, whole bool) {
	const slack = 64 // items, a few read units
	n := float64(read)
	if !whole || p.known && n <= 2*p.items+slack && n >= p.items/2-slack {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop(p.key)
}

// planner returns what makes t's plans.
func (t *Table) planner() planner {
	return planner{layout: t.layout, histogram: t.histogram, maxCells: t.options.MaxCells, maxQueries: t.options.MaxQueries}
}

// planFor returns the plan of a region, which must not be changed. With apart, it is one
// for counting.
func (t *Table) planFor(region Region, apart bool) (*plan, error) {
	key := planKey{sha256.Sum256(region.identity(make([]byte, 0, 64))), apart}
	if p := t.plans.get(key); p != nil {
		return p, nil
	}
	planner := t.planner()
	planner.apart = apart
	p, err := planner.plan(region)
	if err != nil {
		return nil, err
	}
	p.key = key
	t.plans.put(p)
	return p, nil
}
