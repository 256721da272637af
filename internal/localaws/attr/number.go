package attr

import "math/bits"

// The range of a Number, from the DynamoDB developer guide, "Data types".
const (
	maxDigits = 38   // significant digits
	maxExp    = 125  // power of ten of the first digit, at most
	minExp    = -130 // and at least
)

// Number is an exact decimal of up to 38 significant digits, with a magnitude
// of 1E-130 to 9.9999999999999999999999999999999999999E+125, or zero. The zero
// Number is 0. Numbers are normalised, so == compares them by value.
type Number struct {
	coef   u128  // an integer below 10^38 that 10 does not divide
	exp    int16 // power of ten of the coefficient's last digit; 0 for zero
	digits uint8 // decimal digits of coef, 0 for zero
	neg    bool
}

// newNumber returns ±coef × 10^exp, normalised. It reports a magnitude out of
// range, or more than 38 digits as precision.
func newNumber(neg bool, coef u128, exp int, precision *ValidationError) (Number, error) {
	if coef.isZero() {
		return Number{}, nil
	}
	for coef.lo&1 == 0 {
		q, r := coef.divmod64(10)
		if r != 0 {
			break
		}
		coef, exp = q, exp+1
	}
	digits := coef.digits()
	switch first := exp + digits - 1; {
	case first > maxExp:
		return Number{}, errOverflow
	case first < minExp:
		return Number{}, errUnderflow
	case digits > maxDigits:
		return Number{}, precision
	}
	return Number{coef: coef, exp: int16(exp), digits: uint8(digits), neg: neg}, nil
}

// NumberFromInt returns the Number i.
func NumberFromInt(i int64) Number {
	magnitude := uint64(i)
	if i < 0 {
		magnitude = -magnitude
	}
	n, _ := newNumber(i < 0, u128{0, magnitude}, 0, nil) // 19 digits are in range
	return n
}

// Sign returns -1, 0 or +1.
func (n Number) Sign() int {
	switch {
	case n.digits == 0:
		return 0
	case n.neg:
		return -1
	}
	return 1
}

// Neg returns -n.
func (n Number) Neg() Number {
	n.neg = !n.neg && n.digits > 0
	return n
}

// Cmp returns -1, 0 or +1 as n is less than, equal to or greater than m.
func (n Number) Cmp(m Number) int {
	if s, t := n.Sign(), m.Sign(); s != t || s == 0 {
		return sign(s - t)
	}
	if n.neg {
		return m.cmpMagnitude(n)
	}
	return n.cmpMagnitude(m)
}

// cmpMagnitude compares the magnitudes of two numbers that are not zero.
func (n Number) cmpMagnitude(m Number) int {
	if c := n.firstExp() - m.firstExp(); c != 0 {
		return sign(c)
	}
	// The first digits align: so do the last, once the shorter is padded. At most
	// 38 digits, so nothing overflows.
	a, b := n.coef, m.coef
	if pad := int(m.digits) - int(n.digits); pad > 0 {
		a, _ = a.mulPow10(pad)
	} else if pad < 0 {
		b, _ = b.mulPow10(-pad)
	}
	return a.cmp(b)
}

// firstExp is the power of ten of the first digit.
func (n Number) firstExp() int { return int(n.exp) + int(n.digits) - 1 }

func sign(i int) int {
	switch {
	case i < 0:
		return -1
	case i > 0:
		return 1
	}
	return 0
}

// Add returns n + m. A result that needs more than 38 digits, or is out of
// range, is a [*ValidationError]: DynamoDB does not round.
func (n Number) Add(m Number) (Number, error) {
	if n.digits == 0 {
		return m, nil
	}
	if m.digits == 0 {
		return n, nil
	}
	if n.exp < m.exp {
		n, m = m, n
	}
	// m has the lower last digit. Where the shift is not 0 that digit stays the
	// last of the result, so a result as long as the shifted n cannot fit.
	shift := int(n.exp) - int(m.exp)
	if int(n.digits)+shift > maxDigits+1 {
		return Number{}, errOverflow
	}
	a, ok := n.coef.mulPow10(shift)
	if !ok {
		return Number{}, errOverflow
	}
	b, neg := m.coef, n.neg
	switch {
	case n.neg == m.neg:
		if a, ok = a.add(b); !ok {
			return Number{}, errOverflow
		}
	case a.cmp(b) >= 0:
		a = a.sub(b)
	default:
		a, neg = b.sub(a), m.neg
	}
	return newNumber(neg, a, int(m.exp), errOverflow)
}

// Sub returns n - m, with the errors of [Number.Add].
func (n Number) Sub(m Number) (Number, error) { return n.Add(m.Neg()) }

// Int64 returns n as an int64; ok is false where n is no integer or out of range.
func (n Number) Int64() (i int64, ok bool) {
	if n.digits == 0 {
		return 0, true
	}
	if n.exp < 0 || n.firstExp() > 18 {
		return 0, false
	}
	c, _ := n.coef.mulPow10(int(n.exp)) // at most 19 digits
	if n.neg {
		return -int64(c.lo), c.lo <= 1<<63
	}
	return int64(c.lo), bits.Len64(c.lo) < 64
}
