package attr

// MaxItemSize is the largest [Item.Size] that DynamoDB stores: 400 KB.
const MaxItemSize = 400 * 1024

// MaxName is the length in bytes of the longest attribute name.
const MaxName = 64*1024 - 1

// MaxNesting is the number of levels that a document may have: an attribute of
// a scalar type is one level, and every list or map around it one more.
const MaxNesting = 32

// Sizes from the developer guide, "DynamoDB item sizes and formats".
const (
	sizeFlag      = 1 // a BOOL or NULL
	sizeContainer = 3 // an L or M, whatever it holds
	sizeElement   = 1 // each element of an L or M
)

// Size returns the bytes that DynamoDB counts for the item: names and values.
func (it Item) Size() int {
	size := 0
	for name, v := range it {
		size += len(name) + v.Size()
	}
	return size
}

// Size returns the bytes that DynamoDB counts for the value, without a name.
func (v Value) Size() int {
	switch v.Type {
	case TypeS, TypeB:
		return len(v.S)
	case TypeN:
		return v.N.Size()
	case TypeBOOL, TypeNULL:
		return sizeFlag
	case TypeM:
		return sizeContainer + len(v.M)*sizeElement + v.M.Size()
	case TypeL:
		size := sizeContainer + len(v.L)*sizeElement
		for i := range v.L {
			size += v.L[i].Size()
		}
		return size
	}
	size := 0
	for i := range v.Set {
		size += v.Set[i].Size()
	}
	return size
}

// Size returns the bytes that DynamoDB counts for the number: one, one more for
// each pair of digits, and one for a minus sign. The pairs are those of a
// base-100 exponent, so 12 is one pair and 1.2 two.
func (n Number) Size() int {
	if n.digits == 0 {
		return 1
	}
	first, last := n.firstExp(), int(n.exp)
	size := 1 + floorHalf(first) - floorHalf(last) + 1
	if n.neg {
		size++
	}
	return size
}

// floorHalf returns i/2 rounded down.
func floorHalf(i int) int { return i >> 1 }

// Depth returns the levels of v: 1 for a scalar or set, and one more than the
// deepest element for an L or M.
func (v Value) Depth() int {
	deepest := 0
	for i := range v.L {
		deepest = max(deepest, v.L[i].Depth())
	}
	for _, e := range v.M {
		deepest = max(deepest, e.Depth())
	}
	return deepest + 1
}
