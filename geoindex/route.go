package geoindex

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"github.com/golang/geo/s2"
)

// Route is the region of all places at most some distance from a line: what lies along
// a way. The line's pieces are arcs of great circles. Distances to it err by less than a
// micrometre.
type Route struct {
	line   []LatLng
	within Meters
	edges  *arcs
}

// maxWithin bounds the width of routes: of larger distances the error would grow.
const maxWithin Meters = 1_000_000

// NewRoute returns the region of places within a distance, at most 1,000 km, of a line of
// at least one place. Neighbours on opposite sides of the Earth are an [ErrInvalid].
func NewRoute(line []LatLng, within Meters) (Route, error) {
	if !(within >= 0 && within <= maxWithin) {
		return Route{}, fmt.Errorf("%w: %v m beside a line is not within 0 and %v", ErrInvalid, float64(within), maxWithin)
	}
	points, err := arcPoints(line)
	if err != nil {
		return Route{}, err
	}
	if len(points) == 0 {
		return Route{}, fmt.Errorf("%w: a line of no place", ErrInvalid)
	}
	edges := &arcs{reach: (within + margin(within)).angle()}
	for i := range points[1:] {
		edges.list = append(edges.list, arc{points[i], points[i+1]})
	}
	if len(points) == 1 {
		edges.list = []arc{{points[0], points[0]}}
	}
	err = edges.index(func(*arcNode, *arcNode) error { return nil })
	return Route{slices.Clone(line), within, edges}, err
}

// Line returns the places of the line, which must not be changed.
func (r Route) Line() []LatLng { return r.line }

// Within returns the distance from the line.
func (r Route) Within() Meters { return r.within }

func (r Route) Contains(p LatLng) bool {
	if r.edges == nil || p.Validate() != nil {
		return false
	}
	at := s2.Point{Vector: p.point()}
	return slices.ContainsFunc(r.edges.find(at).near, func(i int32) bool {
		return r.edges.list[i].distance(at) <= r.within.angle()
	})
}

func (r Route) String() string {
	if r.edges == nil {
		return "no route"
	}
	return fmt.Sprintf("route of %d places from %v, %v wide on each side", len(r.line), r.line[0], r.within)
}

// classify is certain that a cell lies inside where the disc around it is within the
// distance of one piece.
func (r Route) classify(c quad, near []int32) (relation, []int32) {
	if r.edges == nil {
		return outside, nil
	}
	cell := c.cell()
	center, radius := around(cell)
	near = r.edges.near(near, center, radius)
	sure := (r.within - margin(r.within)).angle() - radius
	touched := false
	for _, i := range near {
		e := r.edges.list[i]
		if e.distance(center) <= sure {
			return inside, near
		}
		touched = touched || cell.DistanceToEdge(e.a, e.b).Angle() <= r.edges.reach
	}
	if touched {
		return meets, near
	}
	return outside, near
}

func (r Route) identity(b []byte) []byte {
	if r.edges == nil {
		return append(b, '-')
	}
	b = binary.BigEndian.AppendUint64(append(b, 'l'), math.Float64bits(float64(r.within)))
	return appendLine(b, r.line)
}
