package attr

import "encoding/binary"

// AppendBinary appends the compact binary form of item to dst: deterministic,
// self-delimiting and made for storage, not for the wire.
//
// An item is the count of its attributes and, in order of name, each name and
// value. A value is its type and then: a length and bytes (S, B); see
// [Number.appendBinary] (N); an item (M); a count and values (L); a count and
// members without their type (sets); one byte (BOOL); nothing (NULL). Counts and
// lengths are unsigned varints.
func AppendBinary(dst []byte, item Item) []byte {
	var room [32]string
	dst = binary.AppendUvarint(dst, uint64(len(item)))
	for _, name := range sortedNames(room[:0], item) {
		dst = appendBytes(dst, name)
		dst = appendValue(dst, item[name])
	}
	return dst
}

// appendValue appends the binary form of v to dst.
func appendValue(dst []byte, v Value) []byte {
	dst = append(dst, byte(v.Type))
	switch v.Type {
	case TypeS, TypeB, TypeN:
		return appendContent(dst, v)
	case TypeBOOL:
		if v.Bool {
			return append(dst, 1)
		}
		return append(dst, 0)
	case TypeNULL:
		return dst
	case TypeM:
		return AppendBinary(dst, v.M)
	case TypeL:
		dst = binary.AppendUvarint(dst, uint64(len(v.L)))
		for i := range v.L {
			dst = appendValue(dst, v.L[i])
		}
		return dst
	}
	dst = binary.AppendUvarint(dst, uint64(len(v.Set)))
	for i := range v.Set {
		dst = appendContent(dst, v.Set[i])
	}
	return dst
}

// appendContent appends an S, N or B without its type.
func appendContent(dst []byte, v Value) []byte {
	if v.Type == TypeN {
		return v.N.appendBinary(dst)
	}
	return appendBytes(dst, v.S)
}

func appendBytes(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

const binaryNegative = 0x80

// appendBinary appends a byte with the sign and the number of coefficient bytes,
// 0 for zero, then the coefficient, least byte first, then the exponent as a
// signed varint.
func (n Number) appendBinary(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0)
	if n.digits == 0 {
		return dst
	}
	for c := n.coef; !c.isZero(); {
		dst = append(dst, byte(c.lo))
		c.lo, c.hi = c.lo>>8|c.hi<<56, c.hi>>8
	}
	dst[at] = byte(len(dst) - at - 1)
	if n.neg {
		dst[at] |= binaryNegative
	}
	return binary.AppendVarint(dst, int64(n.exp))
}
