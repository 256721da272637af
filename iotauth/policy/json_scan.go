package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep values may nest. A policy needs five levels.
const maxDepth = 16

// A node is a JSON value that knows where it is. encoding/json says nothing of places and
// lets duplicate keys pass, of which the last would win silently.
type node struct {
	at      int  // byte offset
	kind    byte // '{', '[', '"', 't' for true and false, 'n' for null, '0' for a number
	text    string
	keys    []node // of an object, in order
	values  []node // of an object or a list
	pointer string
}

// A scanner reads JSON (RFC 8259).
type scanner struct {
	text []byte
	pos  int
}

// fail is the error at a byte offset.
func (s *scanner) fail(at int, pointer, format string, args ...any) error {
	return &SyntaxError{place(s.text, at), pointer, fmt.Sprintf(format, args...)}
}

// place counts lines and characters up to a byte offset.
func place(text []byte, at int) Position {
	p := pacer{text: text, at: Position{1, 1}}
	return p.place(at)
}

// A pacer counts lines and characters, from where it was asked last where that is before.
type pacer struct {
	text   []byte
	offset int
	at     Position // of offset
}

func (p *pacer) place(offset int) Position {
	if offset = min(offset, len(p.text)); offset < p.offset {
		p.offset, p.at = 0, Position{1, 1}
	}
	passed := p.text[p.offset:offset]
	if lines := bytes.Count(passed, []byte{'\n'}); lines > 0 {
		p.at.Line += lines
		p.at.Column = 1
		passed = passed[bytes.LastIndexByte(passed, '\n')+1:]
	}
	p.at.Column += utf8.RuneCount(passed)
	p.offset = offset
	return p.at
}

// scan reads the whole text.
func scan(text []byte) (node, error) {
	s := &scanner{text: text}
	if i := invalidUTF8(text); i >= 0 {
		return node{}, s.fail(i, "", "not UTF-8")
	}
	s.space()
	root, err := s.value("", 0)
	if err != nil {
		return node{}, err
	}
	if s.space(); s.pos < len(s.text) {
		return node{}, s.fail(s.pos, "", "%s behind the end of the document", s.found())
	}
	return root, nil
}

func invalidUTF8(text []byte) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}

func (s *scanner) space() {
	for s.pos < len(s.text) && isSpace(s.text[s.pos]) {
		s.pos++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// found names what stands at the current position.
func (s *scanner) found() string {
	if s.pos >= len(s.text) {
		return "end of text"
	}
	r, _ := utf8.DecodeRune(s.text[s.pos:])
	return fmt.Sprintf("%q", string(r))
}

func (s *scanner) value(pointer string, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, s.fail(s.pos, pointer, "nested deeper than %d levels", maxDepth)
	}
	if s.pos >= len(s.text) {
		return node{}, s.fail(s.pos, pointer, "end of text where a value should be")
	}
	switch c := s.text[s.pos]; {
	case c == '{':
		return s.object(pointer, depth)
	case c == '[':
		return s.list(pointer, depth)
	case c == '"':
		return s.str(pointer)
	default:
		return s.word(pointer)
	}
}

func (s *scanner) object(pointer string, depth int) (node, error) {
	n := node{at: s.pos, kind: '{', pointer: pointer}
	seen := map[string]bool{}
	err := s.items('}', func() error {
		if s.pos >= len(s.text) || s.text[s.pos] != '"' {
			return s.fail(s.pos, pointer, "%s where a quoted name should be", s.found())
		}
		key, err := s.str(pointer)
		if err != nil {
			return err
		}
		if seen[key.text] {
			return s.fail(key.at, pointer, "%q stands twice", key.text)
		}
		seen[key.text] = true
		if s.space(); s.pos >= len(s.text) || s.text[s.pos] != ':' {
			return s.fail(s.pos, pointer, `%s where the ":" of %q should be`, s.found(), key.text)
		}
		s.pos++
		s.space()
		value, err := s.value(pointer+"/"+escapePointer(key.text), depth+1)
		n.keys, n.values = append(n.keys, key), append(n.values, value)
		return err
	})
	return n, err
}

func (s *scanner) list(pointer string, depth int) (node, error) {
	n := node{at: s.pos, kind: '[', pointer: pointer}
	err := s.items(']', func() error {
		value, err := s.value(pointer+"/"+strconv.Itoa(len(n.values)), depth+1)
		n.values = append(n.values, value)
		return err
	})
	return n, err
}

// items reads what stands between brackets, separated by commas.
func (s *scanner) items(end byte, item func() error) error {
	open := s.pos
	s.pos++
	for first := true; ; first = false {
		s.space()
		switch {
		case s.pos >= len(s.text):
			return s.fail(open, "", "%q is never closed", s.text[open:open+1])
		case s.text[s.pos] == end:
			if !first {
				return s.fail(s.pos, "", "%q directly behind a comma", s.text[s.pos:s.pos+1])
			}
			s.pos++
			return nil
		}
		if err := item(); err != nil {
			return err
		}
		s.space()
		switch {
		case s.pos >= len(s.text):
			return s.fail(open, "", "%q is never closed", s.text[open:open+1])
		case s.text[s.pos] == end:
			s.pos++
			return nil
		case s.text[s.pos] != ',':
			return s.fail(s.pos, "", `%s where "," or %q should be`, s.found(), string(end))
		}
		s.pos++
	}
}

// str reads a string; what its escapes mean is left to encoding/json.
func (s *scanner) str(pointer string) (node, error) {
	start := s.pos
	for s.pos++; s.pos < len(s.text); s.pos++ {
		switch c := s.text[s.pos]; {
		case c == '\\':
			s.pos++
		case c < ' ':
			return node{}, s.fail(s.pos, pointer, "control character %q inside a string", string(rune(c)))
		case c == '"':
			s.pos++
			return s.unquote(start, pointer)
		}
	}
	return node{}, s.fail(start, pointer, "a string is never closed")
}

func (s *scanner) unquote(start int, pointer string) (node, error) {
	raw := s.text[start:s.pos]
	n := node{at: start, kind: '"', pointer: pointer}
	if bytes.IndexByte(raw, '\\') < 0 {
		n.text = string(raw[1 : len(raw)-1])
		return n, nil
	}
	if err := json.Unmarshal(raw, &n.text); err != nil {
		return node{}, s.fail(start, pointer, "a string with an escape that JSON does not know")
	}
	return n, nil
}

// word reads true, false, null or a number.
func (s *scanner) word(pointer string) (node, error) {
	start := s.pos
	for s.pos < len(s.text) && isWord(s.text[s.pos]) {
		s.pos++
	}
	n := node{at: start, text: string(s.text[start:s.pos]), pointer: pointer}
	switch {
	case n.text == "true" || n.text == "false":
		n.kind = 't'
	case n.text == "null":
		n.kind = 'n'
	case n.text != "" && json.Valid([]byte(n.text)):
		n.kind = '0'
	default:
		s.pos = start
		return node{}, s.fail(start, pointer, "%s where a value should be", s.found())
	}
	return n, nil
}

func isWord(c byte) bool {
	return c == '+' || c == '-' || c == '.' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
