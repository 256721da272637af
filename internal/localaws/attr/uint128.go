package attr

import "math/bits"

// u128 is an unsigned 128-bit integer. Coefficients of 38 digits fit: 10^38 is
// less than 2^127.
type u128 struct{ hi, lo uint64 }

// ten19 is the largest power of ten in 64 bits.
const ten19 = 10_000_000_000_000_000_000

// pow10 holds 10^0 to 10^38.
var pow10 = func() (t [maxDigits + 1]u128) {
	t[0] = u128{0, 1}
	for i := 1; i < len(t); i++ {
		t[i], _ = t[i-1].mul64(10)
	}
	return t
}()

func (a u128) isZero() bool { return a.hi|a.lo == 0 }

func (a u128) cmp(b u128) int {
	switch {
	case a == b:
		return 0
	case a.hi < b.hi || a.hi == b.hi && a.lo < b.lo:
		return -1
	}
	return 1
}

// add returns a + b; ok is false where the sum needs more than 128 bits.
func (a u128) add(b u128) (sum u128, ok bool) {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, carry := bits.Add64(a.hi, b.hi, carry)
	return u128{hi, lo}, carry == 0
}

// sub returns a - b for a >= b.
func (a u128) sub(b u128) u128 {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return u128{hi, lo}
}

// mul64 returns a * m; ok is false where the product needs more than 128 bits.
func (a u128) mul64(m uint64) (product u128, ok bool) {
	carry, lo := bits.Mul64(a.lo, m)
	over, hi := bits.Mul64(a.hi, m)
	hi, c := bits.Add64(hi, carry, 0)
	return u128{hi, lo}, over == 0 && c == 0
}

// mulPow10 returns a * 10^n for n of 0 to 38; ok is false where the product
// needs more than 128 bits.
func (a u128) mulPow10(n int) (product u128, ok bool) {
	if n >= 20 {
		// 10^19 fits 64 bits, 10^20 does not: two steps.
		if a, ok = a.mul64(ten19); !ok {
			return a, false
		}
		n -= 19
	}
	return a.mul64(pow10[n].lo)
}

// divmod64 returns the quotient and the remainder of a / d.
func (a u128) divmod64(d uint64) (q u128, r uint64) {
	q.hi, r = a.hi/d, a.hi%d
	q.lo, r = bits.Div64(r, a.lo, d)
	return q, r
}

// digits returns the number of decimal digits of a, 0 for zero.
func (a u128) digits() int {
	if a.isZero() {
		return 0
	}
	length := bits.Len64(a.lo)
	if a.hi != 0 {
		length = 64 + bits.Len64(a.hi)
	}
	// log10(2) is 0.30103; 1233/4096 is just below it, which is exact enough for
	// 128 bits: the estimate is the count or one less.
	n := length * 1233 >> 12
	if n < len(pow10) && a.cmp(pow10[n]) >= 0 {
		n++
	}
	return n
}
