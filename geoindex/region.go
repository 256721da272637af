package geoindex

// Region is a part of the Earth's surface: a [Disc], [Rect], [Polygon], [Route] or
// [Cells]. Each is made by a function that refuses what makes no sense, and cannot be
// wrong afterwards; the zero value of each is empty. Edges belong to their region.
// Regions are immutable and safe for concurrent use.
type Region interface {
	// Contains reports whether a place lies in the region. It is what searches decide
	// by. A place that is not valid lies in none.
	Contains(p LatLng) bool
	// String describes the region in a line.
	String() string

	// classify tells how a cell lies to the region: outside and inside only where they
	// are certain for every place that has a leaf cell in c, with rounding. near is
	// what classify returned for a cell that contains c, nil for the first.
	classify(c quad, near []int32) (relation, []int32)
	// identity appends what tells the region from every other.
	identity(b []byte) []byte
}

// relation is how a cell lies to a region.
type relation int8

const (
	outside relation = iota // no place of the cell lies in the region
	meets                   // some may
	inside                  // all do
)
