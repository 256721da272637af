package geoindex

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/golang/geo/s2"
)

// Cells is the region of all places whose leaf cell, by [CellAt], lies in one of some
// cells. Since that is how places are assigned to cells there is no error, but edges
// belong to one of the cells that they part.
type Cells struct{ union s2.CellUnion }

// NewCells returns the union of cells, of any levels and in any order; they may overlap.
// What is not a cell is an [ErrInvalid].
func NewCells(cells ...CellID) (Cells, error) {
	union := make(s2.CellUnion, len(cells))
	for i, c := range cells {
		if !c.Valid() {
			return Cells{}, fmt.Errorf("%w: %x is not an S2 cell", ErrInvalid, uint64(c))
		}
		union[i] = c.s2()
	}
	union.Normalize()
	return Cells{union}, nil
}

// IDs returns the cells in order, four that make up a larger one as that one.
func (c Cells) IDs() []CellID {
	ids := make([]CellID, len(c.union))
	for i, id := range c.union {
		ids[i] = CellID(id)
	}
	return ids
}

func (c Cells) Contains(p LatLng) bool {
	return p.Validate() == nil && c.union.ContainsCellID(CellAt(p).s2())
}

func (c Cells) String() string {
	const most = 4
	if ids := c.IDs(); len(ids) > most {
		return fmt.Sprintf("%d cells from %v to %v", len(ids), ids[0], ids[len(ids)-1])
	} else {
		return fmt.Sprintf("cells %v", ids)
	}
}

// classify takes the neighbours of a cell for no part of it: points of the union have
// keys in its cells.
func (c Cells) classify(cell quad, _ []int32) (relation, []int32) {
	switch {
	case c.union.ContainsCellID(cell.id):
		return inside, nil
	case c.union.IntersectsCellID(cell.id):
		return meets, nil
	}
	return outside, nil
}

func (c Cells) identity(b []byte) []byte {
	b = binary.AppendUvarint(append(b, 'c'), uint64(len(c.union)))
	for _, id := range slices.All(c.union) {
		b = binary.BigEndian.AppendUint64(b, uint64(id))
	}
	return b
}
