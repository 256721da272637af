package attr

import (
	"encoding/binary"
	"unicode/utf8"
)

// AppendBinary appends the compact binary form of item to dst: deterministic,
// self-delimiting and made for storage, not for the wire.
//
// An item is the count of its attributes and, in order of name, each name and
// value. A value is its type and then: a length and bytes (S, B); see
// [Number.appendBinary] (N); an item (M); a count and values (L); a count and
// members without their type (sets); one byte (BOOL); nothing (NULL). Counts and
// lengths are unsigned varints.
func AppendBinary(dst []byte, item Item) []byte {
	var room [24]string
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

// DecodeBinary reads one item from the front of data and returns the rest.
// Damaged input gives [ErrCorrupt]; what it allocates is bounded by a constant
// times len(data).
func DecodeBinary(data []byte) (item Item, rest []byte, err error) {
	r := reader{data: data}
	item = r.item(1)
	if r.failed {
		return nil, nil, ErrCorrupt
	}
	return item, r.data, nil
}

// reader takes values from the front of data. After failed it returns zeros.
type reader struct {
	data   []byte
	failed bool
}

func (r *reader) fail() { r.data, r.failed = nil, true }

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.fail()
		return 0
	}
	b := r.data[0]
	r.data = r.data[1:]
	return b
}

// count reads the number of elements that follow, of at least size bytes each.
func (r *reader) count(size int) int {
	n, length := binary.Uvarint(r.data)
	if length <= 0 || n > uint64(len(r.data)-length)/uint64(size) {
		r.fail()
		return 0
	}
	r.data = r.data[length:]
	return int(n)
}

func (r *reader) bytes() string {
	n := r.count(1)
	s := string(r.data[:n])
	r.data = r.data[n:]
	return s
}

func (r *reader) text() string {
	s := r.bytes()
	if !utf8.ValidString(s) {
		r.fail()
	}
	return s
}

func (r *reader) item(depth int) Item {
	n := r.count(2)
	item := make(Item, n)
	for previous := ""; n > 0 && !r.failed; n-- {
		name := r.text()
		if len(item) > 0 && name <= previous {
			r.fail()
		}
		item[name] = r.value(depth)
		previous = name
	}
	return item
}

func (r *reader) value(depth int) Value {
	v := Value{Type: Type(r.byte())}
	if depth > MaxNesting {
		r.fail()
	}
	switch v.Type {
	case TypeS, TypeB, TypeN:
		return r.content(v.Type)
	case TypeBOOL:
		b := r.byte()
		if v.Bool = b == 1; b > 1 {
			r.fail()
		}
	case TypeNULL:
		v.Bool = true
	case TypeM:
		v.M = r.item(depth + 1)
	case TypeL:
		v.L = make([]Value, r.count(1))
		for i := range v.L {
			v.L[i] = r.value(depth + 1)
			if r.failed {
				break
			}
		}
	case TypeSS, TypeNS, TypeBS:
		v.Set = r.set(v.Type.Member())
	default:
		r.fail()
	}
	return v
}

func (r *reader) set(member Type) []Value {
	set := make([]Value, r.count(1))
	if len(set) == 0 {
		r.fail()
	}
	for i := range set {
		set[i] = r.content(member)
		if r.failed || i > 0 && compareMembers(set[i-1], set[i]) >= 0 {
			r.fail()
			break
		}
	}
	return set
}

func (r *reader) content(t Type) Value {
	v := Value{Type: t}
	switch t {
	case TypeN:
		v.N = r.number()
	case TypeS:
		v.S = r.text()
	default:
		v.S = r.bytes()
	}
	return v
}

func (r *reader) number() Number {
	head := r.byte()
	size := int(head &^ binaryNegative)
	if head == 0 {
		return Number{}
	}
	if size == 0 || size > 16 || size > len(r.data) {
		r.fail()
		return Number{}
	}
	var c u128
	for i := size - 1; i >= 0; i-- {
		c.hi, c.lo = c.hi<<8|c.lo>>56, c.lo<<8|uint64(r.data[i])
	}
	r.data = r.data[size:]
	exp, length := binary.Varint(r.data)
	if length <= 0 || exp < minExp-maxDigits || exp > maxExp {
		r.fail()
		return Number{}
	}
	r.data = r.data[length:]
	n, err := newNumber(head&binaryNegative != 0, c, int(exp), errPrecision)
	if err != nil || n.coef != c {
		r.fail()
	}
	return n
}
