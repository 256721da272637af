package iotsql

import (
	"math"
	"math/big"
	"math/rand/v2"

	"github.com/cockroachdb/apd/v3"
)

// numberFunctions compute with numbers, to which strings are converted. Those of analysis
// have double precision.
var numberFunctions = []function{
	{name: "abs", least: 1, most: 1, call: (*env).abs},
	{name: "acos", least: 1, most: 1, call: ofFloat(math.Acos)},
	{name: "asin", least: 1, most: 1, call: ofFloat(math.Asin)},
	{name: "atan", least: 1, most: 1, call: ofFloat(math.Atan)},
	{name: "atan2", least: 2, most: 2, call: ofFloats(math.Atan2)},
	{name: "bitand", least: 2, most: 2, call: ofBits((*big.Int).And)},
	{name: "bitnot", least: 1, most: 1, call: (*env).bitnot},
	{name: "bitor", least: 2, most: 2, call: ofBits((*big.Int).Or)},
	{name: "bitxor", least: 2, most: 2, call: ofBits((*big.Int).Xor)},
	{name: "ceil", least: 1, most: 1, call: ofRounding(apd.RoundCeiling)},
	{name: "cos", least: 1, most: 1, call: ofFloat(math.Cos)},
	{name: "cosh", least: 1, most: 1, call: ofFloat(math.Cosh)},
	{name: "exp", least: 1, most: 1, call: ofFloat(math.Exp)},
	{name: "floor", least: 1, most: 1, call: ofRounding(apd.RoundFloor)},
	{name: "ln", least: 1, most: 1, call: ofFloat(math.Log)},
	{name: "log", least: 1, most: 1, call: ofFloat(math.Log10)},
	{name: "mod", least: 2, most: 2, call: func(e *env, _ *call, args []Value) Value { return e.arithmetic(opRemainder, args[0], args[1]) }},
	{name: "nanvl", least: 2, most: 2, call: nanvl},
	{name: "power", least: 2, most: 2, call: ofFloats(math.Pow)},
	{name: "rand", call: func(e *env, _ *call, _ []Value) Value { return numberFromFloat(rand.Float64(), e.version) }},
	{name: "remainder", least: 2, most: 2, call: func(e *env, _ *call, args []Value) Value { return e.arithmetic(opRemainder, args[0], args[1]) }},
	{name: "round", least: 1, most: 1, call: ofRounding(apd.RoundHalfUp)},
	{name: "sign", least: 1, most: 1, call: (*env).sign},
	{name: "sin", least: 1, most: 1, call: ofFloat(math.Sin)},
	{name: "sinh", least: 1, most: 1, call: ofFloat(math.Sinh)},
	{name: "sqrt", least: 1, most: 1, call: ofFloat(math.Sqrt)},
	{name: "tan", least: 1, most: 1, call: ofFloat(math.Tan)},
	{name: "tanh", least: 1, most: 1, call: ofFloat(math.Tanh)},
	{name: "trunc", least: 2, most: 2, call: (*env).trunc},
}

func ofFloat(f func(float64) float64) func(*env, *call, []Value) Value {
	return func(e *env, _ *call, args []Value) Value {
		n, ok := e.number(args[0])
		if !ok || !e.spend(20+len(n.text)) {
			return undefined
		}
		return numberFromFloat(f(n.float()), e.version)
	}
}

func ofFloats(f func(a, b float64) float64) func(*env, *call, []Value) Value {
	return func(e *env, _ *call, args []Value) Value {
		a, ok := e.number(args[0])
		b, also := e.number(args[1])
		if !ok || !also || !e.spend(20+len(a.text)+len(b.text)) {
			return undefined
		}
		return numberFromFloat(f(a.float(), b.float()), e.version)
	}
}

// ofBits is a function of two Ints in two's complement of any length.
func ofBits(f func(z, x, y *big.Int) *big.Int) func(*env, *call, []Value) Value {
	return func(e *env, _ *call, args []Value) Value {
		x, ok := e.bits(args[0])
		y, also := e.bits(args[1])
		if !ok || !also {
			return undefined
		}
		return intFromText(f(new(big.Int), x, y).String())
	}
}

func (e *env) bits(v Value) (*big.Int, bool) {
	whole := rounded(e, v, apd.RoundFloor)
	if whole.kind != Int || !e.spend(len(whole.text)) {
		return nil, false
	}
	return new(big.Int).SetString(whole.Text(), 10)
}

func (e *env) bitnot(_ *call, args []Value) Value {
	x, ok := e.bits(args[0])
	if !ok {
		return undefined
	}
	return intFromText(x.Not(x).String())
}

func ofRounding(r apd.Rounder) func(*env, *call, []Value) Value {
	return func(e *env, _ *call, args []Value) Value { return rounded(e, args[0], r) }
}

// rounded converts to an Int. Half up is away from zero, as the guide's examples have it.
func rounded(e *env, v Value, r apd.Rounder) Value {
	n, ok := e.number(v)
	if !ok || n.kind == Int {
		return n
	}
	var d apd.Decimal
	if !e.decimal(&d, n) {
		return undefined
	}
	return number(&d, roundWhole(&d, r), true, e.version)
}

var half = apd.New(5, -1)

// roundWhole rounds d to a whole number: down, up, or half away from zero.
func roundWhole(d *apd.Decimal, r apd.Rounder) apd.Condition {
	var whole, fraction apd.Decimal
	d.Modf(&whole, &fraction)
	away := false
	switch r {
	case apd.RoundFloor:
		away = fraction.Sign() < 0
	case apd.RoundCeiling:
		away = fraction.Sign() > 0
	case apd.RoundHalfUp:
		away = new(apd.Decimal).Abs(&fraction).Cmp(half) >= 0
	}
	if !away {
		d.Set(&whole)
		return 0
	}
	condition, _ := exact.Add(d, &whole, apd.New(int64(fraction.Sign()), 0))
	return condition
}

func (e *env) abs(_ *call, args []Value) Value {
	n, ok := e.number(args[0])
	var d apd.Decimal
	if !ok || !e.decimal(&d, n) {
		return undefined
	}
	if d.Sign() >= 0 {
		return n
	}
	return numberFromText(n.Text()[1:], e.version)
}

func (e *env) sign(_ *call, args []Value) Value {
	n, ok := e.number(args[0])
	var d apd.Decimal
	if !ok || !e.decimal(&d, n) {
		return undefined
	}
	return integer(int64(d.Sign()))
}

// nanvl is its first argument if that is there; no Decimal is not a number here.
func nanvl(_ *env, _ *call, args []Value) Value {
	if args[0].kind <= Null {
		return args[1]
	}
	return args[0]
}

// trunc cuts a number after some decimals, and zeros off its end.
func (e *env) trunc(_ *call, args []Value) Value {
	n, ok := e.number(args[0])
	decimals, also := e.index(args[1])
	var d apd.Decimal
	if !ok || !also || args[1].kind == String || !e.decimal(&d, n) {
		return undefined
	}
	if n.kind == Int {
		return n
	}
	decimals = max(0, min(decimals, precision))
	if int64(-d.Exponent) > decimals {
		c := wide
		c.Precision, c.Rounding = 2*maxExponent, apd.RoundDown
		if condition, _ := c.Quantize(&d, &d, int32(-decimals)); condition&failed != 0 {
			return undefined
		}
	}
	d.Reduce(&d)
	return number(&d, 0, false, e.version)
}
