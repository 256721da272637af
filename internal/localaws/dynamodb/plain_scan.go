package dynamodb

import "unicode/utf8"

// jsonScanner reads JSON. It accepts nothing that package json would not.
type jsonScanner struct {
	data []byte
	pos  int
}

// maxPlainDepth bounds the recursion: the deepest values that are allowed have 2 × 32
// levels of JSON, and some are around them.
const maxPlainDepth = 80

// space skips white space.
func (s *jsonScanner) space() {
	for ; s.pos < len(s.data); s.pos++ {
		if c := s.data[s.pos]; c != ' ' && c != '\t' && c != '\n' && c != '\r' {
			return
		}
	}
}

// accept skips white space and the byte c, if it is next.
func (s *jsonScanner) accept(c byte) bool {
	if s.space(); s.pos == len(s.data) || s.data[s.pos] != c {
		return false
	}
	s.pos++
	return true
}

// string reads a string and returns what stands between its quotes. It does so for
// simple ones alone, which mean what they say: ASCII without escapes.
func (s *jsonScanner) string() (text []byte, simple bool) {
	if !s.accept('"') {
		return nil, false
	}
	start := s.pos
	for s.pos < len(s.data) && simpleByte[s.data[s.pos]] {
		s.pos++
	}
	if s.pos == len(s.data) || s.data[s.pos] != '"' {
		return nil, false
	}
	s.pos++
	return s.data[start : s.pos-1], true
}

// simpleByte tells the bytes that a simple string can hold.
var simpleByte = func() (t [256]bool) {
	for c := ' '; c < utf8.RuneSelf; c++ {
		t[c] = c != '"' && c != '\\'
	}
	return t
}()

// value skips a value of any kind and returns it.
func (s *jsonScanner) value() ([]byte, bool) {
	s.space()
	start := s.pos
	ok := s.skip(maxPlainDepth)
	return s.data[start:s.pos:s.pos], ok
}

// skip reads a value with up to depth levels.
func (s *jsonScanner) skip(depth int) bool {
	s.space()
	if s.pos == len(s.data) || depth == 0 {
		return false
	}
	switch s.data[s.pos] {
	case '{':
		return s.skipElements('}', true, depth)
	case '[':
		return s.skipElements(']', false, depth)
	case '"':
		return s.skipString()
	case 't':
		return s.skipWord("true")
	case 'f':
		return s.skipWord("false")
	case 'n':
		return s.skipWord("null")
	}
	return s.skipNumber()
}

// skipElements reads an object, whose elements have names, or an array.
func (s *jsonScanner) skipElements(closing byte, named bool, depth int) bool {
	s.pos++
	if s.accept(closing) {
		return true
	}
	for {
		if named {
			if s.space(); !s.skipString() || !s.accept(':') {
				return false
			}
		}
		if !s.skip(depth - 1) {
			return false
		}
		if !s.accept(',') {
			return s.accept(closing)
		}
	}
}

func (s *jsonScanner) skipString() bool {
	if s.pos == len(s.data) || s.data[s.pos] != '"' {
		return false
	}
	for s.pos++; s.pos < len(s.data); s.pos++ {
		switch c := s.data[s.pos]; {
		case simpleByte[c] || c >= utf8.RuneSelf:
		case c == '"':
			s.pos++
			return true
		case c != '\\' || !s.skipEscape():
			return false
		}
	}
	return false
}

// skipEscape reads the backslash that is next and stops at the last byte of what
// belongs to it.
func (s *jsonScanner) skipEscape() bool {
	s.pos++
	if s.pos == len(s.data) {
		return false
	}
	switch s.data[s.pos] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return true
	case 'u':
		for range 4 {
			if s.pos++; s.pos == len(s.data) || !isHex(s.data[s.pos]) {
				return false
			}
		}
		return true
	}
	return false
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

func (s *jsonScanner) skipWord(word string) bool {
	if len(s.data)-s.pos < len(word) || string(s.data[s.pos:s.pos+len(word)]) != word {
		return false
	}
	s.pos += len(word)
	return true
}

// skipNumber reads an integer; the API has no other numbers.
func (s *jsonScanner) skipNumber() bool {
	if s.data[s.pos] == '-' {
		s.pos++
	}
	start := s.pos
	for s.pos < len(s.data) && '0' <= s.data[s.pos] && s.data[s.pos] <= '9' {
		s.pos++
	}
	digits := s.data[start:s.pos]
	if len(digits) == 0 || len(digits) > 1 && digits[0] == '0' {
		return false
	}
	// A fraction or an exponent is no end of a value: whoever asked for one finds out.
	return true
}
