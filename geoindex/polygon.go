package geoindex

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// Polygon is the region within a ring and outside of its holes, or several of these. Edges
// are arcs of great circles, the shortest way between their ends, as in S2, PostGIS's
// geography and MongoDB, and not straight lines of a map: between two places of
// latitude 60, 90 degrees apart, the arc's middle lies at 67.8. What has edges along
// parallels is a [Rect].
//
// Edges belong to the polygon, those of holes too: places within a micrometre of an edge
// do, and all others are decided exactly.
type Polygon struct{ parts []*polygonPart }

// polygonPart is a ring and its holes.
type polygonPart struct {
	rings [][]LatLng
	loops []*s2.Loop
	edges arcs
}

// edgeWidth is how far beside an edge a place still lies on it: far more than the error
// of the distance to an edge, some 1e-15 radians.
const edgeWidth = 1e-6 * s1.Angle(1/EarthRadius)

// NewPolygon returns the polygon within a ring, without holes. A ring's first place may
// be repeated as its last, and it may run either way round: what it encloses is the
// smaller part of the Earth. Rings of less than three places, rings that come back to a
// place or cross, themselves or another, and holes that are not within the ring are an
// [ErrInvalid].
func NewPolygon(ring []LatLng, holes ...[]LatLng) (Polygon, error) {
	p := &polygonPart{edges: arcs{reach: 10 * edgeWidth}}
	for i, r := range append([][]LatLng{ring}, holes...) {
		if err := p.addRing(r); err != nil {
			return Polygon{}, fmt.Errorf("ring %d: %w", i, err)
		}
	}
	if err := p.edges.index(p.visit); err != nil {
		return Polygon{}, err
	}
	if err := p.checkHoles(); err != nil {
		return Polygon{}, err
	}
	return Polygon{parts: []*polygonPart{p}}, nil
}

// checkHoles looks at vertices alone: no edges cross.
func (p *polygonPart) checkHoles() error {
	for i, hole := range p.loops[1:] {
		if !slices.ContainsFunc(hole.Vertices(), p.loops[0].ContainsPoint) {
			return fmt.Errorf("%w: hole %d is not within the ring", ErrInvalid, i+1)
		}
		for j, other := range p.loops[1:] {
			if i != j && slices.ContainsFunc(hole.Vertices(), other.ContainsPoint) {
				return fmt.Errorf("%w: hole %d is within hole %d", ErrInvalid, i+1, j+1)
			}
		}
	}
	return nil
}

// NewMultiPolygon returns the union of polygons.
func NewMultiPolygon(polygons ...Polygon) Polygon {
	var m Polygon
	for _, p := range polygons {
		m.parts = append(m.parts, p.parts...)
	}
	return m
}

func (p *polygonPart) addRing(ring []LatLng) error {
	points, err := arcPoints(ring)
	if err != nil {
		return err
	}
	if n := len(points); n > 1 && points[0] == points[n-1] {
		points, ring = points[:n-1], ring[:len(ring)-1]
	}
	if len(points) < 3 {
		return fmt.Errorf("%w: %d different places make no ring", ErrInvalid, len(points))
	}
	seen := map[s2.Point]bool{}
	for i, p := range points {
		if seen[p] {
			return fmt.Errorf("%w: the ring comes back to its place %d", ErrInvalid, i)
		}
		seen[p] = true
	}
	if opposite(points[len(points)-1].Vector, points[0].Vector) {
		return fmt.Errorf("%w: the last place and the first are on opposite sides of the Earth", ErrInvalid)
	}
	for i, a := range points {
		p.edges.list = append(p.edges.list, arc{a, points[(i+1)%len(points)]})
	}
	loop := s2.LoopFromPoints(points)
	loop.Normalize()
	p.loops, p.rings = append(p.loops, loop), append(p.rings, slices.Clone(ring))
	return nil
}

