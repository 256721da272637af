package geoindex

import (
	"fmt"
	"math"
	"slices"

	"github.com/golang/geo/s2"
)

// margin widens a disc before it is covered, so that a point whose computed distance is
// within the radius lies in a covered cell in spite of rounding.
//
// Distances err by nanometres (see LatLng.Distance), cell boundaries by about as much. S2
// compares squared chords and squared sines, whose error of some 1e-15 is one of 1e-15
// over the sine (chords) or the cosine (sines) of the radius in the angle: up to 1,000 km
// less than a micrometre, but decimetres at a quarter of the circumference and at half of
// it. There a thousandth of the radius costs 0.2 % of the disc's area.
func margin(radius Meters) Meters {
	if radius < 1_000_000 {
		return 0.001
	}
	return radius / 1000
}

// maxCover bounds the cells of one Cover.
const maxCover = 1 << 20

// Cover returns the cells of one level that meet the disc of radius around center,
// sorted. Every point at a [LatLng.Distance] of at most radius lies in one of them. Each
// reaches to within a millimetre of the disc, or, for radii from 1,000 km, to within a
// thousandth of the radius.
//
// A disc of five miles meets 4 to 14 cells of level 10, 7.1 in the mean, and more than 9
// at 2 % of all places: cells are smallest near the corners of the cube, where there are
// 14 (measured at 5 million places, 3 million of them near corners). A disc of more
// than about a million cells is an [ErrInvalid].
func Cover(center LatLng, radius Meters, level int) ([]CellID, error) {
	if level < 0 || level > MaxLevel {
		return nil, fmt.Errorf("%w: level %d is not within 0 and %d", ErrInvalid, level, MaxLevel)
	}
	disc, err := newDisc(center, radius)
	if err != nil {
		return nil, err
	}
	// The mean: the disc's share of the sphere, times the cells of the sphere.
	if mean := disc.Area() / (4 * math.Pi) * 6 * math.Pow(4, float64(level)); mean > maxCover {
		return nil, fmt.Errorf("%w: %.0f m at level %d are more than %d cells", ErrInvalid, float64(radius), level, maxCover)
	}
	coverer := s2.RegionCoverer{MinLevel: level, MaxLevel: level, LevelMod: 1, MaxCells: math.MaxInt}
	cells := coverer.Covering(disc)
	out := make([]CellID, len(cells))
	for i, c := range cells {
		out[i] = CellID(c)
	}
	slices.Sort(out)
	return out, nil
}

// newDisc returns the disc of radius and margin around center.
func newDisc(center LatLng, radius Meters) (s2.Cap, error) {
	if err := center.Validate(); err != nil {
		return s2.Cap{}, err
	}
	if !(radius >= 0) || math.IsInf(float64(radius), 0) {
		return s2.Cap{}, fmt.Errorf("%w: radius %v m is negative or no number", ErrInvalid, float64(radius))
	}
	radius += margin(radius)
	if radius >= maxDistance {
		return s2.FullCap(), nil
	}
	return s2.CapFromCenterAngle(s2.Point{Vector: center.point()}, radius.angle()), nil
}

// keyRange is a run of leaf cells within one partition.
type keyRange struct {
	partition CellID // of Options.Level
	min, max  CellID // leaf cells, both included
}

// plan returns the ranges that hold every point of the disc, in order of the cells, with
// a covering of at most maxCells cells (four at the least, as S2 needs around corners).
func plan(disc s2.Cap, level, maxCells int) []keyRange {
	coverer := s2.RegionCoverer{MaxLevel: MaxLevel, LevelMod: 1, MaxCells: maxCells}
	var ranges []keyRange
	for _, cell := range coverer.Covering(disc) {
		if cell.Level() >= level {
			ranges = appendRange(ranges, CellID(cell.Parent(level)), cell)
			continue
		}
		for child := cell.ChildBeginAtLevel(level); child != cell.ChildEndAtLevel(level); child = child.Next() {
			if disc.IntersectsCell(s2.CellFromCellID(child)) {
				ranges = appendRange(ranges, CellID(child), child)
			}
		}
	}
	return ranges
}

// appendRange adds cell, or lengthens the last range where cell follows it in the same
// partition. Coverings are sorted.
func appendRange(ranges []keyRange, partition CellID, cell s2.CellID) []keyRange {
	lo, hi := CellID(cell.RangeMin()), CellID(cell.RangeMax())
	if n := len(ranges); n > 0 && ranges[n-1].partition == partition && ranges[n-1].max+2 == lo { // leaf ids are odd
		ranges[n-1].max = hi
		return ranges
	}
	return append(ranges, keyRange{partition, lo, hi})
}
