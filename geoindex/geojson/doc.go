// Package geojson reads regions of package geoindex from GeoJSON (RFC 7946), and writes
// them.
//
//	region, err := geojson.Parse(data)
//	for hit, err := range table.Search(ctx, region) {
//
// # Edges
//
// GeoJSON's lines are straight on the map of longitude and latitude (section 3.1.1), a
// [geoindex.Polygon]'s are arcs of great circles. What is parsed has corners added where
// the two are more than [Tolerance] apart: none within a city, a thousand for the border
// along a parallel through a continent.
//
// # Rings
//
// Rings may run either way round, and encloses what is smaller. A polygon that crosses
// the antimeridian is cut there (section 3.1.9), and its parts make one region; one that
// is not cut is taken the long way round, as the map says.
package geojson
