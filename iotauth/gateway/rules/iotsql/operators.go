package iotsql

import (
	"math/bits"

	"github.com/cockroachdb/apd/v3"
)

// An operator stands between two operands.
type operator uint8

const (
	opOr operator = iota
	opAnd
	opEqual
	opUnequal
	opLess
	opLessOrEqual
	opGreater
	opGreaterOrEqual
	opAdd
	opSubtract
	opMultiply
	opDivide
	opRemainder
)

var operators = [...]string{"OR", "AND", "=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%"}

func (o operator) String() string { return operators[o] }

func (o operator) bind() int {
	switch {
	case o == opOr:
		return bindOr
	case o == opAnd:
		return bindAnd
	case o <= opGreaterOrEqual:
		return bindCompare
	case o <= opSubtract:
		return bindAdd
	}
	return bindMultiply
}

func (n binary) eval(e *env) Value {
	left, right := n.left.eval(e), n.right.eval(e)
	switch {
	case n.op <= opAnd:
		return logical(n.op, left, right)
	case n.op <= opUnequal:
		if left.kind == Undefined || right.kind == Undefined {
			return undefined
		}
		return boolean(e.equal(left, right) == (n.op == opEqual))
	case n.op <= opGreaterOrEqual:
		return e.compare(n.op, left, right)
	case n.op == opAdd && (left.kind == String || right.kind == String):
		return e.join(left, right)
	}
	return e.arithmetic(n.op, left, right)
}

// truth converts to a Boolean: "true" and "false" in any case are.
func truth(v Value) (b, ok bool) {
	switch v.kind {
	case Boolean:
		return v.small, true
	case String:
		return truthOfString(v.text)
	}
	return false, false
}

// logical is AND and OR. An operand that is no Boolean makes either Undefined, whatever
// the other is.
func logical(op operator, left, right Value) Value {
	l, ok := truth(left)
	r, also := truth(right)
	switch {
	case !ok || !also:
		return undefined
	case op == opAnd:
		return boolean(l && r)
	}
	return boolean(l || r)
}

func (n not) eval(e *env) Value {
	b, ok := truth(n.of.eval(e))
	if !ok {
		return undefined
	}
	return boolean(!b)
}

func (n minus) eval(e *env) Value { return e.arithmetic(opSubtract, integer(0), n.of.eval(e)) }

// equal compares two values that are not Undefined. Numbers are equal by value, others
// only to their own type.
func (e *env) equal(a, b Value) bool {
	if !e.spend(5) {
		return false
	}
	if a.isNumber() && b.isNumber() {
		order, ok := e.order(a, b)
		return ok && order == 0
	}
	if a.kind != b.kind {
		return false
	}
	switch a.kind {
	case Boolean:
		return a.small == b.small
	case String:
		return a.text == b.text
	case Array:
		if len(a.items) != len(b.items) {
			return false
		}
		for i := range a.items {
			if !e.equal(a.items[i], b.items[i]) {
				return false
			}
		}
	case Object:
		if len(a.object.members) != len(b.object.members) {
			return false
		}
		for _, m := range a.object.members {
			i := b.object.find(m.Key)
			if i < 0 || !e.equal(m.Value, b.object.members[i].Value) {
				return false
			}
		}
	}
	return true
}

// order compares two numbers; false where one is out of range.
func (e *env) order(a, b Value) (int, bool) {
	if a.small && b.small {
		switch {
		case a.i < b.i:
			return -1, true
		case a.i > b.i:
			return 1, true
		}
		return 0, true
	}
	var x, y apd.Decimal
	if !e.decimal(&x, a) || !e.decimal(&y, b) {
		return 0, false
	}
	return x.Cmp(&y), true
}

// decimal is Value.decimal, paid for.
func (e *env) decimal(d *apd.Decimal, v Value) bool { return e.spend(10+len(v.text)) && v.decimal(d) }

// number converts to a number: a string is taken for one, others are Undefined.
func (e *env) number(v Value) (Value, bool) {
	switch v.kind {
	case Int, Decimal:
		return v, true
	case String:
		if !e.spend(len(v.text)) {
			return undefined, false
		}
		return numberFromString(v.text, e.version)
	}
	return undefined, false
}

