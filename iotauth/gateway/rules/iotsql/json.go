package iotsql

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds how deep arrays and objects nest in a payload.
const maxDepth = 512

// A decoder reads JSON (RFC 8259) into a Value: members keep their order and numbers their
// digits. The last of equal keys holds.
type decoder struct {
	src     string
	pos     int
	depth   int
	version Version
}

// decodeJSON reports false where src is no JSON in UTF-8, or nests too deeply.
func decodeJSON(src string, version Version) (Value, bool) {
	if !utf8.ValidString(src) {
		return undefined, false
	}
	d := decoder{src: src, version: version}
	v, ok := d.value()
	d.space()
	return v, ok && d.pos == len(d.src)
}

func (d *decoder) space() {
	for d.pos < len(d.src) {
		switch d.src[d.pos] {
		case ' ', '\t', '\r', '\n':
			d.pos++
		default:
			return
		}
	}
}

// peek returns the next byte that is no space, 0 at the end.
func (d *decoder) peek() byte {
	d.space()
	if d.pos == len(d.src) {
		return 0
	}
	return d.src[d.pos]
}

// take reads past c, if it is next.
func (d *decoder) take(c byte) bool {
	if d.peek() != c {
		return false
	}
	d.pos++
	return true
}

func (d *decoder) word(word string) bool {
	if !strings.HasPrefix(d.src[d.pos:], word) {
		return false
	}
	d.pos += len(word)
	return true
}

func (d *decoder) value() (Value, bool) {
	switch c := d.peek(); c {
	case '{':
		return d.nested((*decoder).object)
	case '[':
		return d.nested((*decoder).array)
	case '"':
		s, ok := d.string()
		return str(s), ok
	case 't':
		return boolean(true), d.word("true")
	case 'f':
		return boolean(false), d.word("false")
	case 'n':
		return null, d.word("null")
	default:
		return d.number()
	}
}

func (d *decoder) nested(read func(*decoder) (Value, bool)) (Value, bool) {
	if d.depth++; d.depth > maxDepth {
		return undefined, false
	}
	d.pos++
	v, ok := read(d)
	d.depth--
	return v, ok
}

func (d *decoder) array() (Value, bool) {
	items := []Value{}
	for !d.take(']') {
		if len(items) > 0 && !d.take(',') {
			return undefined, false
		}
		v, ok := d.value()
		if !ok {
			return undefined, false
		}
		items = append(items, v)
	}
	return array(items), true
}

func (d *decoder) object() (Value, bool) {
	o := &object{}
	for first := true; !d.take('}'); first = false {
		if first {
			o.members = make([]Member, 0, 4)
		}
		if !first && !d.take(',') || d.peek() != '"' {
			return undefined, false
		}
		key, ok := d.string()
		if !ok || !d.take(':') {
			return undefined, false
		}
		v, ok := d.value()
		if !ok {
			return undefined, false
		}
		o.set(key, v)
	}
	return objectOf(o), true
}

func (d *decoder) number() (Value, bool) {
	start := d.pos
	rest := d.src[start:]
	negative := strings.HasPrefix(rest, "-")
	if negative {
		rest = rest[1:]
	}
	if digits(rest) == 0 || rest[0] == '0' && len(rest) > 1 && '0' <= rest[1] && rest[1] <= '9' {
		return undefined, false
	}
	n := numberLength(rest)
	if n < len(rest) && strings.IndexByte(".eE", rest[n]) >= 0 {
		return undefined, false
	}
	if negative {
		n++
	}
	d.pos = start + n
	return numberFromText(d.src[start:d.pos], d.version), true
}

// string reads a string, without a copy where it has no escapes.
func (d *decoder) string() (string, bool) {
	d.pos++
	start := d.pos
	for ; d.pos < len(d.src); d.pos++ {
		switch c := d.src[d.pos]; {
		case c == '"':
			d.pos++
			return d.src[start : d.pos-1], true
		case c < ' ':
			return "", false
		case c == '\\':
			return d.escaped(append([]byte(nil), d.src[start:d.pos]...))
		}
	}
	return "", false
}

// escaped reads the rest of a string from its first escape on.
func (d *decoder) escaped(b []byte) (string, bool) {
	for d.pos < len(d.src) {
		c := d.src[d.pos]
		d.pos++
		switch {
		case c == '"':
			return string(b), true
		case c < ' ':
			return "", false
		case c != '\\':
			b = append(b, c)
		default:
			r, ok := d.escape()
			if !ok {
				return "", false
			}
			b = utf8.AppendRune(b, r)
		}
	}
	return "", false
}

func (d *decoder) escape() (rune, bool) {
	if d.pos == len(d.src) {
		return 0, false
	}
	c := d.src[d.pos]
	d.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'u':
		return d.unicode()
	}
	return 0, false
}

// unicode reads four hexadecimal digits, and the second half of a pair of surrogates. A
// half that stands alone is U+FFFD.
func (d *decoder) unicode() (rune, bool) {
	r, ok := d.hexadecimal()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if !strings.HasPrefix(d.src[d.pos:], `\u`) {
		return utf8.RuneError, true
	}
	after := d.pos
	d.pos += 2
	second, ok := d.hexadecimal()
	if !ok {
		return 0, false
	}
	if r = utf16.DecodeRune(r, second); r == utf8.RuneError {
		d.pos = after // the second may begin a pair of its own
	}
	return r, true
}

func (d *decoder) hexadecimal() (rune, bool) {
	if d.pos+4 > len(d.src) {
		return 0, false
	}
	u, err := strconv.ParseUint(d.src[d.pos:d.pos+4], 16, 32)
	if err != nil || d.src[d.pos] == '+' {
		return 0, false
	}
	d.pos += 4
	return rune(u), true
}
