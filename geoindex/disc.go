package geoindex

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s2"
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
	d.outer, d.inner = newSpherical(d.center, radius+m), newSpherical(d.center, radius-m)
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
// Squared chords and squared sines have an error of some 1e-15, which is one of 1e-15
// over the sine (chords) or the cosine (sines) of the radius in the angle: up to 1,000 km
// less than a micrometre, but decimetres at a quarter of the circumference and at half of
// it. There a thousandth of the radius costs 0.2 % of the disc's area.
func margin(radius Meters) Meters {
	if radius < 1_000_000 {
		return 0.001
	}
	return radius / 1000
}

func (d Disc) classify(c *s2.Cell, _ []int32) (relation, []int32) {
	if d.center == (r3.Vector{}) {
		return outside, nil
	}
	var v [4]r3.Vector
	for k := range v {
		v[k] = c.Vertex(k).Vector
	}
	switch {
	case d.inner.contains(c, &v):
		return inside, nil
	case d.outer.intersects(c, &v):
		return meets, nil
	}
	return outside, nil
}

// spherical is a cap of the unit sphere in the form that quick tests against cells need.
type spherical struct {
	center r3.Vector
	chord2 float64 // squared chord of the radius: negative for nothing, above 4 for all
	sin2   float64 // squared sine of the radius
}

func newSpherical(center r3.Vector, radius Meters) spherical {
	switch {
	case radius < 0:
		return spherical{center, -1, 0}
	case radius >= maxDistance:
		return spherical{center, 5, 0}
	}
	half, sin := math.Sin(float64(radius/EarthRadius)/2), math.Sin(float64(radius/EarthRadius))
	return spherical{center, 4 * half * half, sin * sin}
}

// complement is what the cap leaves, its edge belongs to both.
func (s spherical) complement() spherical {
	return spherical{s.center.Mul(-1), 4 - s.chord2, s.sin2}
}

// contains reports whether the cap contains the cell with the vertices v. A cap within a
// hemisphere is convex: it does if it contains the vertices.
func (s spherical) contains(c *s2.Cell, v *[4]r3.Vector) bool {
	switch {
	case s.chord2 < 0 || s.chord2 > 4:
		return s.chord2 > 4
	case s.chord2 > 2:
		return !s.complement().intersects(c, v)
	}
	for k := range v {
		if v[k].Sub(s.center).Norm2() > s.chord2 {
			return false
		}
	}
	return true
}

// intersects reports whether the cap and the cell with the vertices v have a place in
// common. Where no vertex lies in the cap, that is the center of the cap, or the nearest
// place of an edge.
func (s spherical) intersects(c *s2.Cell, v *[4]r3.Vector) bool {
	switch {
	case s.chord2 < 0 || s.chord2 > 4:
		return s.chord2 > 4
	case s.chord2 > 2:
		return !s.complement().contains(c, v)
	}
	for k := range v {
		if v[k].Sub(s.center).Norm2() <= s.chord2 {
			return true
		}
	}
	return s.intersectsEdge(c, v)
}

func (s spherical) intersectsEdge(c *s2.Cell, v *[4]r3.Vector) bool {
	holdsCenter := true
	for k := range v {
		normal := c.EdgeRaw(k).Vector
		dot := s.center.Dot(normal)
		if dot >= 0 {
			continue // the center lies on the cell's side of the edge
		}
		holdsCenter = false
		if dot*dot > s.sin2*normal.Norm2() {
			return false // the edge's plane is beyond the cap, and the cell beyond the plane
		}
		if along := normal.Cross(s.center); along.Dot(v[k]) < 0 && along.Dot(v[(k+1)&3]) > 0 {
			return true
		}
	}
	return holdsCenter
}
