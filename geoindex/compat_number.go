package geoindex

import (
	"math"
	"strconv"
)

// numbering is how the ids of leaf cells are written as numbers, and which of their first
// digits make hash keys.
type numbering struct {
	length   int  // of hash keys, in digits
	unsigned bool // as Python and dyngeo have them
}

// negative reports whether the number of a leaf cell is.
func (n numbering) negative(leaf CellID) bool { return !n.unsigned && leaf > math.MaxInt64 }

// magnitude is the number of a leaf cell without its sign; it is its own inverse.
func (n numbering) magnitude(leaf CellID) uint64 {
	if n.negative(leaf) {
		return -uint64(leaf)
	}
	return uint64(leaf)
}

// text returns the number of a leaf cell.
func (n numbering) text(leaf CellID) string { return n.sign(leaf, n.magnitude(leaf)) }

func (n numbering) sign(leaf CellID, magnitude uint64) string {
	digits := strconv.FormatUint(magnitude, 10)
	if n.negative(leaf) {
		return "-" + digits
	}
	return digits
}

// parse reads a number of either kind.
func (n numbering) parse(text string) (leaf CellID, ok bool) {
	if signed, err := strconv.ParseInt(text, 10, 64); err == nil {
		return CellID(uint64(signed)), !n.unsigned || signed > 0
	}
	unsigned, err := strconv.ParseUint(text, 10, 64)
	return CellID(unsigned), err == nil && n.unsigned
}

// divisor is what a magnitude is divided by for its hash key. An id of fewer digits than
// hash keys have is its own: dynamodb-geo divides by zero there.
func (n numbering) divisor(magnitude uint64) uint64 {
	limit, d := uint64(1), uint64(1)
	for range n.length {
		limit *= 10
	}
	for ; magnitude >= limit; magnitude /= 10 {
		d *= 10
	}
	return d
}

// hashKey returns the hash key of a leaf cell.
func (n numbering) hashKey(leaf CellID) string {
	m := n.magnitude(leaf)
	return n.sign(leaf, m/n.divisor(m))
}

// run returns the leaf cells that have the hash key of leaf and as many digits. A hash key
// of positive numbers has such a run for every number of digits, far from one another.
func (n numbering) run(leaf CellID) leaves {
	m := n.magnitude(leaf)
	d := n.divisor(m)
	if d == 1 {
		return leaves{leaf, leaf}
	}
	low := m / d * d
	high := low + d - 1 // odd, as leaf ids are
	switch {
	case n.negative(leaf):
		low, high = -min(high, 1<<63-1), -(low + 1)
	case n.unsigned:
		if high < low { // beyond the last number
			high = math.MaxUint64
		}
		low++
	default:
		low, high = low+1, min(high, math.MaxInt64)
	}
	return leaves{CellID(low), CellID(high)}
}
