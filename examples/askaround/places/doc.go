// Package places reads the questions that Ask Around Me starts with, from CSV or
// GeoJSON of real questions or places, and holds a bundled list of places.
//
// # CSV
//
// UTF-8 with a header line. Columns are found by name, in any order and case; others are
// ignored:
//
//	lat, latitude             degrees, required
//	lng, lon, long, longitude degrees, required
//	name                      of the place
//	question                  text; where empty, one is made of the name
//	kind                      star or geo; where empty, star
//
// # GeoJSON
//
// A FeatureCollection, or Features one a line (RFC 8142). A feature that is no point
// stands for its centroid. The properties are named name, question and kind.
//
// # Bad input
//
// A record that cannot be used is a [*RecordError] with its line, and reading goes
// on behind it. What makes the whole file unreadable (no header, broken JSON outside
// of a feature) ends the reading with another error.
package places
