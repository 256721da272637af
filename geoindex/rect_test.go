package geoindex

import "testing"

// TestRectBelowAnEdge finds what lies in a cell of which the rectangle meets no more than the
// middle of an edge, where it reaches furthest north or south: there is no vertex of one in
// the other.
func TestRectBelowAnEdge(t *testing.T) {
	for _, row := range []struct {
		southWest, northEast, at LatLng
	}{
		{LatLng{44.98740275201773, -11.088782461509393}, LatLng{55.865333541425905, 6.485252563523606}, LatLng{44.9976, 0.0092}},
		{LatLng{44.99, -1}, LatLng{50, 1}, LatLng{44.999, 0}},
		{LatLng{-50, 89}, LatLng{-44.99, 91}, LatLng{-44.999, 90}},
	} {
		region, err := NewRect(row.southWest, row.northEast)
		if err != nil {
			t.Fatal(err)
		}
		table := newTable(t, &fake{})
		table.client = newFake(table, []Point{NewPoint(row.at, "x", nil)})
		if got := collectIDs(t, table, region); len(got) != 1 {
			t.Errorf("%v: %v is missed", region, row.at)
		}
	}
}
