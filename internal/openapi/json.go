package openapi

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth bounds nesting, and with it the stack. The documents of this module
// nest to about twenty.
const maxDepth = 64

// SyntaxError says where and why a text is not JSON.
type SyntaxError struct {
	Offset int // in bytes
	Reason string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("not JSON at byte %d: %s", e.Offset, e.Reason)
}

// ParseJSON reads one JSON text (RFC 8259) with unique member names and only
// Unicode characters, as RFC 7493 (I-JSON) wants. Errors are a [*SyntaxError].
func ParseJSON(data []byte) (Value, error) {
	p := parser{data: data}
	if !utf8.Valid(data) {
		return Value{}, &SyntaxError{invalidAt(data), "not valid UTF-8"}
	}
	p.space()
	v, err := p.value(0)
	if err != nil {
		return Value{}, err
	}
	if p.space(); p.at < len(data) {
		return Value{}, p.fail("more after the end of the value")
	}
	return v, nil
}

func invalidAt(data []byte) int {
	at := 0
	for at < len(data) {
		r, n := utf8.DecodeRune(data[at:])
		if r == utf8.RuneError && n == 1 {
			break
		}
		at += n
	}
	return at
}

type parser struct {
	data []byte
	at   int
}

func (p *parser) fail(reason string) error { return &SyntaxError{p.at, reason} }

// peek returns the next byte, 0 at the end. A 0 in the text is no JSON either.
func (p *parser) peek() byte {
	if p.at < len(p.data) {
		return p.data[p.at]
	}
	return 0
}

func (p *parser) space() {
	for p.at < len(p.data) {
		switch p.data[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		default:
			return
		}
	}
}

func (p *parser) value(depth int) (Value, error) {
	if depth > maxDepth {
		return Value{}, p.fail("nested too deeply")
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, err := p.string()
		return Value{Kind: String, Text: s}, err
	case c == '-' || c >= '0' && c <= '9':
		return p.number()
	case c == 't':
		return Value{Kind: Bool, Bool: true}, p.word("true")
	case c == 'f':
		return Value{Kind: Bool}, p.word("false")
	case c == 'n':
		return Value{Kind: Null}, p.word("null")
	case p.at == len(p.data):
		return Value{}, p.fail("ends too early")
	}
	return Value{}, p.fail("no value begins like this")
}

func (p *parser) word(word string) error {
	if len(p.data)-p.at < len(word) || string(p.data[p.at:p.at+len(word)]) != word {
		return p.fail("no value begins like this")
	}
	p.at += len(word)
	return nil
}

func (p *parser) array(depth int) (Value, error) {
	v := Value{Kind: Array}
	p.at++
	if p.space(); p.peek() == ']' {
		p.at++
		return v, nil
	}
	for {
		p.space()
		item, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		v.Items = append(v.Items, item)
		if done, err := p.more(']'); done || err != nil {
			return v, err
		}
	}
}

// more passes a comma, or the end and reports so.
func (p *parser) more(end byte) (done bool, err error) {
	p.space()
	switch p.peek() {
	case ',':
		p.at++
		return false, nil
	case end:
		p.at++
		return true, nil
	}
	return false, p.fail(fmt.Sprintf("a comma or %q belongs here", end))
}

func (p *parser) object(depth int) (Value, error) {
	v := Value{Kind: Object}
	p.at++
	if p.space(); p.peek() == '}' {
		p.at++
		return v, nil
	}
	var names nameSet
	for {
		p.space()
		start := p.at
		if p.peek() != '"' {
			return Value{}, p.fail("a member name belongs here")
		}
		name, err := p.string()
		if err != nil {
			return Value{}, err
		}
		if names.has(v.Members, name) {
			p.at = start
			return Value{}, p.fail("the member name is there twice")
		}
		if p.space(); p.peek() != ':' {
			return Value{}, p.fail("a colon belongs here")
		}
		p.at++
		p.space()
		member, err := p.value(depth + 1)
		if err != nil {
			return Value{}, err
		}
		v.Members = append(v.Members, Member{name, member})
		if done, err := p.more('}'); done || err != nil {
			return v, err
		}
	}
}

// nameSet finds duplicates among the members of one object: by looking at each
// while they are few, by a map when an adversary sends many.
type nameSet map[string]bool

const fewNames = 16

