package geohash

import (
	"fmt"
	"math"
)

// Box is a rectangle of degrees, edges included. West is greater than East where it
// crosses the antimeridian.
type Box struct{ South, West, North, East float64 }

// Size returns the height and width of cells in degrees. precision is 0, where the cell
// is the whole Earth, to [MaxPrecision].
func Size(precision int) (lat, lng float64) {
	rows, columns := gridBits(precision)
	return math.Ldexp(180, -rows), math.Ldexp(360, -columns)
}

// Box returns the edges of the cell, exactly.
func (h Hash) Box() Box {
	rows, columns := gridBits(h.Precision())
	row, column := h.grid()
	return Box{
		South: edge(row, 180, rows), West: edge(column, 360, columns),
		North: edge(row+1, 180, rows), East: edge(column+1, 360, columns),
	}
}

// Center returns the middle of the cell, to which it decodes. No place in the cell is
// further from it than half of [Size] in either direction: the error of decoding.
func (h Hash) Center() (lat, lng float64) {
	b := h.Box()
	return (b.South + b.North) / 2, (b.West + b.East) / 2
}

// maxCover bounds the cells of one Cover.
const maxCover = 1 << 20

// Cover returns the cells of precision characters that meet the box, row by row from the
// south, each row from the west. An edge on the antimeridian meets the cells on both of
// its sides. A box that is not valid, or that meets more than 1,048,576 cells, is an
// [ErrInvalid].
func Cover(b Box, precision int) ([]Hash, error) {
	if b.South > b.North {
		return nil, fmt.Errorf("%w: south %v is north of %v", ErrInvalid, b.South, b.North)
	}
	low, err := Encode(b.South, b.West, precision)
	if err != nil {
		return nil, err
	}
	high, err := Encode(b.North, b.East, precision)
	if err != nil {
		return nil, err
	}
	south, _ := low.grid()
	north, _ := high.grid()
	west, width := columnsOf(b, low, high)
	if (north-south+1)*width > maxCover {
		return nil, fmt.Errorf("%w: the box meets more than %d cells of %d characters", ErrInvalid, maxCover, precision)
	}
	_, columns := gridBits(precision)
	cells := make([]Hash, 0, (north-south+1)*width)
	for row := south; row <= north; row++ {
		for i := range width {
			cells = append(cells, hashAt(row, (west+i)&(1<<columns-1), precision))
		}
	}
	return cells, nil
}

// columnsOf returns the first column that the box meets and how many there are from it
// to the east, around the Earth where it is so. low and high are the cells of its corners.
func columnsOf(b Box, low, high Hash) (west, width uint64) {
	_, n := gridBits(low.Precision())
	columns := uint64(1) << n
	_, west = low.grid()
	_, east := high.grid()
	width = (east-west)&(columns-1) + 1
	if b.West > b.East && width == 1 { // all around, back into the same column
		width = columns
	}
	if b.West == -180 { // the cells that hold longitude 180
		west, width = west-1, width+1
	}
	if b.East == 180 { // and those that hold -180
		width++
	}
	if width >= columns {
		return 0, columns
	}
	return west, width
}