func (e *env) compare(op operator, left, right Value) Value {
	l, ok := e.number(left)
	r, also := e.number(right)
	if !ok || !also {
		return undefined
	}
	order, ok := e.order(l, r)
	if !ok {
		return undefined
	}
	switch op {
	case opLess:
		return boolean(order < 0)
	case opLessOrEqual:
		return boolean(order <= 0)
	case opGreater:
		return boolean(order > 0)
	}
	return boolean(order >= 0)
}

// join is + where an operand is a string.
func (e *env) join(left, right Value) Value {
	l, ok := e.text(left)
	r, also := e.text(right)
	if !ok || !also || !e.makes(len(l)+len(r)) {
		return undefined
	}
	return str(l + r)
}

// arithmetic computes an Int of two Ints, a Decimal of anything else that converts to
// numbers; of strings only where the operator is not +.
func (e *env) arithmetic(op operator, left, right Value) Value {
	whole := left.kind == Int && right.kind == Int
	if whole && left.small && right.small {
		if v, ok := smallArithmetic(op, left.i, right.i); ok {
			return v
		}
	}
	l, ok := e.number(left)
	r, also := e.number(right)
	var x, y, z apd.Decimal
	if !ok || !also || !e.decimal(&x, l) || !e.decimal(&y, r) || !e.spend(100) {
		return undefined
	}
	var condition apd.Condition
	switch op {
	case opAdd:
		condition, _ = exact.Add(&z, &x, &y)
	case opSubtract:
		condition, _ = exact.Sub(&z, &x, &y)
	case opMultiply:
		condition, _ = exact.Mul(&z, &x, &y)
	case opDivide:
		condition = divide(&z, &x, &y, whole)
	case opRemainder:
		condition = remainder(&z, &x, &y)
	}
	return number(&z, condition, whole, e.version)
}

// smallArithmetic is that of Ints that fit int64; false where the result does not, or
// there is none.
func smallArithmetic(op operator, a, b int64) (Value, bool) {
	var c int64
	switch op {
	case opAdd:
		c = a + b
		if (c > a) != (b > 0) && b != 0 {
			return undefined, false
		}
	case opSubtract:
		c = a - b
		if (c < a) != (b > 0) && b != 0 {
			return undefined, false
		}
	case opMultiply:
		high, low := bits.Mul64(magnitude(a), magnitude(b))
		if high != 0 || low > 1<<62 {
			return undefined, false
		}
		c = a * b
	case opDivide, opRemainder:
		if b == 0 || b == -1 {
			return undefined, false
		}
		c = a / b
		if op == opRemainder {
			c = a % b
		}
	}
	return integer(c), true
}

func magnitude(i int64) uint64 {
	if i < 0 {
		return -uint64(i)
	}
	return uint64(i)
}

// divide sets z to the quotient of x and y, for Ints without its fraction.
func divide(z, x, y *apd.Decimal, whole bool) apd.Condition {
	if whole {
		// Both have up to 34 digits, so that the quotient has.
		condition, _ := exact.QuoInteger(z, x, y)
		return condition
	}
	condition, _ := exact.Quo(z, x, y)
	if condition&(failed|apd.Inexact) == 0 {
		shorten(z, min(x.Exponent-y.Exponent, 0))
	}
	return condition
}

// shorten takes zeros off the end of z, down to as many decimals as exponent says.
func shorten(z *apd.Decimal, exponent int32) {
	var reduced apd.Decimal
	reduced.Reduce(z)
	if reduced.Exponent > exponent {
		exact.Quantize(&reduced, &reduced, exponent)
	}
	z.Set(&reduced)
}

// remainderPrecision is enough for a remainder of any two numbers: the quotient's integer
// part may have as many digits as the range of exponents allows.
var remainders = apd.Context{Precision: 2*maxExponent + 2*precision, MaxExponent: apd.MaxExponent, MinExponent: apd.MinExponent, Rounding: apd.RoundHalfEven}

// remainder has the sign of x.
func remainder(z, x, y *apd.Decimal) apd.Condition {
	condition, _ := remainders.Rem(z, x, y)
	if condition&failed != 0 {
		return condition
	}
	rounded, _ := exact.Round(z, z)
	return condition | rounded
}
