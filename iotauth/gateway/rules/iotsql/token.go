package iotsql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type tokenKind uint8

const (
	tokenEnd tokenKind = iota
	tokenName
	tokenVariable // "@name", text without the sign
	tokenString   // text without the quotes
	tokenNumber
	tokenSign // punctuation and operators
	tokenBad  // text says why
)

// A token is a piece of the source, src[start:end].
type token struct {
	kind       tokenKind
	start, end int
	text       string
	spaced     bool // white space stands before it
}

// is reports whether t is the sign or, in any case, the word.
func (t token) is(text string) bool {
	return t.kind == tokenSign && t.text == text || t.kind == tokenName && strings.EqualFold(t.text, text)
}

// A lexer cuts a source into tokens.
type lexer struct {
	src string
	pos int
}

var signs = [...]string{"<>", "<=", ">=", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ",", ".", ":"}

// hints are what people write out of habit, and what this language has instead.
var hints = map[byte]string{'!': "write <> for inequality", '|': "write + or concat() to join strings", '&': "write AND", ';': "a rule has one statement, without a semicolon", '`': "an attribute that is no plain name is read by get(…, 'name')"}

func (l *lexer) next() token {
	begin := l.pos
	for l.pos < len(l.src) && strings.IndexByte(" \t\r\n", l.src[l.pos]) >= 0 {
		l.pos++
	}
	t := l.scan()
	t.spaced = t.start > begin
	l.pos = t.end
	return t
}

func (l *lexer) scan() token {
	start, rest := l.pos, l.src[l.pos:]
	if rest == "" {
		return token{kind: tokenEnd, start: start, end: start}
	}
	switch c := rest[0]; {
	case c == '\'' || c == '"':
		return l.quoted(c)
	case '0' <= c && c <= '9':
		n := numberLength(rest)
		return token{kind: tokenNumber, start: start, end: start + n, text: rest[:n]}
	case c == '@':
		if n := nameLength(rest[1:], true); n > 0 {
			return token{kind: tokenVariable, start: start, end: start + 1 + n, text: rest[1 : 1+n]}
		}
		return token{kind: tokenBad, start: start, end: start + 1, text: "a variable is @ and a name"}
	}
	if n := nameLength(rest, false); n > 0 {
		return token{kind: tokenName, start: start, end: start + n, text: rest[:n]}
	}
	for _, sign := range signs {
		if strings.HasPrefix(rest, sign) {
			return token{kind: tokenSign, start: start, end: start + len(sign), text: sign}
		}
	}
	reason := hints[rest[0]]
	if reason == "" {
		reason = "nothing begins with this character"
	}
	return token{kind: tokenBad, start: start, end: start + 1, text: reason}
}

// quoted reads a string. A quote in it is written twice; a backslash is a backslash.
func (l *lexer) quoted(quote byte) token {
	var text strings.Builder
	for i := l.pos + 1; i < len(l.src); i++ {
		switch {
		case l.src[i] != quote:
			text.WriteByte(l.src[i])
		case i+1 < len(l.src) && l.src[i+1] == quote:
			text.WriteByte(quote)
			i++
		case !utf8.ValidString(text.String()):
			return token{kind: tokenBad, start: l.pos, end: i + 1, text: "the string is no UTF-8"}
		default:
			return token{kind: tokenString, start: l.pos, end: i + 1, text: text.String()}
		}
	}
	return token{kind: tokenBad, start: l.pos, end: len(l.src), text: "the string has no end"}
}

// nameLength returns how many bytes of s are a name: letters, digits and underscores, of
// which a digit is not the first unless digitFirst.
func nameLength(s string, digitFirst bool) int {
	for i, r := range s {
		switch {
		case r == '_' || unicode.IsLetter(r):
		case unicode.IsDigit(r) && (i > 0 || digitFirst):
		default:
			return i
		}
	}
	return len(s)
}

// numberLength returns how many bytes of s, which begins with a digit, are a number.
func numberLength(s string) int {
	n := digits(s)
	if n+1 < len(s) && s[n] == '.' {
		if d := digits(s[n+1:]); d > 0 {
			n += 1 + d
		}
	}
	if n < len(s) && (s[n] == 'e' || s[n] == 'E') {
		exponent := n + 1
		if exponent < len(s) && (s[exponent] == '+' || s[exponent] == '-') {
			exponent++
		}
		if d := digits(s[exponent:]); d > 0 {
			n = exponent + d
		}
	}
	return n
}

func digits(s string) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}
