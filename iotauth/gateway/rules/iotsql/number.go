package iotsql

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/cockroachdb/apd/v3"
)

// The range of numbers, from the developer guide, "Data types".
const (
	precision   = 34
	maxExponent = 999
)

// smallDigits is how many digits always fit an int64.
const smallDigits = 18

// exact is how numbers are computed: 34 digits, half to even, as IEEE 754 decimal128.
var exact = apd.Context{Precision: precision, MaxExponent: maxExponent, MinExponent: -maxExponent, Rounding: apd.RoundHalfEven}

// wide is how a number is read: it may have more digits, which computing rounds away.
var wide = apd.Context{MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent}

// failed are conditions that leave no number.
const failed = apd.SystemOverflow | apd.SystemUnderflow | apd.Overflow | apd.Underflow | apd.Subnormal |
	apd.DivisionUndefined | apd.DivisionByZero | apd.DivisionImpossible | apd.InvalidOperation

// convertible are the strings that are taken for numbers.
var convertible = regexp.MustCompile(`^-?\d+(\.\d+)?([eE]-?\d+)?$`)

// decimal sets d to a number, rounded to what is computed with. It reports false for one
// that is out of range.
func (v Value) decimal(d *apd.Decimal) bool {
	if v.kind == Int && v.small {
		d.SetInt64(v.i)
		return true
	}
	return parseDecimal(d, v.text)
}

func parseDecimal(d *apd.Decimal, text string) bool {
	text, ok := cutDigits(text)
	if !ok {
		return false
	}
	_, condition, err := wide.SetString(d, text)
	if err != nil || condition&failed != 0 || d.Form != apd.Finite {
		return false
	}
	if d.NumDigits() > precision {
		if condition, _ := exact.Round(d, d); condition&failed != 0 {
			return false
		}
	}
	first := int64(d.Exponent) + d.NumDigits() - 1
	return d.IsZero() || -maxExponent <= first && first <= maxExponent
}

// enoughDigits is more than any digits that can tell in a number within range: those before
// the point, the zeros behind it, and what is computed with.
const enoughDigits = 2*maxExponent + 2*precision

// cutDigits takes digits that cannot tell off a very long number, whose reading would take
// long. It reports false for one that is out of range by the number of its digits.
func cutDigits(text string) (string, bool) {
	if len(text) <= enoughDigits {
		return text, true
	}
	mantissa, exponent := text, ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		mantissa, exponent = text[:i], text[i:]
	}
	if len(mantissa) <= enoughDigits {
		return text, true
	}
	point := strings.IndexByte(mantissa, '.')
	if point < 0 || point >= enoughDigits {
		return "", false
	}
	rest := mantissa[enoughDigits:]
	if strings.Trim(rest, "0") == "" {
		return mantissa[:enoughDigits] + exponent, true
	}
	return mantissa[:enoughDigits] + "1" + exponent, true // not half, where that is what is left to round
}

// number is a computed number as a Value: an Int where whole is asked for or, from version
// 2016-03-23, it happens to be whole. Undefined where condition says that there is none.
func number(d *apd.Decimal, condition apd.Condition, whole bool, version Version) Value {
	if condition&failed != 0 || d.Form != apd.Finite {
		return undefined
	}
	if whole || version >= V2016 {
		if v, ok := wholeNumber(d); ok {
			return v
		}
	}
	return decimalOf(d.Text('G'))
}

// wholeNumber returns d as an Int, if it is one of up to 34 digits.
func wholeNumber(d *apd.Decimal) (Value, bool) {
	if d.IsZero() {
		return integer(0), true
	}
	if d.Exponent < 0 {
		reduced := new(apd.Decimal)
		if reduced.Reduce(d); reduced.Exponent < 0 {
			return undefined, false
		}
		d = reduced
	}
	if int64(d.Exponent)+d.NumDigits() > precision {
		return undefined, false
	}
	return intFromText(d.Text('f')), true
}

// intFromText is an Int that is spelt by digits and perhaps a minus.
func intFromText(text string) Value {
	if len(text) <= smallDigits {
		i, _ := strconv.ParseInt(text, 10, 64) // digits that fit
		return integer(i)
	}
	return Value{kind: Int, text: text}
}

// numberFromText is a number of a payload or a statement. Its digits stay as they are,
// but that from version 2016-03-23 a whole one is an Int.
func numberFromText(text string, version Version) Value {
	fraction := strings.IndexAny(text, ".eE")
	if fraction < 0 {
		return intFromText(text)
	}
	if version < V2016 {
		return decimalOf(text)
	}
	if text[fraction] == '.' {
		decimals := text[fraction+1:]
		n := digits(decimals)
		if n == len(decimals) { // no exponent
			if strings.Trim(decimals, "0") == "" {
				return intFromText(text[:fraction])
			}
			return decimalOf(text)
		}
	}
	var d apd.Decimal
	if parseDecimal(&d, text) {
		if v, ok := wholeNumber(&d); ok {
			return v
		}
	}
	return decimalOf(text)
}

// numberFromString converts a string; false where it is no number.
func numberFromString(s string, version Version) (Value, bool) {
	if !convertible.MatchString(s) {
		return undefined, false
	}
	// JSON has no leading zeros, and what converts must be written as JSON.
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for len(s) > 1 && s[0] == '0' && '0' <= s[1] && s[1] <= '9' {
		s = s[1:]
	}
	if negative {
		s = "-" + s
	}
	return numberFromText(s, version), true
}

// numberFromFloat is a number of double precision; Undefined where f is none.
func numberFromFloat(f float64, version Version) Value {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return undefined
	}
	text := strconv.FormatFloat(f, 'g', -1, 64)
	if f == 0 {
		text = "0"
	}
	if !strings.ContainsAny(text, ".e") {
		text += ".0"
	}
	return numberFromText(text, version)
}

// float is a number in double precision.
func (v Value) float() float64 {
	f, _ := strconv.ParseFloat(v.Text(), 64) // out of range is infinite, which computes to Undefined
	return f
}
