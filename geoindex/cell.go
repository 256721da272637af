package geoindex

import (
	"fmt"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// CellID is an S2 cell of any level.
type CellID uint64

// MaxLevel is the level of leaf cells, about a centimetre across.
const MaxLevel = s2.MaxLevel

// CellAt returns the leaf cell of a place, as S2 for Go and Java computes it from the
// degrees as they are spelt: longitude 180 and -180 are neighbours. It returns 0, which
// is not a cell, for a place that is not valid.
func CellAt(p LatLng) CellID {
	if p.Validate() != nil {
		return 0
	}
	return CellID(s2.CellIDFromLatLng(p.s2()))
}

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

// String returns the token.
func (c CellID) String() string { return c.Token() }

// Valid reports whether c is a cell: 0 and most other numbers are not.
func (c CellID) Valid() bool { return c.s2().IsValid() }

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

// meets reports whether p lies in c, or so little beside it that a machine that rounds
// otherwise (arm64 fuses multiplications with additions) may have put it into c.
func (c CellID) meets(p LatLng) bool {
	const slack = 1e-12 // radians, 6 µm: thousands of rounding errors, far less than margin
	return CellAt(p) == c || s2.CellFromCellID(c.s2()).Distance(s2.Point{Vector: p.point()}) <= s1.ChordAngleFromAngle(slack)
}

func (c CellID) s2() s2.CellID { return s2.CellID(c) }
