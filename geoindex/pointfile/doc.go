// Package pointfile reads points from files: CSV and GeoJSON.
//
//	file, records, err := pointfile.Open("cities.csv")
//
// # CSV
//
// UTF-8 with a header line. The place is in columns named lat or latitude, and lng, lon,
// long or longitude, in any order and case, in degrees. Every other column that is not
// empty is a property, under its name.
//
// # GeoJSON
//
// A FeatureCollection, or Features one a line (RFC 8142). A feature that is no point
// stands for its centroid.
//
// # Bad input
//
// A record that cannot be used is a [*RecordError] with its line, and reading goes
// on behind it. What makes the whole file unreadable (no header, broken JSON outside
// of a feature) ends the reading with another error.
package pointfile
