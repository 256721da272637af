package main

import (
	"math"
	"slices"

	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/askaround/askaround-go/geoindex"
)

// row is an item in the order of keys.
type row struct {
	cell geoindex.CellID
	at   geoindex.LatLng
	size int
}

type rows []row

func (r rows) sort() {
	slices.SortFunc(r, func(a, b row) int {
		switch {
		case a.cell < b.cell:
			return -1
		case a.cell > b.cell:
			return 1
		}
		return 0
	})
}

func (r rows) size() int {
	n := 0
	for _, row := range r {
		n += row.size
	}
	return n / max(1, len(r))
}

// from returns the index of the first row of a cell or behind it.
func (r rows) from(cell geoindex.CellID) int {
	i, _ := slices.BinarySearchFunc(r, cell, func(row row, cell geoindex.CellID) int {
		if row.cell < cell {
			return -1
		}
		return 1
	})
	return i
}

// read is what a query of rows costs: pages of a megabyte, each rounded up to 4 KB, of
// which two are a unit, and half a unit at the least.
func read(r rows) (c cost) {
	const page, block = 1 << 20, 4096
	bytes := 0
	flush := func() {
		c.queries++
		c.units += max(0.5, math.Ceil(float64(bytes)/block)/2)
		bytes = 0
	}
	for _, row := range r {
		if bytes+row.size > page {
			flush()
		}
		bytes += row.size
	}
	flush()
	c.read = len(r)
	return c
}

// partitionLevel is the level of geoindex's partitions.
const partitionLevel = 6

// covering is a plain use of S2: a covering of 16 cells, adjacent ones as one query,
// cut at partitions.
func (r rows) covering(center geoindex.LatLng, radius geoindex.Meters) (c cost) {
	disc := s2.CapFromCenterAngle(s2.PointFromLatLng(s2.LatLngFromDegrees(center.Lat, center.Lng)), s1.Angle(radius/geoindex.EarthRadius))
	coverer := s2.RegionCoverer{MaxLevel: 30, LevelMod: 1, MaxCells: 16}
	type run struct{ min, max s2.CellID }
	var runs []run
	add := func(cell s2.CellID) {
		lo, hi := cell.RangeMin(), cell.RangeMax()
		if n := len(runs); n > 0 && runs[n-1].max+2 == lo && runs[n-1].min.Parent(partitionLevel) == lo.Parent(partitionLevel) {
			runs[n-1].max = hi
			return
		}
		runs = append(runs, run{lo, hi})
	}
	for _, cell := range coverer.Covering(disc) {
		if cell.Level() >= partitionLevel {
			add(cell)
			continue
		}
		for child := cell.ChildBeginAtLevel(partitionLevel); child != cell.ChildEndAtLevel(partitionLevel); child = child.Next() {
			if disc.IntersectsCell(s2.CellFromCellID(child)) {
				add(child)
			}
		}
	}
	for _, run := range runs {
		c.sum(read(r[r.from(geoindex.CellID(run.min)):r.from(geoindex.CellID(run.max)+1)]))
	}
	c.hits = r.hits(center, radius)
	return c
}

func (c *cost) sum(o cost) {
	c.queries, c.read, c.units = c.queries+o.queries, c.read+o.read, c.units+o.units
}

func (r rows) hits(center geoindex.LatLng, radius geoindex.Meters) (n int) {
	for _, row := range r {
		if center.Distance(row.at) <= radius {
			n++
		}
	}
	return n
}

// geohash is the cell of a geohash that the center lies in, and its eight neighbours, of
// the longest hash whose cells are not smaller than the radius either way.
func (r rows) geohash(center geoindex.LatLng, radius geoindex.Meters) (c cost) {
	height, width := 45., 45. // degrees of the first of a hash's characters: 3 bits of longitude, 2 of latitude
	const degree = math.Pi * float64(geoindex.EarthRadius) / 180
	reach := float64(radius) / degree
	for lngBits := true; ; lngBits = !lngBits {
		h, w := height/4, width/8
		if lngBits {
			h, w = height/8, width/4
		}
		if h < reach || w*math.Cos(center.Lat*math.Pi/180) < reach {
			break
		}
		height, width = h, w
	}
	south, west := math.Floor(center.Lat/height), math.Floor(center.Lng/width)
	for dy := -1.; dy <= 1; dy++ {
		for dx := -1.; dx <= 1; dx++ {
			var cell rows
			for _, row := range r {
				if math.Floor(row.at.Lat/height) == south+dy && math.Floor(row.at.Lng/width) == west+dx {
					cell = append(cell, row)
				}
			}
			c.sum(read(cell))
		}
	}
	c.hits = r.hits(center, radius)
	return c
}

// oracle knows every point, and closes the gaps between those it looks for where that
// costs less than another query, by geoindex's own reckoning.
func (r rows) oracle(center geoindex.LatLng, radius geoindex.Meters) (c cost) {
	const query, unit = 0.35, 8192 // read units of a query, bytes of a unit
	first, gap := -1, 0
	last := 0
	for i, row := range r {
		if first >= 0 && (float64(gap) > query*unit || row.cell.Parent(partitionLevel) != r[first].cell.Parent(partitionLevel)) {
			c.sum(read(r[first : last+1]))
			first, gap = -1, 0
		}
		if center.Distance(row.at) > radius {
			gap += row.size
			continue
		}
		if first < 0 {
			first = i
		}
		last, gap = i, 0
		c.hits++
	}
	if first >= 0 {
		c.sum(read(r[first : last+1]))
	} else if c.hits == 0 {
		c.sum(read(nil))
	}
	return c
}
