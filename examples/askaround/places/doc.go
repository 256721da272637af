// Package places reads the questions that Ask Around Me starts with, from CSV or
// GeoJSON of real questions or places, and holds a bundled list of places.
//
// Files are those of package pointfile. Its properties mean, in any case of their names:
//
//	name      of the place
//	question  text; where empty, one is made of the name
//	kind      star or geo; where empty, star
//
// A record without a usable question is a [*RecordError] with its line, as one without a
// usable place is.
package places
