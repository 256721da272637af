package fence

import (
	"fmt"
	"math"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/askaround/askaround-go/geoindex"
)

// Area is where a fence is: a [Disc] or a [Polygon].
type Area interface {
	// Contains reports whether a place lies in the area.
	Contains(geoindex.LatLng) bool
	// Meets reports whether the shortest way between two places touches the area. It is
	// undefined for antipodes, which have many.
	Meets(a, b geoindex.LatLng) bool

	region() s2.Region // holds the area, a little more if anything
}

type disc struct {
	center geoindex.LatLng
	radius geoindex.Meters
}

// Disc returns the area within radius of center. What is out of range is a
// [geoindex.ErrInvalid].
func Disc(center geoindex.LatLng, radius geoindex.Meters) (Area, error) {
	if !(radius >= 0) || math.IsInf(float64(radius), 0) {
		return nil, fmt.Errorf("%w: radius %v m is negative or no number", geoindex.ErrInvalid, float64(radius))
	}
	return disc{center, radius}, center.Validate()
}

func (d disc) Contains(p geoindex.LatLng) bool { return d.center.Distance(p) <= d.radius }

func (d disc) Meets(a, b geoindex.LatLng) bool {
	return s2.DistanceFromSegment(point(d.center), point(a), point(b)) <= angle(d.radius)
}

func (d disc) region() s2.Region {
	const rounding, share = 0.001, 1.001 // of distances; near half the Earth that of chords
	return s2.CapFromCenterAngle(point(d.center), min(math.Pi, angle(d.radius*share+rounding)))
}

type polygon struct{ loop *s2.Loop }

// Polygon returns the area inside of a ring of at least three corners, in either
// direction and without repeating the first, joined by the shortest ways: the side of the
// ring that is not larger than half of the Earth. Of polygons that adjoin, one contains a
// place on the border between them. A ring that crosses itself or has a corner twice is
// a [geoindex.ErrInvalid].
func Polygon(corners ...geoindex.LatLng) (Area, error) {
	if len(corners) < 3 {
		return nil, fmt.Errorf("%w: a polygon of %d corners", geoindex.ErrInvalid, len(corners))
	}
	points := make([]s2.Point, len(corners))
	for i, c := range corners {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		points[i] = point(c)
	}
	loop := s2.LoopFromPoints(points)
	if err := loop.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", geoindex.ErrInvalid, err)
	}
	if crossesItself(points) {
		return nil, fmt.Errorf("%w: the polygon's edges cross", geoindex.ErrInvalid)
	}
	loop.Normalize()
	return polygon{loop}, nil
}

// crossesItself compares each two edges: polygons of fences are small.
func crossesItself(ring []s2.Point) bool {
	n := len(ring)
	for i := range n {
		for j := i + 1; j < n; j++ {
			if s2.CrossingSign(ring[i], ring[(i+1)%n], ring[j], ring[(j+1)%n]) == s2.Cross {
				return true
			}
		}
	}
	return false
}

func (p polygon) Contains(at geoindex.LatLng) bool { return p.loop.ContainsPoint(point(at)) }

func (p polygon) Meets(a, b geoindex.LatLng) bool {
	if p.Contains(a) || p.Contains(b) {
		return true
	}
	crosser := s2.NewEdgeCrosser(point(a), point(b))
	for i := range p.loop.NumVertices() {
		if crosser.CrossingSign(p.loop.Vertex(i), p.loop.Vertex(i+1)) != s2.DoNotCross {
			return true
		}
	}
	return false
}

func (p polygon) region() s2.Region { return p.loop }

// point is the same for all spellings of a place.
func point(p geoindex.LatLng) s2.Point {
	switch {
	case math.Abs(p.Lat) == 90:
		p.Lng = 0
	case p.Lng == -180:
		p.Lng = 180
	}
	return s2.PointFromLatLng(s2.LatLngFromDegrees(p.Lat, p.Lng))
}

func angle(m geoindex.Meters) s1.Angle { return s1.Angle(m / geoindex.EarthRadius) }
