package geoindex

import (
	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
)

// quad is an S2 cell in the form that plans need: s2.Cell takes four times as long to
// divide and to test against a disc. Its ids and edges are those of S2, to the last bit.
type quad struct {
	id          s2.CellID
	i, j        uint32 // place on the face, in cells of its level
	level       int8
	face        int8
	orientation int8 // of the curve within the cell
}

// The curve of S2 ("s2coords.h", S2 Geometry): the i and j of the four children in the
// order of the curve for each orientation, as two bits, and by which each child's
// orientation differs.
var (
	curveIJ   = [4][4]uint32{{0, 1, 3, 2}, {0, 2, 3, 1}, {3, 2, 0, 1}, {3, 1, 0, 2}}
	curveTurn = [4]int8{1, 0, 0, 3}
)

func faceQuad(face int) quad {
	return quad{id: s2.CellIDFromFace(face), face: int8(face), orientation: int8(face & 1)}
}

// child returns the k-th child in the order of the curve. c must not be a leaf.
func (c *quad) child(k int) quad {
	ij := curveIJ[c.orientation][k]
	step := s2.CellID(1) << (2 * (MaxLevel - int(c.level) - 1)) // the lowest set bit of a child's id
	return quad{
		id: c.id - 4*step + step*s2.CellID(2*k+1), i: c.i<<1 | ij>>1, j: c.j<<1 | ij&1,
		level: c.level + 1, face: c.face, orientation: c.orientation ^ curveTurn[k],
	}
}

func (c *quad) leaves() leaves { return leavesOf(c.id) }

// cell returns the same as S2 has it.
func (c *quad) cell() s2.Cell { return s2.CellFromCellID(c.id) }

// bounds returns the cell's u and v on its face of the cube.
func (c *quad) bounds() (u, v [2]float64) {
	size := 1 / float64(uint64(1)<<c.level)
	return [2]float64{curved(float64(c.i) * size), curved(float64(c.i+1) * size)},
		[2]float64{curved(float64(c.j) * size), curved(float64(c.j+1) * size)}
}

// curved is S2's quadratic projection of cell coordinates, 0 to 1, onto a face, -1 to 1.
func curved(s float64) float64 {
	if s >= 0.5 {
		return (1 / 3.) * (4*s*s - 1)
	}
	return (1 / 3.) * (1 - 4*(1-s)*(1-s))
}

// onFace turns a vector such that the plane of a face is at z of 1, u along x, v along y.
func onFace(face int8, p r3.Vector) r3.Vector {
	switch face {
	case 0:
		return r3.Vector{X: p.Y, Y: p.Z, Z: p.X}
	case 1:
		return r3.Vector{X: -p.X, Y: p.Z, Z: p.Y}
	case 2:
		return r3.Vector{X: -p.X, Y: -p.Y, Z: p.Z}
	case 3:
		return r3.Vector{X: -p.Z, Y: -p.Y, Z: -p.X}
	case 4:
		return r3.Vector{X: -p.Z, Y: p.X, Z: -p.Y}
	}
	return r3.Vector{X: p.Y, Y: p.X, Z: -p.Z}
}
