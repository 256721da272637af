package geoindex

import (
	"fmt"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Rect is the region between two latitudes and two longitudes, edges included. Degrees
// are compared as they are spelt, so that there is no error at all.
type Rect struct {
	southWest, northEast LatLng
	outer, inner         s2.Rect // wider and narrower by the margin
	some                 bool
}

// NewRect returns the region from southWest to northEast. It crosses the antimeridian
// where southWest lies further east; longitudes -180 to 180 are all of them. A pole
// that it touches belongs to it whole. Corners that are not valid, or latitudes in the
// wrong order, are an [ErrInvalid].
func NewRect(southWest, northEast LatLng) (Rect, error) {
	for _, p := range []LatLng{southWest, northEast} {
		if err := p.Validate(); err != nil {
			return Rect{}, err
		}
	}
	if southWest.Lat > northEast.Lat {
		return Rect{}, fmt.Errorf("%w: south %v lies north of %v", ErrInvalid, southWest.Lat, northEast.Lat)
	}
	r := Rect{southWest: southWest, northEast: northEast, some: true}
	const blur = 1e-12 // radians, 6 µm: thousands of rounding errors
	lo, hi := southWest.s2(), northEast.s2()
	lng := s1.IntervalFromEndpoints(lo.Lng.Radians(), hi.Lng.Radians())
	if southWest.Lng == -180 && northEast.Lng == 180 {
		lng = s1.FullInterval()
	}
	lat := r1.Interval{Lo: lo.Lat.Radians(), Hi: hi.Lat.Radians()}
	world := s2.FullRect()
	r.outer = s2.Rect{Lat: lat.Expanded(blur).Intersection(world.Lat), Lng: lng.Expanded(blur)}
	r.inner = s2.Rect{Lat: lat.Expanded(-blur), Lng: lng.Expanded(-blur)}
	if southWest.Lat == -90 { // nothing lies beyond a pole
		r.inner.Lat.Lo = world.Lat.Lo
	}
	if northEast.Lat == 90 {
		r.inner.Lat.Hi = world.Lat.Hi
	}
	return r, nil
}

// SouthWest returns the corner as it was given.
func (r Rect) SouthWest() LatLng { return r.southWest }

// NorthEast returns the corner as it was given.
func (r Rect) NorthEast() LatLng { return r.northEast }

func (r Rect) Contains(p LatLng) bool {
	if !r.some || p.Validate() != nil || p.Lat < r.southWest.Lat || p.Lat > r.northEast.Lat {
		return false
	}
	switch p.Lng {
	case 180, -180:
		return p.pole() || r.spans(180) || r.spans(-180)
	}
	return p.pole() || r.spans(p.Lng)
}

func (r Rect) spans(lng float64) bool {
	west, east := r.southWest.Lng, r.northEast.Lng
	if west <= east {
		return west <= lng && lng <= east
	}
	return lng >= west || lng <= east
}

func (r Rect) String() string {
	if !r.some {
		return "no rectangle"
	}
	return fmt.Sprintf("rectangle from %v to %v", r.southWest, r.northEast)
}

func (r Rect) classify(c quad, _ []int32) (relation, []int32) {
	if !r.some {
		return outside, nil
	}
	cell := c.cell()
	switch {
	case r.inner.IsValid() && !r.inner.IsEmpty() && r.inner.ContainsCell(cell):
		return inside, nil
	case r.outer.IntersectsCell(cell), r.meetsWithin(cell), r.meetsAtPole(cell):
		return meets, nil
	}
	return outside, nil
}

// meetsWithin reports whether the rectangle may meet a cell between whose western and
// eastern end it lies. s2.Rect.IntersectsCell passes over an edge that runs westward all
// along the rectangle: it takes the edge's longitudes for those on the other side of the
// Earth. Such cells are large.
func (r Rect) meetsWithin(c s2.Cell) bool {
	bound := c.RectBound()
	return bound.Lng.ContainsInterval(r.outer.Lng) && bound.Intersects(r.outer)
}

// meetsAtPole reports whether the rectangle reaches a pole that belongs to the cell, or
// nearly so: all longitudes are one place there, and S2 looks at the rectangle's alone.
func (r Rect) meetsAtPole(c s2.Cell) bool {
	const slack = 1e-24 // squared radians: 6 µm
	at := func(pole LatLng) bool { return c.Distance(s2.Point{Vector: pole.point()}) <= slack }
	return r.northEast.Lat == 90 && at(LatLng{90, 0}) || r.southWest.Lat == -90 && at(LatLng{-90, 0})
}

func (r Rect) identity(b []byte) []byte {
	if !r.some {
		return append(b, '-')
	}
	return appendLatLng(appendLatLng(append(b, 'r'), r.southWest), r.northEast)
}
