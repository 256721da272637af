package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/golang/geo/r1"
	"github.com/golang/geo/s1"
	"github.com/golang/geo/s2"

	"github.com/askaround/askaround-go/geoindex"
)

// picture is a region and the cells that cover it.
type picture struct {
	title   string
	center  s2.Point
	outline []s2.Point // of the region, closed
	cells   []drawnCell
}

// drawnCell is one cell of a covering.
type drawnCell struct {
	id     s2.CellID
	inside bool // wholly inside of the region: its items need no test
}

func runDraw(_ context.Context, p *program, args []string) error {
	set := p.flags("draw", "")
	center := set.String("center", "", "`lat,lng` of a disc")
	radius := set.String("radius", "5mi", "radius of the disc, in m, km or mi")
	box := set.String("box", "", "`south,west,north,east` of a box, instead of a disc")
	level := set.Int("level", -1, "cells of this S2 level alone")
	cells := set.Int("cells", 16, "at most so many cells, of any level")
	name := set.String("o", "", "`file` to write: .svg or .geojson (default: SVG to the standard output)")
	if _, err := parse(set, args, 0); err != nil {
		return err
	}
	region, pic, err := regionOf(*center, *radius, *box)
	if err != nil {
		return err
	}
	coverer := s2.RegionCoverer{MaxLevel: s2.MaxLevel, LevelMod: 1, MaxCells: *cells}
	if *level >= 0 {
		coverer = s2.RegionCoverer{MinLevel: *level, MaxLevel: *level, LevelMod: 1, MaxCells: math.MaxInt}
	}
	if err := checkSize(region, *level, *cells); err != nil {
		return err
	}
	for _, c := range coverer.Covering(region) {
		pic.cells = append(pic.cells, drawnCell{c, region.ContainsCell(s2.CellFromCellID(c))})
	}
	text := pic.svg()
	if strings.HasSuffix(*name, "json") {
		text = pic.geoJSON()
	}
	if *name == "" {
		_, err := p.stdout.Write(text)
		return err
	}
	return os.WriteFile(*name, text, 0o644)
}

// checkSize refuses pictures that nobody can look at.
func checkSize(region s2.Region, level, cells int) error {
	const most = 10_000
	if level > s2.MaxLevel || cells < 1 || cells > most {
		return fmt.Errorf("-level is at most %d, -cells within 1 and %d", s2.MaxLevel, most)
	}
	if level < 0 {
		return nil
	}
	if n := region.CapBound().Area() / s2.AvgAreaMetric.Value(level); n > most {
		return fmt.Errorf("about %.0f cells of level %d are too many to look at", n, level)
	}
	return nil
}

func regionOf(center, radius, box string) (s2.Region, *picture, error) {
	if box != "" {
		return boxOf(box)
	}
	at, err := parseNumbers(center, 2)
	if err != nil {
		return nil, nil, fmt.Errorf("-center: %w", err)
	}
	place := geoindex.LatLng{Lat: at[0], Lng: at[1]}
	if err := place.Validate(); err != nil {
		return nil, nil, err
	}
	metres, err := parseMetres(radius)
	if err != nil {
		return nil, nil, fmt.Errorf("-radius: %w", err)
	}
	middle := s2.PointFromLatLng(s2.LatLngFromDegrees(place.Lat, place.Lng))
	angle := s1.Angle(metres / geoindex.EarthRadius)
	if angle >= math.Pi/2 {
		return nil, nil, errors.New("-radius: more than a quarter of the Earth's circumference is no picture")
	}
	loop := s2.RegularLoop(middle, angle, 180)
	pic := &picture{title: fmt.Sprintf("%s around %v", radius, place), center: middle, outline: closed(loop.Vertices())}
	return s2.CapFromCenterAngle(middle, angle), pic, nil
}

func boxOf(text string) (s2.Region, *picture, error) {
	v, err := parseNumbers(text, 4)
	if err != nil {
		return nil, nil, fmt.Errorf("-box: %w", err)
	}
	const rad = math.Pi / 180
	rect := s2.Rect{Lat: r1.Interval{Lo: v[0] * rad, Hi: v[2] * rad}, Lng: s1.IntervalFromEndpoints(v[1]*rad, v[3]*rad)}
	if !rect.IsValid() || rect.IsEmpty() || math.Abs(v[1]) > 180 || math.Abs(v[3]) > 180 {
		return nil, nil, errors.New("-box: not south,west,north,east in degrees")
	}
	var outline []s2.Point
	for k := range 4 { // parallels are no shortest ways: they need many points
		from, to := rect.Vertex(k), rect.Vertex((k+1)%4)
		for i := range 45 {
			share := float64(i) / 45
			dlng := math.Remainder(to.Lng.Radians()-from.Lng.Radians(), 2*math.Pi)
			outline = append(outline, s2.PointFromLatLng(s2.LatLng{
				Lat: from.Lat + s1.Angle(share)*(to.Lat-from.Lat), Lng: from.Lng + s1.Angle(share*dlng),
			}))
		}
	}
	return rect, &picture{title: "box " + text, center: s2.PointFromLatLng(rect.Center()), outline: closed(outline)}, nil
}

func closed(ring []s2.Point) []s2.Point { return append(ring, ring[0]) }

func parseNumbers(text string, n int) ([]float64, error) {
	var out []float64
	for _, part := range strings.Split(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number", part)
		}
		out = append(out, v)
	}
	if len(out) != n {
		return nil, fmt.Errorf("%q is not of %d numbers", text, n)
	}
	return out, nil
}

func parseMetres(text string) (geoindex.Meters, error) {
	for _, unit := range []struct {
		name string
		is   geoindex.Meters
	}{{"km", 1000}, {"mi", geoindex.Mile}, {"m", 1}, {"", 1}} {
		digits, ok := strings.CutSuffix(text, unit.name)
		if !ok {
			continue
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil || !(v > 0) {
			return 0, fmt.Errorf("%q is not a distance", text)
		}
		return geoindex.Meters(v) * unit.is, nil
	}
	return 0, fmt.Errorf("%q is not a distance", text)
}

// boundary returns the outline of a cell, closed, with enough points to show that its
// edges are great circles.
func (c drawnCell) boundary() []s2.Point {
	const parts = 8
	cell := s2.CellFromCellID(c.id)
	var ring []s2.Point
	for k := range 4 {
		for i := range parts {
			ring = append(ring, s2.Interpolate(float64(i)/parts, cell.Vertex(k), cell.Vertex((k+1)%4)))
		}
	}
	return closed(ring)
}
