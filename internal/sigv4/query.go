package sigv4

import (
	"cmp"
	"slices"
	"strings"
)

// parameter is a name and a value of a query, decoded.
type parameter struct{ name, value string }

// parseQuery decodes a raw query. Unlike url.ParseQuery it keeps the order, and refuses
// what it cannot decode instead of leaving it out: whatever a handler makes of the query
// must be what was signed. Empty pairs, as in "a=1&&b=2", carry nothing and are dropped.
func parseQuery(raw string) ([]parameter, error) {
	if raw == "" {
		return nil, nil
	}
	query := make([]parameter, 0, 1+strings.Count(raw, "&"))
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		decodedName, ok1 := decode(name)
		decodedValue, ok2 := decode(value)
		if !ok1 || !ok2 {
			return nil, ErrMalformedQuery
		}
		query = append(query, parameter{decodedName, decodedValue})
	}
	return query, nil
}

// decode resolves percent escapes and plus signs.
func decode(s string) (string, bool) {
	if !strings.ContainsAny(s, "%+") {
		return s, true
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '+':
			b = append(b, ' ')
		case s[i] != '%':
			b = append(b, s[i])
		case i+2 < len(s) && unhex(s[i+1]) >= 0 && unhex(s[i+2]) >= 0:
			b = append(b, byte(unhex(s[i+1])<<4|unhex(s[i+2])))
			i += 2
		default:
			return "", false
		}
	}
	return string(b), true
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func lookup(query []parameter, name string) (string, bool) {
	value, n := lookupAll(query, name)
	return value, n > 0
}

// lookupAll returns the first value of name and how often name occurs.
func lookupAll(query []parameter, name string) (first string, n int) {
	for _, p := range query {
		if p.name == name {
			if n++; n == 1 {
				first = p.value
			}
		}
	}
	return first, n
}

// appendQuery appends the canonical query without the parameters named in leaveOut: each
// name and value encoded, then sorted by name and value.
func appendQuery(b []byte, query []parameter, leaveOut ...string) []byte {
	encoded := make([]parameter, 0, len(query))
	for _, p := range query {
		if !slices.Contains(leaveOut, p.name) {
			encoded = append(encoded, parameter{encode(p.name), encode(p.value)})
		}
	}
	slices.SortFunc(encoded, func(p, q parameter) int {
		return cmp.Or(strings.Compare(p.name, q.name), strings.Compare(p.value, q.value))
	})
	for i, p := range encoded {
		if i > 0 {
			b = append(b, '&')
		}
		b = append(append(append(b, p.name...), '='), p.value...)
	}
	return b
}

// encode is AWS's UriEncode for a name or value.
func encode(s string) string {
	for i := range len(s) {
		if !unreserved(s[i]) {
			return string(appendEncoded(make([]byte, 0, len(s)+16), s, false))
		}
	}
	return s
}

// appendEncoded percent-encodes every byte but the unreserved characters, and the slash
// where keepSlash is set.
func appendEncoded(b []byte, s string, keepSlash bool) []byte {
	const hex = "0123456789ABCDEF"
	for i := range len(s) {
		if c := s[i]; unreserved(c) || keepSlash && c == '/' {
			b = append(b, c)
		} else {
			b = append(b, '%', hex[c>>4], hex[c&15])
		}
	}
	return b
}

// unreserved characters are those of RFC 3986, section 2.3.
func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
}
