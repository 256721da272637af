package geoindex

import (
	"fmt"
	"strings"
)

// Plan is how a search of a region would be done, and what it is expected to cost.
type Plan struct {
	Region     string
	Cells      int            // of the covering
	Partitions int            // that the region meets
	Queries    []PlannedQuery // in the order of keys
	// Known tells whether the histogram knows all of the neighbourhood. Items and
	// ReadUnits, here and in Queries, are 0 if it does not.
	Known     bool
	Items     float64 // expected to be read
	ReadUnits float64 // expected at eventual consistency
}

// PlannedQuery is the query of one range of keys.
type PlannedQuery struct {
	Partition string  // its key, or a shard's
	Min, Max  CellID  // leaf cells, both included
	Inside    float64 // share of its cells that lie inside the region for certain, 0 to 1
	Items     float64
	ReadUnits float64
}

// Explain returns how t would search a region now, without a limit, and not by distance:
// that is done in rings. It reads nothing.
func (t *Table) Explain(region Region) (Plan, error) {
	if region == nil {
		return Plan{}, fmt.Errorf("%w: no region", ErrInvalid)
	}
	p, err := t.planFor(region, false)
	if err != nil {
		return Plan{}, err
	}
	t.histogram.mu.RLock()
	size := t.histogram.size()
	t.histogram.mu.RUnlock()
	out := Plan{Region: region.String(), Cells: p.pieces, Partitions: p.partitions, Known: p.known, Items: p.items}
	for i := range p.spans {
		s := &p.spans[i]
		reads := t.layout.reads(s.leaves, "")
		for _, read := range reads {
			q := PlannedQuery{Partition: read.partition, Min: s.min, Max: s.max, Inside: s.certain()}
			if p.known {
				q.Items = s.items / float64(len(reads))
				q.ReadUnits = units(q.Items, size)
				out.ReadUnits += q.ReadUnits
			}
			out.Queries = append(out.Queries, q)
		}
	}
	return out, nil
}

// certain is the share of the span that lies inside the region for certain.
func (s *span) certain() float64 {
	var n float64
	for _, run := range s.inside {
		n += run.count()
	}
	return n / s.count()
}

// String returns the plan as a table.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%d queries of %d cells in %d partitions", p.Region, len(p.Queries), p.Cells, p.Partitions)
	if p.Known {
		fmt.Fprintf(&b, ", about %.0f items, %.1f read units\n", p.Items, p.ReadUnits)
	} else {
		b.WriteString(", without statistics\n")
	}
	for _, q := range p.Queries {
		fmt.Fprintf(&b, "  %-6s %v to %v  %3.0f %% inside", q.Partition, q.Min, q.Max, 100*q.Inside)
		if p.Known {
			fmt.Fprintf(&b, "  %8.1f items  %6.1f units", q.Items, q.ReadUnits)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
