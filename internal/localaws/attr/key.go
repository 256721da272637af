package attr

import (
	"fmt"
	"strings"
)

// AppendKey appends the key bytes of v, an S, N or B, to dst. For two values of
// one type bytes.Compare of their key bytes is DynamoDB's order. No value's key
// bytes are a prefix of another's (of the same type), so that the key bytes of
// several columns can be appended to each other and still sort column by column.
// AppendKey panics for other types: check [Type.IsKey] first.
//
// S and B are their bytes, with 0x00 written as 0x00 0xFF, and 0x00 0x01 at the
// end. N is a byte for the sign, one for the exponent of the first digit, pairs
// of digits as 1 to 100, and 0; a negative number inverts what follows the sign.
func AppendKey(dst []byte, v Value) []byte {
	switch v.Type {
	case TypeS, TypeB:
		return append(appendEscaped(dst, v.S), 0x00, 0x01)
	case TypeN:
		return v.N.appendKey(dst)
	}
	panic(fmt.Sprintf("attr: AppendKey of a value of type %q", v.Type))
}

// AppendKeyPrefix appends the bytes with which the key bytes of exactly those
// values begin that begin with prefix, an S or B.
func AppendKeyPrefix(dst []byte, prefix Value) []byte {
	return appendEscaped(dst, prefix.S)
}

func appendEscaped(dst []byte, s string) []byte {
	for {
		i := strings.IndexByte(s, 0)
		if i < 0 {
			return append(dst, s...)
		}
		dst = append(dst, s[:i+1]...)
		dst = append(dst, 0xFF)
		s = s[i+1:]
	}
}

// The first byte of a number's key bytes.
const (
	keyNegative = 1 + iota
	keyZero
	keyPositive
)

func (n Number) appendKey(dst []byte) []byte {
	if n.digits == 0 {
		return append(dst, keyZero)
	}
	lead, invert := byte(keyPositive), byte(0x00)
	if n.neg {
		lead, invert = keyNegative, 0xFF
	}
	dst = append(dst, lead, byte(n.firstExp()-minExp)^invert) // 256 exponents
	var buf [2 * 19]byte
	digits := n.appendDigits(buf[:])
	for i := 0; i < len(digits); i += 2 {
		pair := 10 * (digits[i] - '0')
		if i+1 < len(digits) {
			pair += digits[i+1] - '0'
		}
		dst = append(dst, (pair+1)^invert)
	}
	return append(dst, invert)
}

// Successor returns the smallest byte string that is greater than every string
// that begins with key, or nil where there is none. It returns a new slice.
func Successor(key []byte) []byte {
	for i := len(key) - 1; i >= 0; i-- {
		if key[i] != 0xFF {
			next := append([]byte(nil), key[:i+1]...)
			next[i]++
			return next
		}
	}
	return nil
}
