package iotsql

import (
	"strings"

	"github.com/cockroachdb/apd/v3"
)

func truthOfString(s string) (b, ok bool) {
	b = strings.EqualFold(s, "true")
	return b, b || strings.EqualFold(s, "false")
}

// text converts to a string; Null and Undefined have none.
func (e *env) text(v Value) (string, bool) {
	switch v.kind {
	case String:
		return v.text, true
	case Int, Decimal:
		return v.Text(), true
	case Boolean:
		if v.small {
			return "true", true
		}
		return "false", true
	case Array, Object:
		b := v.appendJSON(nil, MaxResult)
		if !e.makes(len(b)) {
			return "", false
		}
		return string(b), true
	}
	return "", false
}

// texts converts all arguments to strings; false where one has none.
func (e *env) texts(args []Value) ([]string, bool) {
	list := make([]string, len(args))
	for i, v := range args {
		s, ok := e.text(v)
		if !ok {
			return nil, false
		}
		list[i] = s
	}
	return list, true
}

// farIndex is beyond every index of a string or an array.
const farIndex = 1 << 40

// index converts to a whole number, rounded down, which is no less than -farIndex and no
// more than farIndex.
func (e *env) index(v Value) (int64, bool) {
	if v.kind == Int && v.small {
		return max(-farIndex, min(v.i, farIndex)), true
	}
	n, ok := e.number(v)
	var d apd.Decimal
	if !ok || !e.decimal(&d, n) {
		return 0, false
	}
	if first := int64(d.Exponent) + d.NumDigits(); first > 12 && !d.IsZero() {
		if d.Negative {
			return -farIndex, true
		}
		return farIndex, true
	}
	if condition := roundWhole(&d, apd.RoundFloor); condition&failed != 0 {
		return 0, false
	}
	i, err := d.Int64()
	return i, err == nil
}

func (n castTo) eval(e *env) Value {
	v := n.of.eval(e)
	if v.kind == Boolean && (n.to == Int || n.to == Decimal) {
		return castBoolean(v.small, n.to, e.version)
	}
	switch n.to {
	case String:
		if s, ok := e.text(v); ok {
			return str(s)
		}
	case Int:
		return rounded(e, v, apd.RoundFloor)
	case Decimal:
		number, ok := e.number(v)
		switch {
		case ok && n.double:
			return numberFromFloat(number.float(), e.version)
		case ok:
			return number
		}
	case Boolean:
		if v.isNumber() {
			var d apd.Decimal
			return boolean(!e.decimal(&d, v) || !d.IsZero())
		}
		if b, ok := truth(v); ok {
			return boolean(b)
		}
	}
	return undefined
}

func castBoolean(b bool, to Kind, version Version) Value {
	v := integer(0)
	if b {
		v = integer(1)
	}
	if to == Decimal && version < V2016 {
		return decimalOf(v.Text() + ".0")
	}
	return v
}
