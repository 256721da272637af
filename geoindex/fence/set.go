package fence

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/askaround/askaround-go/geoindex"
)

// Fence is an area of which is told what happens.
type Fence struct {
	ID   string
	Area Area
	// Detect selects events. Default: all but Outside.
	Detect Detect
}

// Set is a number of fences, indexed by the cells that cover them: a position looks at
// the fences around it, however many there are. It does not change, and is safe for
// concurrent use.
type Set struct {
	fences  []Fence
	entries []entry // by cell, then fence
	levels  []int   // of the entries
	always  []int   // fences that want Outside
	cross   bool    // some fence wants Cross
}

// entry is one cell of the covering of fences[fence].
type entry struct {
	cell  s2.CellID
	fence int
}

// NewSet indexes fences. One without an id or an area, or two of the same id, are a
// [geoindex.ErrInvalid].
func NewSet(fences ...Fence) (*Set, error) {
	s := &Set{fences: slices.Clone(fences)}
	slices.SortFunc(s.fences, func(a, b Fence) int { return cmp.Compare(a.ID, b.ID) })
	coverer := s2.RegionCoverer{MaxLevel: 20, LevelMod: 1, MaxCells: 8}
	levels := map[int]bool{}
	for i := range s.fences {
		f := &s.fences[i]
		if f.ID == "" || f.Area == nil || i > 0 && s.fences[i-1].ID == f.ID {
			return nil, fmt.Errorf("%w: fence %q has no id or area, or another has its id", geoindex.ErrInvalid, f.ID)
		}
		if f.Detect == 0 {
			f.Detect = All &^ Outside
		}
		if f.Detect&Outside != 0 {
			s.always = append(s.always, i)
		}
		s.cross = s.cross || f.Detect&Cross != 0
		for _, c := range coverer.Covering(f.Area.region()) {
			s.entries = append(s.entries, entry{c, i})
			levels[c.Level()] = true
		}
	}
	slices.SortFunc(s.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.cell, b.cell), cmp.Compare(a.fence, b.fence))
	})
	for level := range levels {
		s.levels = append(s.levels, level)
	}
	slices.Sort(s.levels)
	return s, nil
}

// Len returns the number of fences.
func (s *Set) Len() int { return len(s.fences) }

// candidates returns the fences, by index and each once, that a change may concern.
func (s *Set) candidates(c Change) []int {
	found := slices.Clone(s.always)
	for _, fix := range []*Fix{c.Old, c.New} {
		if fix != nil {
			found = s.appendAround(found, s2.CellFromPoint(point(fix.Location)).ID())
		}
	}
	if s.cross && c.Old != nil && c.New != nil && c.Old.Location != c.New.Location {
		found = s.appendAlong(found, point(c.Old.Location), point(c.New.Location))
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// appendAround appends the fences of the cells that contain a cell.
func (s *Set) appendAround(found []int, cell s2.CellID) []int {
	for _, level := range s.levels {
		if level > cell.Level() {
			break
		}
		parent := cell.Parent(level)
		for i := s.search(parent); i < len(s.entries) && s.entries[i].cell == parent; i++ {
			found = append(found, s.entries[i].fence)
		}
	}
	return found
}

// appendAlong appends the fences of the cells that the way between two points meets.
func (s *Set) appendAlong(found []int, a, b s2.Point) []int {
	for _, cell := range along(a, b) {
		found = s.appendAround(found, cell)
		for i := s.search(cell.RangeMin()); i < len(s.entries) && s.entries[i].cell <= cell.RangeMax(); i++ {
			found = append(found, s.entries[i].fence)
		}
	}
	return found
}

// along covers the way between two points: a short one by the up to four cells around
// it, which costs a microsecond, a long one as closely as eight cells can.
func along(a, b s2.Point) []s2.CellID {
	const short s1.Angle = 0.01 // 64 km
	length := a.Distance(b)
	if length > short {
		coverer := s2.RegionCoverer{MaxLevel: 20, LevelMod: 1, MaxCells: 8}
		return coverer.Covering(&s2.Polyline{a, b})
	}
	middle := s2.Point{Vector: a.Add(b.Vector).Normalize()}
	return s2.CapFromCenterAngle(middle, length/2*(1+1e-9)+1e-12).CellUnionBound()
}

// search returns the index of the first entry that is not below a cell.
func (s *Set) search(cell s2.CellID) int {
	i, _ := slices.BinarySearchFunc(s.entries, cell, func(e entry, c s2.CellID) int { return cmp.Compare(e.cell, c) })
	return i
}
