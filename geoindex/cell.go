package geoindex

import (
	"fmt"

	"github.com/golang/geo/s2"
)

// CellID is an S2 cell of any level.
type CellID uint64

// MaxLevel is the level of leaf cells, about a centimetre across.
const MaxLevel = s2.MaxLevel

// CellAt returns the leaf cell of a place. A place with several spellings (the
// antimeridian, a pole) has one cell. The place must be valid.
func CellAt(p LatLng) CellID { return CellID(s2.CellIDFromLatLng(p.canonical().s2())) }

// ParseCellToken reads what [CellID.Token] returns. Other text is an [ErrInvalid].
func ParseCellToken(token string) (CellID, error) {
	c := s2.CellIDFromToken(token)
	if !c.IsValid() || c.ToToken() != token {
		return 0, fmt.Errorf("%w: %q is not the token of an S2 cell", ErrInvalid, token)
	}
	return CellID(c), nil
}

// Token returns the cell's id in hexadecimal without its trailing zeros, as all of S2's
// implementations write it.
func (c CellID) Token() string { return c.s2().ToToken() }

// Level returns the cell's level, 0 (a face of the cube) to [MaxLevel].
func (c CellID) Level() int { return c.s2().Level() }

// Parent returns the cell of the given level that contains c. level must not be
// above c's own.
func (c CellID) Parent(level int) CellID { return CellID(c.s2().Parent(level)) }

// Contains reports whether o is c or lies inside it.
func (c CellID) Contains(o CellID) bool { return c.s2().Contains(o.s2()) }

// Center returns the middle of the cell.
func (c CellID) Center() LatLng {
	ll := c.s2().LatLng()
	return LatLng{ll.Lat.Degrees(), ll.Lng.Degrees()}
}

func (c CellID) s2() s2.CellID { return s2.CellID(c) }