// visit tells whether a node's center lies inside, and refuses edges that cross there.
func (p *polygonPart) visit(n, parent *arcNode) error {
	if parent != nil {
		n.inside = p.parity(parent, n.center)
	} else {
		for _, l := range p.loops {
			n.inside = n.inside != l.ContainsPoint(n.center)
		}
	}
	if len(n.near) > fewArcs && n.id.Level() < deepLevel {
		return nil // its children will see
	}
	for i, e := range n.near {
		for _, f := range n.near[i+1:] {
			if a, b := p.edges.list[e], p.edges.list[f]; conflict(a, b) {
				return fmt.Errorf("%w: edges cross, or meet more than once, near %v", ErrInvalid, CellID(s2.CellFromPoint(a.a).ID()).Center())
			}
		}
	}
	return nil
}

// conflict reports edges that cross, or that are the same.
func conflict(a, b arc) bool {
	return a == b || a.a == b.b && a.b == b.a || s2.CrossingSign(a.a, a.b, b.a, b.b) == s2.Cross
}

// parity reports whether to lies inside, given a node that contains it: as its center
// does, but for each edge between the two. These are near the node, for cells are convex.
func (p *polygonPart) parity(n *arcNode, to s2.Point) bool {
	in := n.inside
	if to == n.center {
		return in
	}
	for _, i := range n.near {
		e := p.edges.list[i]
		if s2.EdgeOrVertexCrossing(n.center, to, e.a, e.b) {
			in = !in
		}
	}
	return in
}

func (p *polygonPart) contains(at s2.Point) bool {
	n := p.edges.find(at)
	for _, i := range n.near {
		if p.edges.list[i].distance(at) <= edgeWidth {
			return true
		}
	}
	return p.parity(n, at)
}

// Rings returns the places of each ring: of each part its outer ring and then its holes, without
// the repetition of the first place. They must not be changed.
func (p Polygon) Rings() [][][]LatLng {
	parts := make([][][]LatLng, len(p.parts))
	for i, part := range p.parts {
		parts[i] = part.rings
	}
	return parts
}

func (p Polygon) Contains(at LatLng) bool {
	return at.Validate() == nil && p.contains(s2.Point{Vector: at.point()})
}

func (p Polygon) contains(at s2.Point) bool {
	return slices.ContainsFunc(p.parts, func(part *polygonPart) bool { return part.contains(at) })
}

func (p Polygon) String() string {
	edges, rings := 0, 0
	for _, part := range p.parts {
		edges, rings = edges+len(part.edges.list), rings+len(part.rings)
	}
	if edges == 0 {
		return "no polygon"
	}
	return fmt.Sprintf("polygon of %d edges in %d rings from %v", edges, rings, p.parts[0].rings[0][0])
}

// classify looks at the edges of all parts, counted through: a cell that none comes near
// lies inside if its center does.
func (p Polygon) classify(c quad, near []int32) (relation, []int32) {
	cell := c.cell()
	center, radius := around(cell)
	found, touched, first := []int32{}, false, int32(0)
	for _, part := range p.parts {
		n := int32(len(part.edges.list))
		own := part.edges.near(shift(near, first, n), center, radius)
		for _, i := range own {
			e := part.edges.list[i]
			touched = touched || cell.DistanceToEdge(e.a, e.b).Angle() <= part.edges.reach
			found = append(found, first+i)
		}
		first += n
	}
	switch {
	case touched:
		return meets, found
	case p.contains(center):
		return inside, found
	}
	return outside, found
}

// shift returns those of list within n from first on, counted from there; nil of nil.
func shift(list []int32, first, n int32) []int32 {
	if list == nil {
		return nil
	}
	out := []int32{}
	for _, i := range list {
		if i >= first && i < first+n {
			out = append(out, i-first)
		}
	}
	return out
}

func (p Polygon) identity(b []byte) []byte {
	b = binary.AppendUvarint(append(b, 'p'), uint64(len(p.parts)))
	for _, part := range p.parts {
		b = binary.AppendUvarint(b, uint64(len(part.rings)))
		for _, ring := range part.rings {
			b = appendLine(b, ring)
		}
	}
	return b
}

func appendLine(b []byte, line []LatLng) []byte {
	b = binary.AppendUvarint(b, uint64(len(line)))
	for _, at := range line {
		b = appendLatLng(b, at)
	}
	return b
}
