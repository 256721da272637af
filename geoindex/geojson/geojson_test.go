package geojson

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/geoindex"
)

func at(lat, lng float64) geoindex.LatLng { return geoindex.LatLng{Lat: lat, Lng: lng} }

func TestParse(t *testing.T) {
	const square = `[[0,0],[4,0],[4,4],[0,4],[0,0]]`
	const hole = `[[1,1],[1,2],[2,2],[2,1],[1,1]]`
	for why, row := range map[string]struct {
		data    string
		in, out []geoindex.LatLng
	}{
		"a polygon with a hole": {`{"type":"Polygon","coordinates":[` + square + `,` + hole + `]}`,
			[]geoindex.LatLng{at(3, 3), at(0, 2), at(1, 1.5)}, []geoindex.LatLng{at(1.5, 1.5), at(5, 3)}},
		"rings the other way round, not closed": {`{"type":"Polygon","coordinates":[[[0,0],[0,4],[4,4],[4,0]]]}`,
			[]geoindex.LatLng{at(3, 3)}, []geoindex.LatLng{at(5, 3)}},
		"a feature of two polygons": {`{"type":"Feature","properties":null,"geometry":{"type":"MultiPolygon","coordinates":[[` + square + `],[[[10,10],[11,10],[11,11]]]]}}`,
			[]geoindex.LatLng{at(1, 1), at(10.2, 10.8)}, []geoindex.LatLng{at(7, 7)}},
		"a collection of features": {`{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon","coordinates":[` + square + `]}}]}`,
			[]geoindex.LatLng{at(2, 2)}, []geoindex.LatLng{at(-1, 2)}},
		"a collection of geometries": {`{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[` + square + `]}]}`,
			[]geoindex.LatLng{at(2, 2)}, []geoindex.LatLng{at(-1, 2)}},
		"cut at the antimeridian": {`{"type":"MultiPolygon","coordinates":[[[[178,-20],[180,-20],[180,-15],[178,-15],[178,-20]]],[[[-180,-20],[-177,-20],[-177,-15],[-180,-15],[-180,-20]]]]}`,
			[]geoindex.LatLng{at(-17, 179), at(-17, -178), at(-17, 180), at(-17, -180)}, []geoindex.LatLng{at(-17, 0)}},
		"edges are straight on the map": {`{"type":"Polygon","coordinates":[[[-45,50],[45,50],[45,60],[-45,60]]]}`,
			[]geoindex.LatLng{at(50.0001, 0), at(59.9999, 0), at(55, -44)}, []geoindex.LatLng{at(60.0001, 0), at(49.9999, 10)}},
	} {
		region, err := Parse([]byte(row.data))
		if err != nil {
			t.Errorf("%s: %v", why, err)
			continue
		}
		for _, p := range row.in {
			if !region.Contains(p) {
				t.Errorf("%s: %v is outside", why, p)
			}
		}
		for _, p := range row.out {
			if region.Contains(p) {
				t.Errorf("%s: %v is inside", why, p)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for why, data := range map[string]string{
		"no JSON":                `{`,
		"another type":           `{"type":"Topology"}`,
		"a point":                `{"type":"Point","coordinates":[1,2]}`,
		"no geometry":            `{"type":"Feature","properties":null,"geometry":null}`,
		"no feature":             `{"type":"FeatureCollection","features":[]}`,
		"no ring":                `{"type":"Polygon","coordinates":[]}`,
		"two places":             `{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,0]]]}`,
		"latitude first":         `{"type":"Polygon","coordinates":[[[51,139],[52,139],[52,140]]]}`,
		"a bow tie":              `{"type":"Polygon","coordinates":[[[0,0],[2,2],[2,0],[0,2]]]}`,
		"coordinates of no kind": `{"type":"Polygon","coordinates":"here"}`,
	} {
		if _, err := Parse([]byte(data)); !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("%s: error %v, want ErrInvalid", why, err)
		}
	}
	for why, data := range map[string]string{
		"a polygon": `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4]]]}`,
		"two lines": `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}},{"type":"Feature","properties":{},"geometry":{"type":"LineString","coordinates":[[0,0],[1,1]]}}]}`,
		"no place":  `{"type":"LineString","coordinates":[]}`,
	} {
		if _, err := ParseRoute([]byte(data), 10); !errors.Is(err, geoindex.ErrInvalid) {
			t.Errorf("route, %s: error %v, want ErrInvalid", why, err)
		}
	}
}

func TestParseRoute(t *testing.T) {
	route, err := ParseRoute([]byte(`{"type":"LineString","coordinates":[[-0.13,51.51],[-0.1,51.5]]}`), 200)
	if err != nil {
		t.Fatal(err)
	}
	if !route.Contains(at(51.505, -0.115)) || route.Contains(at(51.51, -0.1)) {
		t.Errorf("%v", route)
	}
}

// TestTolerance looks along edges for how far the arcs are from the map's lines.
func TestTolerance(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 30 {
		a, b := at(160*r.Float64()-80, 300*r.Float64()-150), at(160*r.Float64()-80, 300*r.Float64()-150)
		places := append(divide([]geoindex.LatLng{a}, a, b), b)
		route, err := geoindex.NewRoute(places, Tolerance)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			f := r.Float64()
			if p := at(a.Lat+f*(b.Lat-a.Lat), a.Lng+f*(b.Lng-a.Lng)); !route.Contains(p) {
				t.Fatalf("%v to %v in %d places: %v is further than %v", a, b, len(places), p, Tolerance)
			}
		}
	}
}

func TestMarshal(t *testing.T) {
	must := func(r geoindex.Region, err error) geoindex.Region {
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	polygon, err := geoindex.NewPolygon([]geoindex.LatLng{at(0, 0), at(4, 0), at(4, 4), at(0, 4)}, []geoindex.LatLng{at(1, 1), at(1, 2), at(2, 2)})
	if err != nil {
		t.Fatal(err)
	}
	rect := func(a, b geoindex.LatLng) geoindex.Region { r, err := geoindex.NewRect(a, b); return must(r, err) }
	route, err := geoindex.NewRoute([]geoindex.LatLng{at(1, 2), at(3, 4)}, 5)
	for why, row := range map[string]struct {
		region geoindex.Region
		want   string
	}{
		"a polygon":   {polygon, `{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]],[[1,1],[1,2],[2,2],[2,1],[1,1]]]}`},
		"a rectangle": {rect(at(1, 2), at(3, 4)), `{"type":"Polygon","coordinates":[[[2,1],[4,1],[4,3],[2,3],[2,1]]]}`},
		"a rectangle over the antimeridian": {rect(at(1, 179), at(3, -179)),
			`{"type":"MultiPolygon","coordinates":[[[[179,1],[180,1],[180,3],[179,3],[179,1]]],[[[-180,1],[-179,1],[-179,3],[-180,3],[-180,1]]]]}`},
		"a route": {must(route, err), `{"type":"LineString","coordinates":[[2,1],[4,3]]}`},
	} {
		got, err := Marshal(row.region)
		if err != nil {
			t.Errorf("%s: %v", why, err)
		}
		if why == "a polygon" { // which corner a ring begins with is of no importance
			again, err := Parse(got)
			if err != nil || again.Contains(at(1.2, 1.8)) == polygon.Contains(at(3, 3)) || !again.Contains(at(3, 3)) {
				t.Errorf("%s: %s, %v", why, got, err)
			}
			continue
		}
		if diff := cmp.Diff(row.want, string(got)); diff != "" {
			t.Errorf("%s: %s", why, diff)
		}
	}
	disc, err := geoindex.NewDisc(at(51.5, -0.1), 1000)
	if err != nil {
		t.Fatal(err)
	}
	cell, err := geoindex.NewCells(geoindex.CellAt(at(51.5, -0.1)).Parent(10))
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []geoindex.Region{disc, cell} {
		data, err := Marshal(region)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := Parse(data); err != nil || !again.Contains(at(51.5, -0.1)) || again.Contains(at(52.5, -0.1)) {
			t.Errorf("%v: %s, %v", region, data, err)
		}
	}
	if _, err := Marshal(nil); !errors.Is(err, geoindex.ErrInvalid) {
		t.Errorf("no region: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,4],[0,0]]]}`))
	f.Add([]byte(`{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4]]]]}}`))
	f.Add([]byte(`{"type":"GeometryCollection","geometries":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1000 {
			t.Skip()
		}
		region, err := Parse(data)
		if err != nil {
			if !errors.Is(err, geoindex.ErrInvalid) {
				t.Fatalf("error %v, want ErrInvalid", err)
			}
			return
		}
		for _, part := range region.Rings() {
			if !region.Contains(part[0][0]) {
				t.Fatalf("corner %v is outside", part[0][0])
			}
		}
	})
}
