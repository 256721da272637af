package geohash

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// MaxPrecision is the longest hash, 60 bits: cells of some centimetres.
const MaxPrecision = 12

// ErrInvalid reports an argument out of range or a text that is no geohash.
var ErrInvalid = errors.New("geohash: invalid")

// Hash is a cell. It is comparable; the zero Hash is the whole Earth, with no text.
type Hash struct {
	bits      uint64 // 5 for each character, the first one's highest
	precision uint8  // 0 to MaxPrecision
}

// Encode returns the cell of precision characters (1 to [MaxPrecision]) that contains a
// place in degrees. What is out of range is an [ErrInvalid].
func Encode(lat, lng float64, precision int) (Hash, error) {
	if precision < 1 || precision > MaxPrecision {
		return Hash{}, fmt.Errorf("%w: precision %d is not within 1 and %d", ErrInvalid, precision, MaxPrecision)
	}
	if !(math.Abs(lat) <= 90) || !(math.Abs(lng) <= 180) { // false for NaN too
		return Hash{}, fmt.Errorf("%w: %v, %v is not within 90, 180 degrees", ErrInvalid, lat, lng)
	}
	rows, columns := gridBits(precision)
	return hashAt(index(lat+90, lat, 180, rows), index(lng+180, lng, 360, columns), precision), nil
}

// gridBits returns how many times latitude and longitude are halved.
func gridBits(precision int) (rows, columns int) {
	return 5 * precision / 2, (5*precision + 1) / 2
}

// index returns in which of 2^n equal parts of a span of degrees, centred at 0, the
// degree v lies; shifted is v plus half the span, rounded. The edges of parts are exact
// in float64 (45/2^28 times an integer below 2^31), so that comparing with them is
// exact too, where the division alone would err.
func index(shifted, v, span float64, n int) uint64 {
	most := uint64(1)<<n - 1
	i := min(most, uint64(shifted*math.Ldexp(1/span, n)))
	switch {
	case v < edge(i, span, n):
		i--
	case i < most && v >= edge(i+1, span, n):
		i++
	}
	return i
}

// edge returns the lower edge of part i.
func edge(i uint64, span float64, n int) float64 {
	return math.Ldexp(float64(i)*span, -n) - span/2
}

// hashAt returns the cell at a row from the south and a column from the west.
func hashAt(row, column uint64, precision int) Hash {
	h := Hash{precision: uint8(precision)}
	if precision%2 == 0 { // the last bit is latitude's
		h.bits = spread(column)<<1 | spread(row)
	} else {
		h.bits = spread(column) | spread(row)<<1
	}
	return h
}

// grid is the inverse of hashAt.
func (h Hash) grid() (row, column uint64) {
	if h.precision%2 == 0 {
		return gather(h.bits), gather(h.bits >> 1)
	}
	return gather(h.bits >> 1), gather(h.bits)
}

// spread moves bit i to bit 2i, as of a Morton code.
func spread(v uint64) uint64 {
	v = (v | v<<16) & 0x0000ffff0000ffff
	v = (v | v<<8) & 0x00ff00ff00ff00ff
	v = (v | v<<4) & 0x0f0f0f0f0f0f0f0f
	v = (v | v<<2) & 0x3333333333333333
	return (v | v<<1) & 0x5555555555555555
}

// gather is the inverse of spread; it ignores odd bits.
func gather(v uint64) uint64 {
	v &= 0x5555555555555555
	v = (v | v>>1) & 0x3333333333333333
	v = (v | v>>2) & 0x0f0f0f0f0f0f0f0f
	v = (v | v>>4) & 0x00ff00ff00ff00ff
	v = (v | v>>8) & 0x0000ffff0000ffff
	return (v | v>>16) & 0x00000000ffffffff
}

// Precision returns the number of characters.
func (h Hash) Precision() int { return int(h.precision) }

// Parent returns the cell of precision characters that contains h. precision must be
// within 0 (the whole Earth) and h's own; otherwise Parent panics, as slicing would.
func (h Hash) Parent(precision int) Hash {
	if precision < 0 || precision > h.Precision() {
		panic(fmt.Sprintf("geohash: parent of %d characters of %q", precision, h))
	}
	return Hash{h.bits >> (5 * (h.Precision() - precision)), uint8(precision)}
}

// Contains reports whether o is h or lies inside it: h's text begins o's.
func (h Hash) Contains(o Hash) bool {
	return h.precision <= o.precision && o.Parent(h.Precision()) == h
}

// Child returns the i-th of the 32 cells of one character more, in the order of their
// text. A hash of [MaxPrecision] has none: Child panics, as for i outside of 0 to 31.
func (h Hash) Child(i int) Hash {
	if h.precision >= MaxPrecision || i < 0 || i >= len(alphabet) {
		panic(fmt.Sprintf("geohash: child %d of %q", i, h))
	}
	return Hash{h.bits<<5 | uint64(i), h.precision + 1}
}

// Compare orders hashes as their texts: south-west first, a cell before what it contains.
func (h Hash) Compare(o Hash) int {
	shared := min(h.Precision(), o.Precision())
	a, b := h.Parent(shared).bits, o.Parent(shared).bits
	if a == b {
		return int(h.precision) - int(o.precision)
	}
	_, less := bits.Sub64(a, b, 0)
	return 1 - 2*int(less)
}
