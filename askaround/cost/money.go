package cost

import (
	"errors"
	"math/bits"
	"strconv"
	"strings"
)

// Money is an amount of US dollars in units of 10⁻⁹. It holds up to nine thousand million
// dollars.
type Money int64

// Units of money.
const (
	Cent   Money = 10_000_000
	Dollar Money = 100 * Cent
)

// ErrRange reports a quantity below 0, or an amount that [Money] cannot hold.
var ErrRange = errors.New("cost: out of range")

// String returns the amount in dollars and cents, "$1,870.26", rounded to the nearest
// cent, halves away from zero.
func (m Money) String() string {
	sign, u := m.magnitude()
	cents := (u + uint64(Cent)/2) / uint64(Cent)
	return sign + "$" + thousands(cents/100) + "." + pad(cents%100, 2)
}

// Exact returns the amount to its last digit, "$0.042048", with two decimals at least.
func (m Money) Exact() string {
	sign, u := m.magnitude()
	fraction := pad(u%uint64(Dollar), 9)
	for len(fraction) > 2 && fraction[len(fraction)-1] == '0' {
		fraction = fraction[:len(fraction)-1]
	}
	return sign + "$" + thousands(u/uint64(Dollar)) + "." + fraction
}

func (m Money) magnitude() (sign string, u uint64) {
	if m < 0 {
		return "-", -uint64(m)
	}
	return "", uint64(m)
}

func pad(n uint64, digits int) string {
	s := strconv.FormatUint(n, 10)
	return strings.Repeat("0", max(0, digits-len(s))) + s
}

func thousands(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// million is what prices are quoted for.
const million = 1_000_000

// times returns the price of units at a price for a million of them, rounded to the
// nearest nano-dollar.
func times(units int64, perMillion Money) (Money, error) {
	if units < 0 || perMillion < 0 {
		return 0, ErrRange
	}
	hi, lo := bits.Mul64(uint64(units), uint64(perMillion))
	lo, carry := bits.Add64(lo, million/2, 0)
	hi += carry
	if hi >= million {
		return 0, ErrRange
	}
	q, _ := bits.Div64(hi, lo, million)
	if q > uint64(maxMoney) {
		return 0, ErrRange
	}
	return Money(q), nil
}

const maxMoney = Money(1<<63 - 1)

// plus adds amounts that are not negative.
func plus(a, b Money) (Money, error) {
	if a > maxMoney-b {
		return 0, ErrRange
	}
	return a + b, nil
}

// mul multiplies quantities.
func mul(factors ...int64) (int64, error) {
	product := uint64(1)
	for _, f := range factors {
		if f < 0 {
			return 0, ErrRange
		}
		hi, lo := bits.Mul64(product, uint64(f))
		if hi != 0 || lo > 1<<63-1 {
			return 0, ErrRange
		}
		product = lo
	}
	return int64(product), nil
}
