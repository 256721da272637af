package geojson

import (
	"encoding/json"
	"fmt"
	"math"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/askaround/askaround-go/geoindex"
)

// Tolerance is how far the edges of what is parsed lie from those of the map, at most.
const Tolerance geoindex.Meters = 1

// Parse reads the union of all polygons and multi-polygons of a geometry, a feature or a
// feature collection. Other geometries, and rings that [geoindex.NewPolygon] refuses, are a
// [geoindex.ErrInvalid].
func Parse(data []byte) (geoindex.Polygon, error) {
	geometries, err := read(data)
	if err != nil {
		return geoindex.Polygon{}, err
	}
	var all []geoindex.Polygon
	for _, g := range geometries {
		p, err := polygons(g)
		if err != nil {
			return geoindex.Polygon{}, err
		}
		all = append(all, p...)
	}
	if len(all) == 0 {
		return geoindex.Polygon{}, invalid("there is no polygon")
	}
	return geoindex.NewMultiPolygon(all...), nil
}

// ParseRoute reads the region within a distance of a LineString, the only geometry of
// data.
func ParseRoute(data []byte, within geoindex.Meters) (geoindex.Route, error) {
	geometries, err := read(data)
	if err != nil {
		return geoindex.Route{}, err
	}
	if len(geometries) != 1 {
		return geoindex.Route{}, invalid("%d geometries, want one line", len(geometries))
	}
	line, ok := geometries[0].(orb.LineString)
	if !ok {
		return geoindex.Route{}, invalid("a %s is no line", geometries[0].GeoJSONType())
	}
	places, err := straight(line)
	if err != nil {
		return geoindex.Route{}, err
	}
	return geoindex.NewRoute(places, within)
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: GeoJSON: %s", geoindex.ErrInvalid, fmt.Sprintf(format, args...))
}

// read returns the geometries of any GeoJSON object.
func read(data []byte) ([]orb.Geometry, error) {
	var object struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, invalid("%v", err)
	}
	switch object.Type {
	case "Feature":
		f, err := geojson.UnmarshalFeature(data)
		if err != nil {
			return nil, invalid("%v", err)
		}
		return []orb.Geometry{f.Geometry}, nil
	case "FeatureCollection":
		c, err := geojson.UnmarshalFeatureCollection(data)
		if err != nil {
			return nil, invalid("%v", err)
		}
		var out []orb.Geometry
		for _, f := range c.Features {
			out = append(out, f.Geometry)
		}
		return out, nil
	}
	g, err := geojson.UnmarshalGeometry(data)
	if err != nil {
		return nil, invalid("%v", err)
	}
	return []orb.Geometry{g.Geometry()}, nil
}

func polygons(g orb.Geometry) (out []geoindex.Polygon, err error) {
	var parts []orb.Polygon
	switch g := g.(type) {
	case orb.Polygon:
		parts = []orb.Polygon{g}
	case orb.MultiPolygon:
		parts = g
	case orb.Collection:
		for _, member := range g {
			p, err := polygons(member)
			if err != nil {
				return nil, err
			}
			out = append(out, p...)
		}
		return out, nil
	case nil:
		return nil, invalid("a geometry is missing")
	default:
		return nil, invalid("a %s is no polygon", g.GeoJSONType())
	}
	for _, part := range parts {
		p, err := polygon(part)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func polygon(p orb.Polygon) (geoindex.Polygon, error) {
	if len(p) == 0 {
		return geoindex.Polygon{}, invalid("a polygon of no ring")
	}
	rings := make([][]geoindex.LatLng, len(p))
	for i, ring := range p {
		places, err := straight(orb.LineString(ring))
		if err != nil {
			return geoindex.Polygon{}, err
		}
		rings[i] = places
	}
	return geoindex.NewPolygon(rings[0], rings[1:]...)
}

// maxPlaces bounds the corners of a line, those added included.
const maxPlaces = 1 << 20

// straight returns the places of a line on the map.
func straight(line orb.LineString) ([]geoindex.LatLng, error) {
	var out []geoindex.LatLng
	for i, p := range line {
		at := geoindex.LatLng{Lat: p.Lat(), Lng: p.Lon()}
		if err := at.Validate(); err != nil {
			return nil, err
		}
		if i > 0 {
			out = divide(out, out[len(out)-1], at)
		}
		if out = append(out, at); len(out) > maxPlaces {
			return nil, invalid("a line of more than %d places", maxPlaces)
		}
	}
	return out, nil
}

// divide appends the places that keep arcs from a to b near the straight line. It looks
// at quarters: near the equator the two cross in the middle. Half of Tolerance leaves room
// for what lies between.
func divide(out []geoindex.LatLng, a, b geoindex.LatLng) []geoindex.LatLng {
	if max(aside(a, b, 0.25), aside(a, b, 0.5), aside(a, b, 0.75)) <= Tolerance/2 || len(out) > maxPlaces {
		return out
	}
	middle := between(a, b, 0.5)
	out = append(divide(out, a, middle), middle)
	return divide(out, middle, b)
}

// between is the place on the line at a fraction of the way.
func between(a, b geoindex.LatLng, f float64) geoindex.LatLng {
	return geoindex.LatLng{Lat: (1-f)*a.Lat + f*b.Lat, Lng: (1-f)*a.Lng + f*b.Lng}
}

// aside is how far a place on the line lies from one on the arc. It is great where a
// quarter of the Earth or more lies between the ends.
func aside(a, b geoindex.LatLng, f float64) geoindex.Meters {
	if math.Abs(a.Lng-b.Lng) >= 90 {
		return geoindex.EarthRadius
	}
	x, y, z := vector(a)
	u, v, w := vector(b)
	x, y, z = (1-f)*x+f*u, (1-f)*y+f*v, (1-f)*z+f*w
	arc := geoindex.LatLng{Lat: math.Atan2(z, math.Hypot(x, y)) * 180 / math.Pi, Lng: math.Atan2(y, x) * 180 / math.Pi}
	return arc.Distance(between(a, b, f))
}

func vector(p geoindex.LatLng) (x, y, z float64) {
	sin, cos := math.Sincos(p.Lat * math.Pi / 180)
	sinLng, cosLng := math.Sincos(p.Lng * math.Pi / 180)
	return cos * cosLng, cos * sinLng, sin
}
