package geoindex

import (
	"slices"

	"github.com/golang/geo/s2"
)

// EdgeNeighbors returns the four cells of c's level that share an edge with c, on other
// faces of the cube too. c must be valid.
func (c CellID) EdgeNeighbors() [4]CellID {
	var out [4]CellID
	for i, n := range c.s2().EdgeNeighbors() {
		out[i] = CellID(n)
	}
	return out
}

// Neighbors returns the cells of c's level that share an edge or a corner with c,
// sorted: eight, but seven where a corner of c is one of the cube's, where three cells
// meet and not four; the four around a face of the cube. c must be valid.
func (c CellID) Neighbors() []CellID {
	out := cellIDs(c.s2().AllNeighbors(c.Level()))
	slices.Sort(out)
	// At a corner of the cube S2 names some twice.
	return slices.DeleteFunc(slices.Compact(out), func(n CellID) bool { return n == c })
}

// VertexNeighbors returns the cells of a level, above c's own, around the corner of such a
// cell that is closest to the middle of c, sorted: four, or three at a corner of the cube.
// The first cell that is larger than a disc has the whole disc among these around the
// disc's centre. c must be valid; a level that is not above c's own has none.
func (c CellID) VertexNeighbors(level int) []CellID {
	if level < 0 || level >= c.Level() {
		return nil
	}
	out := cellIDs(c.s2().VertexNeighbors(level))
	slices.Sort(out)
	return slices.Compact(out)
}

func cellIDs(cells []s2.CellID) []CellID {
	out := make([]CellID, len(cells))
	for i, n := range cells {
		out[i] = CellID(n)
	}
	return out
}
