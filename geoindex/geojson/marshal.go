package geojson

import (
	"math"
	"slices"

	"github.com/golang/geo/s2"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"

	"github.com/askaround/askaround-go/geoindex"
)

// Marshal writes a region as a geometry. A polygon has the corners that it was made of,
// and a union of cells those of its cells; a rectangle is cut at the antimeridian; a disc
// has 128 corners on its edge; a route is written as its line, for the width has no place
// in GeoJSON. Outer rings run counterclockwise, holes clockwise.
func Marshal(region geoindex.Region) ([]byte, error) {
	g, err := geometry(region)
	if err != nil {
		return nil, err
	}
	return geojson.NewGeometry(g).MarshalJSON()
}

func geometry(region geoindex.Region) (orb.Geometry, error) {
	switch r := region.(type) {
	case geoindex.Polygon:
		return multi(r), nil
	case geoindex.Cells:
		return cells(r), nil
	case geoindex.Rect:
		return rect(r), nil
	case geoindex.Disc:
		return disc(r), nil
	case geoindex.Route:
		var line orb.LineString
		for _, p := range r.Line() {
			line = append(line, point(p))
		}
		return line, nil
	}
	return nil, invalid("a %T has no geometry", region)
}

func point(p geoindex.LatLng) orb.Point { return orb.Point{p.Lng, p.Lat} }

func multi(p geoindex.Polygon) orb.Geometry {
	var out orb.MultiPolygon
	for _, rings := range p.Rings() {
		var part orb.Polygon
		for i, places := range rings {
			part = append(part, ring(places, i == 0))
		}
		out = append(out, part)
	}
	return single(out)
}

// single returns a multi-polygon of one part as that.
func single(m orb.MultiPolygon) orb.Geometry {
	if len(m) == 1 {
		return m[0]
	}
	return m
}

// ring closes a ring and makes it run counterclockwise, or clockwise.
func ring(places []geoindex.LatLng, counterclockwise bool) orb.Ring {
	var out orb.Ring
	for _, p := range places {
		out = append(out, point(p))
	}
	out = append(out, out[0])
	if (out.Orientation() == orb.CCW) != counterclockwise {
		slices.Reverse(out)
	}
	return out
}

func cells(c geoindex.Cells) orb.Geometry {
	var out orb.MultiPolygon
	for _, id := range c.IDs() {
		cell := s2.CellFromCellID(s2.CellID(id))
		var corners []geoindex.LatLng
		for k := range 4 {
			ll := s2.LatLngFromPoint(cell.Vertex(k))
			corners = append(corners, geoindex.LatLng{Lat: ll.Lat.Degrees(), Lng: ll.Lng.Degrees()})
		}
		out = append(out, orb.Polygon{ring(corners, true)})
	}
	return single(out)
}

func rect(r geoindex.Rect) orb.Geometry {
	sw, ne := r.SouthWest(), r.NorthEast()
	box := func(west, east float64) orb.Polygon {
		return orb.Bound{Min: orb.Point{west, sw.Lat}, Max: orb.Point{east, ne.Lat}}.ToPolygon()
	}
	if sw.Lng <= ne.Lng {
		return box(sw.Lng, ne.Lng)
	}
	return orb.MultiPolygon{box(sw.Lng, 180), box(-180, ne.Lng)}
}

func disc(d geoindex.Disc) orb.Geometry {
	const corners = 128
	var places []geoindex.LatLng
	lat, angle := d.Center().Lat*math.Pi/180, float64(d.Radius()/geoindex.EarthRadius)
	for i := range corners {
		bearing := 2 * math.Pi * float64(i) / corners
		sin := math.Sin(lat)*math.Cos(angle) + math.Cos(lat)*math.Sin(angle)*math.Cos(bearing)
		lng := math.Atan2(math.Sin(bearing)*math.Sin(angle)*math.Cos(lat), math.Cos(angle)-math.Sin(lat)*sin)
		places = append(places, geoindex.LatLng{
			Lat: math.Asin(max(-1, min(1, sin))) * 180 / math.Pi,
			Lng: math.Remainder(d.Center().Lng+lng*180/math.Pi, 360),
		})
	}
	return orb.Polygon{ring(places, true)}
}
