package main

import (
	"encoding/json"
	"math"

	"github.com/golang/geo/s2"
)

// geoJSON returns a FeatureCollection of the cells and the region. Longitudes go on
// beyond 180 degrees where a ring crosses the antimeridian, which map viewers draw whole.
func (pic *picture) geoJSON() []byte {
	type polygon struct {
		Type        string         `json:"type"`
		Coordinates [][][2]float64 `json:"coordinates"`
	}
	type shape struct {
		Type       string         `json:"type"`
		Properties map[string]any `json:"properties"`
		Geometry   polygon        `json:"geometry"`
	}
	var shapes []shape
	add := func(ring []s2.Point, properties map[string]any) {
		shapes = append(shapes, shape{"Feature", properties, polygon{"Polygon", [][][2]float64{pic.degrees(ring)}}})
	}
	for _, c := range pic.cells {
		add(c.boundary(), map[string]any{"token": c.id.ToToken(), "level": c.id.Level(), "inside": c.inside})
	}
	add(pic.outline, map[string]any{"region": pic.title})
	text, err := json.MarshalIndent(map[string]any{"type": "FeatureCollection", "features": shapes}, "", " ")
	if err != nil {
		panic(err) // floats that are numbers, and text
	}
	return append(text, '\n')
}

// degrees returns a ring with longitudes near those of the centre.
func (pic *picture) degrees(ring []s2.Point) [][2]float64 {
	out := make([][2]float64, len(ring))
	last := s2.LatLngFromPoint(pic.center).Lng.Degrees()
	for i, v := range ring {
		ll := s2.LatLngFromPoint(v)
		last += math.Remainder(ll.Lng.Degrees()-last, 360)
		out[i] = [2]float64{last, ll.Lat.Degrees()}
	}
	return out
}
