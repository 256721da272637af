package expr

import "unicode/utf8"

// kind is what a token is.
type kind uint8

const (
	kindEOF   kind = iota
	kindName       // an attribute or function name
	kindAlias      // "#name"
	kindValue      // ":value"
	kindIndex      // a list index
	kindError      // a character that no token begins with

	// punctuation
	kindDot
	kindComma
	kindOpen
	kindClose
	kindOpenIndex
	kindCloseIndex
	kindPlus
	kindMinus
	kindEQ
	kindNE
	kindLT
	kindLE
	kindGT
	kindGE

	// keywords, in any case; they are none of the names
	kindAnd
	kindOr
	kindNot
	kindBetween
	kindIn
	kindSet
	kindRemove
	kindAdd
	kindDelete
)

// token is a piece of the source, src[start:end].
type token struct {
	kind       kind
	start, end int
}

// lexer cuts an expression into tokens. White space between them is blank, tab,
// carriage return and line feed.
type lexer struct {
	src string
	pos int
}

// next returns the next token; at the end of the source an empty one.
func (l *lexer) next() token {
	for l.pos < len(l.src) && isSpace(l.src[l.pos]) {
		l.pos++
	}
	t := token{start: l.pos, end: l.pos}
	if l.pos < len(l.src) {
		t.kind, t.end = l.scan(l.src[l.pos:])
		t.end += l.pos
		l.pos = t.end
	}
	return t
}

// scan returns the kind and the length of the token at the front of s.
func (l *lexer) scan(s string) (kind, int) {
	switch c := s[0]; {
	case isLetter(c):
		n := wordLen(s)
		return wordKind(s[:n]), n
	case c == '#' || c == ':':
		if n := wordLen(s[1:]); n > 0 {
			if c == '#' {
				return kindAlias, 1 + n
			}
			return kindValue, 1 + n
		}
	case c == '0': // an index has no leading zeros
		return kindIndex, 1
	case isDigit(c):
		n := 1
		for n < len(s) && isDigit(s[n]) {
			n++
		}
		return kindIndex, n
	}
	return punctuation(s)
}

func punctuation(s string) (kind, int) {
	if len(s) > 1 {
		switch s[:2] {
		case "<>":
			return kindNE, 2
		case "<=":
			return kindLE, 2
		case ">=":
			return kindGE, 2
		}
	}
	switch s[0] {
	case '.':
		return kindDot, 1
	case ',':
		return kindComma, 1
	case '(':
		return kindOpen, 1
	case ')':
		return kindClose, 1
	case '[':
		return kindOpenIndex, 1
	case ']':
		return kindCloseIndex, 1
	case '+':
		return kindPlus, 1
	case '-':
		return kindMinus, 1
	case '=':
		return kindEQ, 1
	case '<':
		return kindLT, 1
	case '>':
		return kindGT, 1
	}
	_, size := utf8.DecodeRuneInString(s)
	return kindError, size
}

var keywords = map[string]kind{
	"AND":     kindAnd,
	"OR":      kindOr,
	"NOT":     kindNot,
	"BETWEEN": kindBetween,
	"IN":      kindIn,
	"SET":     kindSet,
	"REMOVE":  kindRemove,
	"ADD":     kindAdd,
	"DELETE":  kindDelete,
}

// wordKind returns the keyword that word is, or kindName.
func wordKind(word string) kind {
	var upper [len("BETWEEN")]byte
	if len(word) > len(upper) {
		return kindName
	}
	for i := range len(word) {
		upper[i] = toUpper(word[i])
	}
	if k, ok := keywords[string(upper[:len(word)])]; ok {
		return k
	}
	return kindName
}

// wordLen returns the length of the letters, digits and underscores at the front
// of s.
func wordLen(s string) int {
	n := 0
	for n < len(s) && (isLetter(s[n]) || isDigit(s[n]) || s[n] == '_') {
		n++
	}
	return n
}

func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

func toUpper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		c -= 'a' - 'A'
	}
	return c
}
