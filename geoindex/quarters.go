package geoindex

import (
	"math"

	"github.com/golang/geo/r3"
)

// quarters classifies the children of c, in order: they have six edges and nine vertices
// between them, instead of four each.
func (d *Disc) quarters(c *quad) (out [4]relation) {
	if d.outer.kind != small || d.center == (r3.Vector{}) {
		for k := range out {
			out[k], _ = d.classify(c.child(k), nil)
		}
		return out
	}
	l := lattice{center: onFace(c.face, d.center)}
	l.span(c)
	outer, inner := l.vertices(&d.outer, &d.inner)
	beyondU := d.outer.beyondPlanes(&l.u, l.center.X, l.center.Z)
	beyondV := d.outer.beyondPlanes(&l.v, l.center.Y, l.center.Z)
	for k, ij := range curveIJ[c.orientation&3] {
		i, j := ij>>1, ij&1
		corners := uint16(0b11011) << (3*i + j) // (i, j), (i, j+1), (i+1, j), (i+1, j+1)
		switch {
		case (beyondU>>i|beyondV>>j)&beyondEither != 0:
			out[k] = outside
		case inner&corners == corners:
			out[k] = inside
		case outer&corners != 0 || d.outer.reaches((*[2]float64)(l.u[i:]), (*[2]float64)(l.v[j:]), l.center):
			out[k] = meets
		}
	}
	return out
}

// lattice is a cell and its children as a disc's center sees them: three planes each way,
// and nine vertices where they cross.
type lattice struct {
	u, v   [3]float64
	center r3.Vector // in the coordinates of the face
}

// span sets the planes to those that bound and divide a cell.
func (l *lattice) span(c *quad) {
	size := 1 / float64(uint64(2)<<c.level) // of a child
	for k := range l.u {
		l.u[k] = curved(float64(2*c.i+uint32(k)) * size)
		l.v[k] = curved(float64(2*c.j+uint32(k)) * size)
	}
}

// vertices returns which of the vertices each of two caps holds: that of the i-th plane of u
// and the j-th of v is bit 3i+j. It has no branches, which nobody could predict at the edge
// of a disc.
func (l *lattice) vertices(outer, inner *spherical) (inOuter, inInner uint16) {
	narrow := inner.cos2
	if inner.kind == nothing {
		narrow = 2 // of no angle
	}
	for i, u := range l.u {
		x, u2 := l.center.X*u, u*u
		for j, v := range l.v {
			dot, norm2 := x+l.center.Y*v+l.center.Z, u2+v*v+1
			behind, bit := negative(dot), uint(3*i+j)&15
			inOuter |= (behind | negative(dot*dot-outer.cos2*norm2)) << bit
			inInner |= (behind | negative(dot*dot-narrow*norm2)) << bit
		}
	}
	return ^inOuter, ^inInner
}

// beyondEither are the two bits of [spherical.beyondPlanes] that each put a quarter of a
// cell, by the number of which they are shifted, outside.
const beyondEither = 1 | 1<<4

// beyondPlanes tells of three planes, in order, which the cap does not reach, nor what lies
// beyond: bit k is set where the center lies before the k-th plane, bit 3+k where behind.
func (s *spherical) beyondPlanes(w *[3]float64, x, z float64) (beyond uint16) {
	for k, w := range w {
		out := w*z - x // from the center to the plane
		far, behind := negative(s.sin2*(1+w*w)-out*out), negative(out)
		beyond |= (far &^ behind) << k
		beyond |= (far & behind) << (3 + k)
	}
	return beyond
}

// negative returns 1 for negative numbers and 0 for others.
func negative(x float64) uint16 { return uint16(math.Float64bits(x) >> 63) }
