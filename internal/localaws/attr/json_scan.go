package attr

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// scanner reads JSON tokens. Its methods return false, or an error, at the first
// byte that is not JSON; what follows is then not read.
type scanner struct {
	data string // of which the strings that are read are parts
	pos  int
}

// maxJSONDepth bounds the recursion. A value of the deepest allowed nesting has
// 2 × 32 levels of JSON.
const maxJSONDepth = 256

// errSyntax is the answer to a body that is no JSON: DynamoDB gives no reason.
var errSyntax = &SerializationError{}

// peek skips white space and returns the next byte, or 0 at the end.
func (s *scanner) peek() byte {
	for ; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// accept skips white space and the byte c, if it is next.
func (s *scanner) accept(c byte) bool {
	if s.peek() != c {
		return false
	}
	s.pos++
	return true
}

// literal skips word, if it is next.
func (s *scanner) literal(word string) bool {
	if s.peek(); !strings.HasPrefix(s.data[s.pos:], word) {
		return false
	}
	s.pos += len(word)
	return true
}

// elements calls each for every element up to the closing bracket, with the
// scanner behind the opening one.
func (s *scanner) elements(closing byte, each func() error) error {
	if s.accept(closing) {
		return nil
	}
	for {
		if err := each(); err != nil {
			return err
		}
		if s.accept(',') {
			continue
		}
		if s.accept(closing) {
			return nil
		}
		return errSyntax
	}
}

// members is elements for the members of an object, whose name it reads.
func (s *scanner) members(each func(name string) error) error {
	return s.elements('}', func() error {
		name, err := s.string()
		if err != nil {
			return err
		}
		if !s.accept(':') {
			return errSyntax
		}
		return each(name)
	})
}

// string reads a string. Bytes that are no UTF-8 are an error; an escaped half
// of a surrogate pair becomes U+FFFD.
func (s *scanner) string() (string, error) {
	raw, escaped, err := s.rawString()
	if err != nil {
		return "", err
	}
	if !utf8.ValidString(raw) {
		return "", errSyntax
	}
	if !escaped {
		return raw, nil
	}
	return unescape(raw)
}

// rawString reads a string and returns what stands between its quotes.
func (s *scanner) rawString() (raw string, escaped bool, err error) {
	if !s.accept('"') {
		return "", false, errSyntax
	}
	for i := s.pos; i < len(s.data); i++ {
		switch c := s.data[i]; {
		case c == '"':
			raw, s.pos = s.data[s.pos:i], i+1
			return raw, escaped, nil
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", false, errSyntax
		}
	}
	return "", false, errSyntax
}

func unescape(raw string) (string, error) {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			out = append(out, raw[i])
			continue
		}
		i++
		switch c := raw[i]; c {
		case '"', '\\', '/':
			out = append(out, c)
		case 'b':
			out = append(out, '\b')
		case 'f':
			out = append(out, '\f')
		case 'n':
			out = append(out, '\n')
		case 'r':
			out = append(out, '\r')
		case 't':
			out = append(out, '\t')
		case 'u':
			r := hexRune(raw[i+1:])
			if r < 0 {
				return "", errSyntax
			}
			i += 4
			if pair := utf16.DecodeRune(r, escapedRune(raw[i+1:])); pair != utf8.RuneError {
				r, i = pair, i+6
			}
			out = utf8.AppendRune(out, r)
		default:
			return "", errSyntax
		}
	}
	return string(out), nil
}

// escapedRune returns the code unit of the \uXXXX at the front of raw, or -1.
func escapedRune(raw string) rune {
	if len(raw) < 6 || raw[0] != '\\' || raw[1] != 'u' {
		return -1
	}
	return hexRune(raw[2:])
}

// hexRune returns the value of four hexadecimal digits, or -1.
func hexRune(raw string) rune {
	if len(raw) < 4 {
		return -1
	}
	r := rune(0)
	for _, c := range []byte(raw[:4]) {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return -1
		}
		r = r<<4 | rune(c)
	}
	return r
}

// number skips a number and returns its digits.
func (s *scanner) number() (string, error) {
	start := s.pos
	for ; s.pos < len(s.data); s.pos++ {
		if c := s.data[s.pos]; (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' && c != 'E' {
			break
		}
	}
	number := s.data[start:s.pos]
	if !json.Valid([]byte(number)) {
		return "", errSyntax
	}
	return number, nil
}

// skip reads a value of any kind and drops it.
func (s *scanner) skip(depth int) error {
	if depth > maxJSONDepth {
		return errSyntax
	}
	switch s.peek() {
	case '{':
		s.pos++
		return s.members(func(string) error { return s.skip(depth + 1) })
	case '[':
		s.pos++
		return s.elements(']', func() error { return s.skip(depth + 1) })
	case '"':
		_, err := s.string()
		return err
	}
	_, err := s.scalar()
	return err
}

// scalar reads a number, true, false or null and returns the name that AWS's
// parser has for it in error messages.
func (s *scanner) scalar() (token string, err error) {
	switch {
	case s.literal("true"):
		return "TRUE_VALUE", nil
	case s.literal("false"):
		return "FALSE_VALUE", nil
	case s.literal("null"):
		return "NULL_VALUE", nil
	}
	number, err := s.number()
	if err != nil {
		return "", err
	}
	if strings.ContainsAny(number, ".eE") {
		return "DECIMAL_VALUE", nil
	}
	return "NUMBER_VALUE", nil
}
