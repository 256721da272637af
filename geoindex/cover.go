package geoindex

import (
	"fmt"
	"math"

	"github.com/golang/geo/s2"
)

// maxCover bounds the cells of one Cover.
const maxCover = 1 << 20

// Cover returns the cells of one level that meet the disc of radius around center,
// sorted. Every point at a [LatLng.Distance] of at most radius lies in one of them. Each
// reaches to within two millimetres of the disc; for radii below 125 m to within half a
// metre, and for radii from 1,000 km to within a thousandth of the radius.
//
// A disc of five miles meets 4 to 14 cells of level 10, 7.1 in the mean, and more than 9
// at 2 % of all places: cells are smallest near the corners of the cube, where there are
// 14 (measured at 5 million places, 3 million of them near corners). A disc of more
// than about a million cells is an [ErrInvalid].
func Cover(center LatLng, radius Meters, level int) ([]CellID, error) {
	if level < 0 || level > MaxLevel {
		return nil, fmt.Errorf("%w: level %d is not within 0 and %d", ErrInvalid, level, MaxLevel)
	}
	disc, err := NewDisc(center, radius)
	if err != nil {
		return nil, err
	}
	// The mean: the disc's share of the sphere, times the cells of the sphere.
	share := (1 - math.Cos(min(math.Pi, float64(radius/EarthRadius)))) / 2
	if mean := share * 6 * math.Pow(4, float64(level)); mean > maxCover {
		return nil, fmt.Errorf("%w: %.0f m at level %d are more than %d cells", ErrInvalid, float64(radius), level, maxCover)
	}
	var out []CellID
	for _, p := range faces(disc) {
		out = appendCover(out, disc, p, level)
	}
	return out, nil
}

// appendCover appends the cells of a level within p's that meet the region, in order.
func appendCover(out []CellID, region Region, p piece, level int) []CellID {
	switch {
	case int(p.level) == level:
		return append(out, CellID(p.id))
	case p.relation == inside:
		for c := p.id.ChildBeginAtLevel(level); c != p.id.ChildEndAtLevel(level); c = c.Next() {
			out = append(out, CellID(c))
		}
		return out
	}
	var room [4]piece
	for _, child := range p.children(region, room[:0]) {
		out = appendCover(out, region, child, level)
	}
	return out
}

// piece is a cell that meets a region, or lies inside of it.
type piece struct {
	quad
	relation relation
	near     []int32 // see Region.classify
	items    float64 // expected
}

func leavesOf(c s2.CellID) leaves { return leaves{CellID(c.RangeMin()), CellID(c.RangeMax())} }

// faces returns the faces of the cube that meet the region, in order.
func faces(region Region) []piece {
	out := make([]piece, 0, 6)
	for face := range 6 {
		out = appendPiece(out, region, faceQuad(face), nil)
	}
	return out
}

// children appends the children of p that meet the region, in order; of a leaf the leaf.
// They may be none where classify was not certain of p.
func (p *piece) children(region Region, out []piece) []piece {
	if p.level == MaxLevel {
		return append(out, *p)
	}
	for k := range 4 {
		if p.relation == inside {
			out = append(out, piece{quad: p.child(k), relation: inside})
		} else {
			out = appendPiece(out, region, p.child(k), p.near)
		}
	}
	return out
}

func appendPiece(out []piece, region Region, c quad, near []int32) []piece {
	relation, near := region.classify(c, near)
	if relation == outside {
		return out
	}
	return append(out, piece{quad: c, relation: relation, near: near})
}
