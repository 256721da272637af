package iotsql

import (
	"fmt"
	"time"
)

// timeFunctions format and read times.
var timeFunctions = []function{
	{name: "parse_time", since: V2016, least: 2, most: 3, prepare: literalTime(0, formatLetters), call: (*env).parseTime},
	{name: "time_to_epoch", since: V2016, least: 2, most: 2, prepare: literalTime(1, parseLetters), call: (*env).timeToEpoch},
}

// literalTime refuses a literal pattern with a letter that is not among letters.
func literalTime(at int, letters string) func([]node) (any, error) {
	return func(args []node) (any, error) {
		if len(args) <= at {
			return nil, nil
		}
		l, ok := args[at].(literal)
		if !ok || l.value.kind != String {
			return nil, nil
		}
		return compileTime(l.value.text, letters)
	}
}

// timePattern returns the compiled pattern of an argument.
func (e *env) timePattern(c *call, v Value, letters string) ([]timeField, bool) {
	if fields, ok := c.prepared.([]timeField); ok {
		return fields, true
	}
	s, ok := e.text(v)
	if !ok || !e.spend(len(s)) {
		return nil, false
	}
	fields, err := compileTime(s, letters)
	return fields, err == nil
}

// maxMillis bounds a time to the years 0 to 9999, in which patterns are clear.
const (
	minMillis = -62167219200000
	maxMillis = 253402300799999
)

// parseTime formats milliseconds of Unix time.
func (e *env) parseTime(c *call, args []Value) Value {
	fields, ok := e.timePattern(c, args[0], formatLetters)
	millis, also := e.index(args[1])
	if n, whole := e.number(args[1]); whole && n.small {
		millis = n.i // index is bounded
	}
	if !ok || !also || millis < minMillis || millis > maxMillis {
		return undefined
	}
	zone := time.UTC
	if len(args) == 3 {
		name, ok := e.text(args[2])
		if !ok || !e.spend(5000) {
			return undefined
		}
		if zone, ok = timeZone(name); !ok {
			return undefined
		}
	}
	t := time.UnixMilli(millis).In(zone)
	var b []byte
	for _, f := range fields {
		b = f.format(b, t)
		if !e.spend(20) {
			return undefined
		}
	}
	if !e.makes(len(b)) {
		return undefined
	}
	return str(string(b))
}

// timeToEpoch reads a time; without a zone it is in UTC.
func (e *env) timeToEpoch(c *call, args []Value) Value {
	s, ok := e.text(args[0])
	fields, also := e.timePattern(c, args[1], parseLetters)
	if !ok || !also || !e.spend(5000+20*len(fields)) {
		return undefined
	}
	p := timeParser{rest: s, month: -1, day: -1, year: -1, zone: time.UTC}
	for _, f := range fields {
		if !p.read(f) {
			return undefined
		}
	}
	t, ok := p.time()
	if !ok || p.rest != "" {
		return undefined
	}
	return integer(t.UnixMilli())
}

// A timeField is a run of one letter of a pattern, or a literal text.
type timeField struct {
	letter byte // 0 for a literal
	count  int
	text   string // of a literal
}

// compileTime reads a pattern: letters are fields, what stands between single quotes and
// every other character is literal, and two quotes are one.
func compileTime(pattern, letters string) ([]timeField, error) {
	var fields []timeField
	text := func(s string) {
		if n := len(fields); n > 0 && fields[n-1].letter == 0 {
			fields[n-1].text += s
			return
		}
		fields = append(fields, timeField{text: s})
	}
	if len(pattern) > maxPattern {
		return nil, fmt.Errorf("the pattern has more than %d bytes", maxPattern)
	}
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; {
		case c == '\'':
			s, n, ok := quotedText(pattern[i:])
			if !ok {
				return nil, fmt.Errorf("the pattern %q has a quote without an end", pattern)
			}
			text(s)
			i += n
		case 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z':
			n := 1
			for i+n < len(pattern) && pattern[i+n] == c {
				n++
			}
			f := timeField{letter: c, count: n}
			if err := f.check(letters); err != nil {
				return nil, err
			}
			fields = append(fields, f)
			i += n
		default:
			text(pattern[i : i+1])
			i++
		}
	}
	return fields, nil
}

// quotedText reads a text in single quotes, and returns its length with them.
func quotedText(s string) (text string, length int, ok bool) {
	if len(s) > 1 && s[1] == '\'' {
		return "'", 2, true
	}
	var b []byte
	for i := 1; i < len(s); i++ {
		if s[i] != '\'' {
			b = append(b, s[i])
			continue
		}
		if i+1 == len(s) || s[i+1] != '\'' {
			return string(b), i + 1, true
		}
		b = append(b, '\'')
		i++
	}
	return "", 0, false
}
