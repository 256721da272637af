package geohash

// Direction is one of the eight of a compass.
type Direction int

// Directions, clockwise.
const (
	North Direction = iota
	NorthEast
	East
	SouthEast
	South
	SouthWest
	West
	NorthWest
)

// steps to the north and to the east of each Direction.
var steps = [8][2]int{{1, 0}, {1, 1}, {0, 1}, {-1, 1}, {-1, 0}, {-1, -1}, {0, -1}, {1, -1}}

// Neighbor returns the cell beside h. East and west go around the Earth. Who steps
// north out of the last row has crossed the pole, and stands in the same row on the other
// side of the Earth, 180 degrees away; so it is in the south. It follows that a cell of
// one character or more has eight different neighbours, and is a neighbour of each.
// The zero Hash is its own.
func (h Hash) Neighbor(d Direction) Hash {
	rows, columns := gridBits(h.Precision())
	row, column := h.grid()
	if h.precision == 0 {
		return h
	}
	next := int64(row) + int64(steps[d][0])
	column += uint64(steps[d][1])
	if next < 0 || next == 1<<rows {
		next = int64(row)
		column += 1 << (columns - 1)
	}
	return hashAt(uint64(next), column&(1<<columns-1), h.Precision())
}

// Neighbors returns the cells around h, clockwise from the north. See [Hash.Neighbor].
func (h Hash) Neighbors() (n [8]Hash) {
	for d := range n {
		n[d] = h.Neighbor(Direction(d))
	}
	return n
}
