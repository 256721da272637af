package geoindex

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/golang/geo/r3"
)

// Disc is the region of all places at a [LatLng.Distance] of at most a radius from a
// center: that function's error is the disc's.
type Disc struct {
	at           LatLng
	radius       Meters
	center       r3.Vector // zero for the empty disc
	outer, inner spherical // wider and narrower by the margin
}

// NewDisc returns a disc. A radius of 0 holds center alone, and half the Earth's
// circumference or more everything. A center that is not valid and a radius that is
// negative or no number are an [ErrInvalid].
func NewDisc(center LatLng, radius Meters) (Disc, error) {
	if err := center.Validate(); err != nil {
		return Disc{}, err
	}
	if !(radius >= 0) || math.IsInf(float64(radius), 0) {
		return Disc{}, fmt.Errorf("%w: radius %v m is negative or no number", ErrInvalid, float64(radius))
	}
	m := margin(radius)
	d := Disc{at: center, radius: radius, center: center.point()}
	d.outer, d.inner = newSpherical(radius+m), newSpherical(radius-m)
	return d, nil
}

// everywhere is the disc of all places around center, which must be valid.
func everywhere(center LatLng) Disc {
	d, _ := NewDisc(center, 2*maxDistance)
	return d
}

// Center returns the disc's center.
func (d Disc) Center() LatLng { return d.at }

// Radius returns the disc's radius.
func (d Disc) Radius() Meters { return d.radius }

func (d Disc) Contains(p LatLng) bool {
	return p.Validate() == nil && d.holds(distance(d.center, p.point()))
}

func (d Disc) holds(distance Meters) bool { return distance <= d.radius && d.center != (r3.Vector{}) }

func (d Disc) String() string {
	if d.center == (r3.Vector{}) {
		return "no disc"
	}
	return fmt.Sprintf("disc of %s around %v", d.radius, d.at)
}

func (d Disc) identity(b []byte) []byte {
	b = appendLatLng(append(b, 'd'), d.at)
	return binary.BigEndian.AppendUint64(b, math.Float64bits(float64(d.radius)))
}

// margin is by how much a disc is widened before it is covered, and narrowed before a
// cell is said to lie inside, so that no computed distance says otherwise in spite of
// rounding.
//
// Distances err by nanometres (see LatLng.Distance), cell boundaries by about as much.
// Squared cosines and sines have an error of some 1e-15, which is one of 1e-15 over the
// sine (cosines) or the cosine (sines) of the radius in the angle: from 10 m to 1,000 km
// less than a millimetre, but decimetres at a quarter of the circumference and at half
// of it, where a thousandth of the radius costs 0.2 % of the disc's area, and at 0.
func margin(radius Meters) Meters {
	if radius >= 1_000_000 {
		return radius / 1000
	}
	const least, resolution = 0.001, 0.5
	return least + max(0, Meters(math.Hypot(float64(radius), resolution))-radius)
}

func (d Disc) classify(c quad, _ []int32) (relation, []int32) {
	if d.center == (r3.Vector{}) {
		return outside, nil
	}
	b := bounded{center: onFace(c.face, d.center)}
	b.u, b.v = c.bounds()
	if d.outer.kind == small && d.outer.beyond(&b) {
		return outside, nil
	}
	b.measure()
	switch {
	case d.inner.contains(&b):
		return inside, nil
	case d.outer.intersects(&b):
		return meets, nil
	}
	return outside, nil
}

// bounded is a cell as a disc's center sees it.
type bounded struct {
	u, v   [2]float64
	center r3.Vector     // in the coordinates of the face
	dot    [2][2]float64 // of the center and each vertex (u, v, 1)
	norm2  [2][2]float64 // of each vertex
}

// measure computes what vertices take.
func (b *bounded) measure() {
	for i, u := range b.u {
		for j, v := range b.v {
			b.dot[i][j] = b.center.X*u + b.center.Y*v + b.center.Z
			b.norm2[i][j] = u*u + v*v + 1
		}
	}
}

// spherical is a cap of the unit sphere around the center of a bounded cell.
type spherical struct {
	kind       capKind
	cos2, sin2 float64 // of the radius
}