func (s *nameSet) has(members []Member, name string) bool {
	if len(members) < fewNames {
		for i := range members {
			if members[i].Name == name {
				return true
			}
		}
		return false
	}
	if *s == nil {
		*s = make(nameSet, 2*fewNames)
		for i := range members {
			(*s)[members[i].Name] = true
		}
	}
	if (*s)[name] {
		return true
	}
	(*s)[name] = true
	return false
}

// number reads RFC 8259's grammar: no plus sign, no leading zeros, digits on
// both sides of the point.
func (p *parser) number() (Value, error) {
	n := numberLength(p.data[p.at:])
	if n == 0 {
		return Value{}, p.fail("not a number")
	}
	text := string(p.data[p.at : p.at+n])
	p.at += n
	f, _ := strconv.ParseFloat(text, 64) // the grammar is right; out of range is ±Inf
	return Value{Kind: Number, Text: text, Number: f}, nil
}

// numberLength returns how many of the first bytes of data are a JSON number, 0
// when they are none.
func numberLength[T string | []byte](data T) int {
	at := 0
	if at < len(data) && data[at] == '-' {
		at++
	}
	integer := digits(data, at)
	if integer == 0 || integer > 1 && data[at] == '0' {
		return 0
	}
	at += integer
	if at < len(data) && data[at] == '.' {
		fraction := digits(data, at+1)
		if fraction == 0 {
			return 0
		}
		at += 1 + fraction
	}
	if at < len(data) && (data[at] == 'e' || data[at] == 'E') {
		sign := at + 1
		if sign < len(data) && (data[sign] == '+' || data[sign] == '-') {
			sign++
		}
		exponent := digits(data, sign)
		if exponent == 0 {
			return 0
		}
		at = sign + exponent
	}
	return at
}

func digits[T string | []byte](data T, at int) int {
	n := 0
	for at+n < len(data) && data[at+n] >= '0' && data[at+n] <= '9' {
		n++
	}
	return n
}

func (p *parser) string() (string, error) {
	p.at++
	start := p.at
	for p.at < len(p.data) {
		switch c := p.data[p.at]; {
		case c == '"':
			s := string(p.data[start:p.at])
			p.at++
			return s, nil
		case c == '\\':
			return p.escaped(append([]byte(nil), p.data[start:p.at]...))
		case c < ' ':
			return "", p.fail("a control character must be escaped")
		}
		p.at++
	}
	return "", p.fail("a string does not end")
}

// escaped reads the rest of a string from its first escape on, after head.
func (p *parser) escaped(head []byte) (string, error) {
	for p.at < len(p.data) {
		c := p.data[p.at]
		switch {
		case c == '"':
			p.at++
			return string(head), nil
		case c < ' ':
			return "", p.fail("a control character must be escaped")
		case c != '\\':
			head = append(head, c)
			p.at++
			continue
		}
		r, err := p.escape()
		if err != nil {
			return "", err
		}
		head = utf8.AppendRune(head, r)
	}
	return "", p.fail("a string does not end")
}

func (p *parser) escape() (rune, error) {
	if p.at+1 >= len(p.data) {
		return 0, p.fail("a string does not end")
	}
	switch c := p.data[p.at+1]; c {
	case '"', '\\', '/':
		p.at += 2
		return rune(c), nil
	case 'u':
		return p.unicode()
	default:
		i := strings.IndexByte("bfnrt", c)
		if i < 0 {
			return 0, p.fail("no such escape")
		}
		p.at += 2
		return rune("\b\f\n\r\t"[i]), nil
	}
}

// unicode reads \uXXXX, two of them where they are a surrogate pair.
func (p *parser) unicode() (rune, error) {
	high, ok := p.hex(p.at)
	if !ok {
		return 0, p.fail("\\u wants four hexadecimal digits")
	}
	if !utf16.IsSurrogate(high) {
		p.at += 6
		return high, nil
	}
	low, _ := p.hex(p.at + 6)
	r := utf16.DecodeRune(high, low)
	if r == utf8.RuneError {
		return 0, p.fail("half of a surrogate pair")
	}
	p.at += 12
	return r, nil
}

func (p *parser) hex(at int) (rune, bool) {
	if at+6 > len(p.data) || p.data[at] != '\\' || p.data[at+1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.data[at+2:at+6]), 16, 32)
	return rune(n), err == nil
}
