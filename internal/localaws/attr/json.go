package attr

import (
	"encoding/base64"
	"slices"
	"unicode/utf8"
)

// MarshalJSON returns [AppendJSON].
func (v Value) MarshalJSON() ([]byte, error) { return AppendJSON(nil, v), nil }

// UnmarshalJSON is [DecodeValue].
func (v *Value) UnmarshalJSON(data []byte) (err error) {
	*v, err = DecodeValue(data)
	return err
}

// MarshalJSON returns [AppendItemJSON].
func (it Item) MarshalJSON() ([]byte, error) { return AppendItemJSON(nil, it), nil }

// UnmarshalJSON is [DecodeItem].
func (it *Item) UnmarshalJSON(data []byte) (err error) {
	*it, err = DecodeItem(data)
	return err
}

// AppendJSON appends the wire form of v to dst. Map keys are sorted, so that
// equal values have equal bytes.
func AppendJSON(dst []byte, v Value) []byte {
	dst = append(dst, '{', '"')
	dst = append(dst, v.Type.String()...)
	dst = append(dst, '"', ':')
	switch v.Type {
	case TypeS, TypeN, TypeB:
		dst = appendScalar(dst, v)
	case TypeBOOL, TypeNULL:
		dst = appendBool(dst, v.Bool)
	case TypeM:
		dst = AppendItemJSON(dst, v.M)
	case TypeL:
		dst = appendList(dst, v.L, AppendJSON)
	default:
		dst = appendList(dst, v.Set, appendScalar)
	}
	return append(dst, '}')
}

// AppendItemJSON appends the wire form of item, {} for nil.
func AppendItemJSON(dst []byte, item Item) []byte {
	var room [32]string
	dst = append(dst, '{')
	for i, name := range sortedNames(room[:0], item) {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = AppendString(dst, name)
		dst = append(dst, ':')
		dst = AppendJSON(dst, item[name])
	}
	return append(dst, '}')
}

// sortedNames appends the item's attribute names to room, in order.
func sortedNames(room []string, item Item) []string {
	for name := range item {
		room = append(room, name)
	}
	slices.Sort(room)
	return room
}

func appendList(dst []byte, values []Value, each func([]byte, Value) []byte) []byte {
	dst = append(dst, '[')
	for i := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = each(dst, values[i])
	}
	return append(dst, ']')
}

// appendScalar appends an S, N or B without its type.
func appendScalar(dst []byte, v Value) []byte {
	switch v.Type {
	case TypeN:
		return append(v.N.append(append(dst, '"')), '"')
	case TypeB:
		dst = append(dst, '"')
		dst = base64.StdEncoding.AppendEncode(dst, []byte(v.S))
		return append(dst, '"')
	}
	return AppendString(dst, v.S)
}

func appendBool(dst []byte, b bool) []byte {
	if b {
		return append(dst, "true"...)
	}
	return append(dst, "false"...)
}

const hexDigits = "0123456789abcdef"

// plain tells the ASCII characters that stand for themselves in a JSON string.
var plain = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// AppendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		dst = append(dst, s[start:i]...)
		dst = appendEscape(dst, c)
		i++
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// appendEscape appends what stands for the byte c, which JSON does not allow as
// it is.
func appendEscape(dst []byte, c byte) []byte {
	switch {
	case c == '"' || c == '\\':
		return append(dst, '\\', c)
	case c == '\n':
		return append(dst, '\\', 'n')
	case c == '\r':
		return append(dst, '\\', 'r')
	case c == '\t':
		return append(dst, '\\', 't')
	case c >= utf8.RuneSelf:
		return append(dst, `\ufffd`...)
	}
	return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xF])
}
