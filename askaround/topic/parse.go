package topic

import (
	"fmt"
	"strings"
)

// Parse reads a topic name and returns its typed form, so that
// Parse(s).String() == s. A name that MQTT or AWS IoT would refuse is an
// [ErrSyntax] or [ErrTooLong]; a well-formed name outside of this application is an
// [ErrUnknown]; a bad cell, question or account in it is an [ErrParameter].
func Parse(s string) (Topic, error) {
	if err := Validate(s); err != nil {
		return nil, err
	}
	if s == systemName {
		return System{}, nil
	}
	if cell, ok := strings.CutPrefix(s, geoPrefix); ok {
		return parsed(NewGeo(cell))
	}
	if id, ok := strings.CutPrefix(s, questionPrefix); ok {
		return parsed(NewQuestion(id))
	}
	if id, ok := strings.CutPrefix(s, accountPrefix); ok {
		return parsed(NewAccount(id))
	}
	return nil, fmt.Errorf("%w: %q", ErrUnknown, s)
}

// parsed keeps the interface nil when the constructor failed.
func parsed[T Topic](t T, err error) (Topic, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

// validCell reports whether s is an S2 token of level 10 exactly: 3 bits of face
// (0 to 5), 20 bits of position and the closing 1, which is the last bit of the
// sixth hex digit.
func validCell(s string) bool {
	return len(s) == cellBytes && allHex(s) && validFace(s[0]) && hexOdd(s[cellBytes-1])
}

// validQuestion reports whether s is a leaf cell, a hyphen and a suffix.
func validQuestion(s string) bool {
	return len(s) == questionBytes &&
		allHex(s[:16]) && validFace(s[0]) && hexOdd(s[15]) &&
		s[16] == '-' && allBase32(s[17:])
}

func validAccount(s string) bool { return len(s) == accountBytes && allBase32(s) }

// validFace reports whether the token's first digit belongs to a cube face 0 to 5.
func validFace(c byte) bool { return c <= 'b' }

func hexOdd(c byte) bool {
	if c >= 'a' {
		return (c-'a')%2 == 1 // b, d, f
	}
	return (c-'0')%2 == 1
}

func allHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// allBase32 accepts the digits of base32hex (RFC 4648, section 7) in lower case.
func allBase32(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'v') {
			return false
		}
	}
	return true
}
