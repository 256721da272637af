package askaround

import (
	"slices"
	"strings"
)

// The arithmetic of answers: pure, integers only, no clock, no I/O.
//
// An answer that stands contributes to sums. Writing, replacing and withdrawing it is a
// change from one contribution to another: the old one is taken out, the new one put
// in. A star answer of 2 that becomes 5 moves the sum by +6 half stars and the count
// by 0; a geo answer that moves is -1 on its old cell and +1 on its new one.
//
// The sums of a question are kept in several items, called targets: its summary, and
// one part of its heat for each cell of level HeatPartLevel with answers in it. A
// posting is what a batch of changes does to one target. There are three ways to make
// postings count exactly once, all with this arithmetic: watermark.go, lww.go and
// recompute.go.

// contribution is what one answer adds to the sums of its question. The zero value,
// no answer or a withdrawn one, adds nothing.
type contribution struct {
	kind  Kind
	stars HalfStars // KindStar
	cell  string    // KindGeo: S2 token of level HeatCellLevel
	part  string    // KindGeo: the cell's ancestor of level HeatPartLevel
}

// target names the item that holds a sum.
type target struct {
	question QuestionID
	part     string // "" is the question's summary, else a part of its heat
}

// change is one record of the stream of answers.
type change struct {
	question QuestionID
	account  AccountID
	revision string   // of the answer as it is after the change
	position position // in its shard
	at       int64    // Unix seconds when it was written
	expires  int64    // Unix seconds when the answer's item is deleted
	old, new contribution
}

// targets returns the items whose sums c changes. One that stays the same is left out:
// applying such a change any number of times makes no difference.
func (c change) targets() []target {
	var ts []target
	if c.old.in("") != c.new.in("") {
		ts = append(ts, target{c.question, ""})
	}
	if c.old.cell == c.new.cell {
		return ts
	}
	if c.old.part != "" {
		ts = append(ts, target{c.question, c.old.part})
	}
	if c.new.part != "" && c.new.part != c.old.part {
		ts = append(ts, target{c.question, c.new.part})
	}
	return ts
}

// in returns the share of c that belongs to part: the summary sees kind and stars, a
// part of the heat sees its own cells.
func (c contribution) in(part string) contribution {
	switch {
	case part == "":
		return contribution{kind: c.kind, stars: c.stars}
	case c.part == part:
		return c
	}
	return contribution{}
}

// delta is the change of one target's sums.
type delta struct {
	answers      int64
	sumHalfStars int64
	histogram    Histogram
	cells        map[string]int64 // of a part; nil in a summary
}

// add puts c into d (sign +1) or takes it out (sign -1).
func (d *delta) add(c contribution, part string, sign int64) {
	c = c.in(part)
	switch {
	case c.kind == "":
	case part != "":
		if d.cells == nil {
			d.cells = make(map[string]int64)
		}
		d.cells[c.cell] += sign
	default:
		d.answers += sign
		if c.kind == KindStar {
			d.sumHalfStars += sign * int64(c.stars)
			d.histogram[c.stars] += sign
		}
	}
}

// posting is what a batch does to one target: changes in the order of their positions,
// each of which touches it.
type posting struct {
	target  target
	changes []change
}

// first and last are the positions that the posting spans.
func (p posting) first() position { return p.changes[0].position }
func (p posting) last() position  { return p.changes[len(p.changes)-1].position }

// latest returns the newest time and expiry of the posting's changes.
func (p posting) latest() (at, expires int64) {
	for _, c := range p.changes {
		at, expires = max(at, c.at), max(expires, c.expires)
	}
	return at, expires
}

// delta folds the posting. Its members may all be zero, for changes that cancel out:
// even so the posting must be applied, because a later batch may repeat a part of it.
func (p posting) delta() delta {
	var d delta
	for _, c := range p.changes {
		d.add(c.old, p.target.part, -1)
		d.add(c.new, p.target.part, +1)
	}
	for cell, n := range d.cells {
		if n == 0 {
			delete(d.cells, cell)
		}
	}
	return d
}

// after returns the posting without the changes up to and including position w.
func (p posting) after(w position) posting {
	for len(p.changes) > 0 && p.changes[0].position <= w {
		p.changes = p.changes[1:]
	}
	return p
}

// post sorts changes of one question, given in the order of their positions, into
// postings: its summary's first, then its parts'.
func post(changes []change) []posting {
	var postings []posting
	index := make(map[target]int)
	for _, c := range changes {
		for _, t := range c.targets() {
			i, ok := index[t]
			if !ok {
				i = len(postings)
				index[t] = i
				postings = append(postings, posting{target: t})
			}
			postings[i].changes = append(postings[i].changes, c)
		}
	}
	slices.SortFunc(postings, func(a, b posting) int { return strings.Compare(a.target.part, b.target.part) })
	return postings
}

// byQuestion groups changes by question, in order of appearance.
func byQuestion(changes []change) [][]change {
	var groups [][]change
	index := make(map[QuestionID]int)
	for _, c := range changes {
		i, ok := index[c.question]
		if !ok {
			i = len(groups)
			index[c.question] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], c)
	}
	return groups
}

// newest keeps of each account's changes the one of the highest revision.
func newest(changes []change) []change {
	index := make(map[AccountID]int)
	var out []change
	for _, c := range changes {
		i, ok := index[c.account]
		switch {
		case !ok:
			index[c.account] = len(out)
			out = append(out, c)
		case c.revision > out[i].revision:
			out[i] = c
		}
	}
	return out
}

// total folds the answers that stand, of one question: by part, "" for its summary.
func total(id QuestionID, standing []contribution) map[string]delta {
	changes := make([]change, len(standing))
	for i, c := range standing {
		changes[i] = change{question: id, new: c}
	}
	sums := make(map[string]delta)
	for _, p := range post(changes) {
		sums[p.target.part] = p.delta()
	}
	return sums
}
