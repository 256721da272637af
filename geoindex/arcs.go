package geoindex

import (
	"fmt"
	"math"

	"github.com/golang/geo/r3"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"
)

// arc is a piece of a great circle between two places, or one place.
type arc struct{ a, b s2.Point }

func (a arc) distance(p s2.Point) s1.Angle { return s2.DistanceFromSegment(p, a.a, a.b) }

// arcs are the edges of a region, with what a cell must know of them: those that come
// within reach of it.
type arcs struct {
	list  []arc
	reach s1.Angle
	faces [6]*arcNode // the index of near
}

// near returns those arcs of list, nil for all, that come within reach of the disc
// around a cell. It returns an empty list, never nil, where there are none.
func (s *arcs) near(list []int32, center s2.Point, radius s1.Angle) []int32 {
	out := []int32{}
	if list == nil {
		for i := range s.list {
			if s.list[i].distance(center) <= radius+s.reach {
				out = append(out, int32(i))
			}
		}
		return out
	}
	for _, i := range list {
		if s.list[i].distance(center) <= radius+s.reach {
			out = append(out, i)
		}
	}
	return out
}

// around returns the disc that holds a cell.
func around(c s2.Cell) (center s2.Point, radius s1.Angle) {
	center = c.Center()
	var chord2 float64
	for k := range 4 {
		chord2 = max(chord2, c.Vertex(k).Sub(center.Vector).Norm2())
	}
	const rounding = 1e-15
	return center, s1.Angle(2*math.Asin(math.Sqrt(chord2)/2)) + rounding
}

// arcNode is a cell of the index.
type arcNode struct {
	id       s2.CellID
	center   s2.Point
	near     []int32
	inside   bool // of polygons: whether center is
	children *[4]*arcNode
}

// Nodes of few arcs are not split, nor those of cells smaller than the reach, and none
// beyond a level at which cells are about ten metres across.
const (
	fewArcs   = 6
	deepLevel = 20
)

// index builds the nodes. visit is called for each before its children are made, with
// its parent, nil for a face.
func (s *arcs) index(visit func(n, parent *arcNode) error) error {
	for face := range s.faces {
		n, err := s.build(s2.CellFromCellID(s2.CellIDFromFace(face)), nil, visit)
		if err != nil {
			return err
		}
		s.faces[face] = n
	}
	return nil
}

func (s *arcs) build(c s2.Cell, parent *arcNode, visit func(n, parent *arcNode) error) (*arcNode, error) {
	center, radius := around(c)
	n := &arcNode{id: c.ID(), center: center}
	if parent != nil {
		n.near = s.near(parent.near, center, radius)
	} else {
		n.near = s.near(nil, center, radius)
	}
	if err := visit(n, parent); err != nil {
		return nil, err
	}
	if len(n.near) <= fewArcs || radius < s.reach || c.Level() >= deepLevel {
		return n, nil
	}
	n.children = new([4]*arcNode)
	children, _ := c.Children()
	for i := range children {
		child, err := s.build(children[i], n, visit)
		if err != nil {
			return nil, err
		}
		n.children[i] = child
	}
	return n, nil
}

// find returns the smallest node that contains a place.
func (s *arcs) find(p s2.Point) *arcNode {
	leaf := s2.CellFromPoint(p).ID()
	n := s.faces[leaf.Face()]
	for n.children != nil {
		n = n.children[leaf.ChildPosition(n.id.Level()+1)]
	}
	return n
}

// arcPoints turns places into points, without those that repeat the one before. Places
// that are not valid, or on opposite sides of the Earth, so that no arc is the shortest,
// are an ErrInvalid.
func arcPoints(line []LatLng) ([]s2.Point, error) {
	var out []s2.Point
	for i, at := range line {
		if err := at.Validate(); err != nil {
			return nil, fmt.Errorf("place %d: %w", i, err)
		}
		p := s2.Point{Vector: at.point()}
		if len(out) == 0 {
			out = append(out, p)
			continue
		}
		last := out[len(out)-1]
		if last == p {
			continue
		}
		if opposite(last.Vector, p.Vector) {
			return nil, fmt.Errorf("%w: places %d and %d are on opposite sides of the Earth", ErrInvalid, i-1, i)
		}
		out = append(out, p)
	}
	return out, nil
}

// opposite reports whether two points are so nearly antipodal that rounding decides
// where the arc between them runs.
func opposite(a, b r3.Vector) bool {
	const slack = 1e-6 // radians: 6 m
	return a.Add(b).Norm() < slack
}
