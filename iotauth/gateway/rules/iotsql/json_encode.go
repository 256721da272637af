package iotsql

import "strconv"

// appendJSON appends v as JSON, without spaces; Undefined is appended as nothing. It stops
// where b gets longer than limit, which the caller checks.
func (v Value) appendJSON(b []byte, limit int) []byte {
	if len(b) > limit {
		return b
	}
	switch v.kind {
	case Null:
		return append(b, "null"...)
	case Boolean:
		return strconv.AppendBool(b, v.small)
	case Int, Decimal:
		if v.small {
			return strconv.AppendInt(b, v.i, 10)
		}
		return append(b, v.text...)
	case String:
		return appendString(b, v.text)
	case Array:
		b = append(b, '[')
		for i := range v.items {
			if i > 0 {
				b = append(b, ',')
			}
			b = v.items[i].appendJSON(b, limit)
		}
		return append(b, ']')
	case Object:
		b = append(b, '{')
		for i, m := range v.object.members {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(appendString(b, m.Key), ':')
			b = m.Value.appendJSON(b, limit)
		}
		return append(b, '}')
	}
	return b
}

// AppendJSON appends v as JSON to b; an Undefined is appended as nothing. A Value that
// came from [Statement.Evaluate] has up to [MaxResult] bytes.
func (v Value) AppendJSON(b []byte) []byte { return v.appendJSON(b, len(b)+2*MaxResult) }

const hexDigits = "0123456789abcdef"

// appendString appends a JSON string. Only what must be is escaped.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		}
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
