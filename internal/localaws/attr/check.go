package attr

import (
	"encoding/binary"
	"unicode/utf8"
)

// CutPacked takes one packed item from the front of data and returns the rest. Bytes
// that [AppendBinary] did not write give [ErrCorrupt]; nothing is decoded or copied.
func CutPacked(data string) (p Packed, rest string, err error) {
	c := checker{data: data}
	if c.item(1); c.failed {
		return "", "", ErrCorrupt
	}
	return Packed(data[:len(data)-len(c.data)]), c.data, nil
}

// checker reads values from the front of data and looks for whatever AppendBinary does
// not write. After failed it reads nothing.
type checker struct {
	data   string
	failed bool
}

func (c *checker) fail() { c.data, c.failed = "", true }

// require fails unless ok.
func (c *checker) require(ok bool) {
	if !ok {
		c.fail()
	}
}

func (c *checker) byte() byte {
	if c.data == "" {
		c.fail()
		return 0
	}
	b := c.data[0]
	c.data = c.data[1:]
	return b
}

// count reads the number of elements that follow, of at least size bytes each.
func (c *checker) count(size int) int {
	n, length := uvarint(c.data)
	if length == 0 || n > uint64(len(c.data)-length)/uint64(size) {
		c.fail()
		return 0
	}
	c.data = c.data[length:]
	return int(n)
}

func (c *checker) bytes() string {
	n := c.count(1)
	s := c.data[:n]
	c.data = c.data[n:]
	return s
}

func (c *checker) text() string {
	s := c.bytes()
	c.require(utf8.ValidString(s))
	return s
}

func (c *checker) item(depth int) {
	previous := ""
	for i, n := 0, c.count(2); i < n && !c.failed; i++ {
		name := c.text()
		c.require(i == 0 || name > previous)
		c.value(depth)
		previous = name
	}
}

func (c *checker) value(depth int) {
	t := Type(c.byte())
	c.require(depth <= MaxNesting)
	switch t {
	case TypeS, TypeB, TypeN:
		c.content(t)
	case TypeBOOL:
		c.require(c.byte() <= 1)
	case TypeNULL:
	case TypeM:
		c.item(depth + 1)
	case TypeL:
		for n := c.count(1); n > 0 && !c.failed; n-- {
			c.value(depth + 1)
		}
	case TypeSS, TypeNS, TypeBS:
		c.set(t.Member())
	default:
		c.fail()
	}
}

func (c *checker) set(member Type) {
	n := c.count(1)
	c.require(n > 0)
	var previous Value
	for i := 0; i < n && !c.failed; i++ {
		v := c.content(member)
		c.require(i == 0 || compareMembers(previous, v) < 0)
		previous = v
	}
}

func (c *checker) content(t Type) Value {
	v := Value{Type: t}
	switch t {
	case TypeN:
		v.N = c.number()
	case TypeS:
		v.S = c.text()
	default:
		v.S = c.bytes()
	}
	return v
}

func (c *checker) number() Number {
	size := 0
	if c.data != "" {
		size = int(c.data[0] &^ binaryNegative)
	}
	if size > 16 || size >= len(c.data) {
		c.fail()
		return Number{}
	}
	if size == 0 {
		c.require(c.byte() == 0)
		return Number{}
	}
	exp, length := varint(c.data[1+size:])
	if length == 0 || exp < minExp-maxDigits || exp > maxExp {
		c.fail()
		return Number{}
	}
	u := unpacker{c.data}
	read := u.number()
	c.data = u.data
	n, err := newNumber(read.neg, read.coef, int(read.exp), errPrecision)
	c.require(err == nil && n == read)
	return n
}

// uvarint reads an unsigned varint from the front of s. Its length is 0 where none
// stands there.
func uvarint(s string) (n uint64, length int) {
	if s != "" && s[0] < 0x80 { // nearly all
		return uint64(s[0]), 1
	}
	var b [binary.MaxVarintLen64]byte
	n, length = binary.Uvarint(b[:copy(b[:], s)])
	return n, max(length, 0)
}

// varint is uvarint for signed ones.
func varint(s string) (n int64, length int) {
	u, length := uvarint(s)
	n = int64(u >> 1)
	if u&1 != 0 {
		n = ^n
	}
	return n, length
}

func appendUvarint(dst []byte, n int) []byte { return binary.AppendUvarint(dst, uint64(n)) }