type capKind int8

const (
	nothing capKind = iota
	small           // less than a hemisphere: convex
	large           // what a small one around the opposite point leaves
	everything
)

func newSpherical(radius Meters) spherical {
	sin, cos := math.Sincos(float64(radius / EarthRadius))
	s := spherical{kind: small, cos2: cos * cos, sin2: sin * sin}
	switch {
	case radius < 0:
		s.kind = nothing
	case radius >= maxDistance:
		s.kind = everything
	case cos <= 0:
		s.kind = large
	}
	return s
}

// contains reports whether the cap contains the cell. A convex one does if it contains
// the vertices.
func (s *spherical) contains(b *bounded) bool {
	switch s.kind {
	case small:
		return s.holds(b, 0, 0, 1) && s.holds(b, 0, 1, 1) && s.holds(b, 1, 0, 1) && s.holds(b, 1, 1, 1)
	case large:
		return !s.touches(b, -1)
	}
	return s.kind == everything
}

// intersects reports whether the cap and the cell have a place in common.
func (s *spherical) intersects(b *bounded) bool {
	switch s.kind {
	case small:
		return s.touches(b, 1)
	case large: // unless all of the cell lies in what the cap leaves
		return !(s.holds(b, 0, 0, -1) && s.holds(b, 0, 1, -1) && s.holds(b, 1, 0, -1) && s.holds(b, 1, 1, -1))
	}
	return s.kind == everything
}

// holds reports whether a vertex lies in the cap, or, with a sign of -1, in the cap of
// the same radius cosine around the opposite point.
func (s *spherical) holds(b *bounded, i, j int, sign float64) bool {
	dot := sign * b.dot[i][j]
	return dot >= 0 && dot*dot >= s.cos2*b.norm2[i][j]
}

// beyond reports whether the plane of one of the cell's edges lies further from the center
// than the cap reaches, with the cell behind it: so most cells are told to lie outside.
func (s *spherical) beyond(b *bounded) bool {
	c := &b.center
	return s.passed(b.u[0]*c.Z-c.X, b.u[0]) || s.passed(c.X-b.u[1]*c.Z, b.u[1]) ||
		s.passed(b.v[0]*c.Z-c.Y, b.v[0]) || s.passed(c.Y-b.v[1]*c.Z, b.v[1])
}

// passed reports whether out, which is how far the center lies on the outer side of the
// plane through (w, 1) times the length of that, is more than the radius.
func (s *spherical) passed(out, w float64) bool { return out > 0 && out*out > s.sin2*(1+w*w) }

// touches reports whether the cap around the center, or with a sign of -1 around the
// opposite point, meets the cell.
func (s *spherical) touches(b *bounded, sign float64) bool {
	return s.holds(b, 0, 0, sign) || s.holds(b, 0, 1, sign) || s.holds(b, 1, 0, sign) || s.holds(b, 1, 1, sign) ||
		s.reaches(&b.u, &b.v, b.center.Mul(sign))
}

// reaches is touches for a cell that has no vertex in the cap around c: c lies in the cell,
// or the place of an edge that is nearest to c in the cap.
func (s *spherical) reaches(us, vs *[2]float64, c r3.Vector) bool {
	beside := false
	for k, side := range [2]float64{-1, 1} { // of u, then of v
		u, v := us[k], vs[k]
		if out := side * (c.X - u*c.Z); out > 0 { // from the edge's plane, away from the cell
			if out*out > s.sin2*(1+u*u) {
				return false
			}
			beside = true
			if nearest := (c.Y * (1 + u*u)) / (u*c.X + c.Z); u*c.X+c.Z > 0 && vs[0] < nearest && nearest < vs[1] {
				return true
			}
		}
		if out := side * (c.Y - v*c.Z); out > 0 {
			if out*out > s.sin2*(1+v*v) {
				return false
			}
			beside = true
			if nearest := (c.X * (1 + v*v)) / (v*c.Y + c.Z); v*c.Y+c.Z > 0 && us[0] < nearest && nearest < us[1] {
				return true
			}
		}
	}
	return !beside
}
