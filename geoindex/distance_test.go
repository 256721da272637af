package geoindex

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestDistanceAgainstHaversine compares with the haversine in 300-bit arithmetic, whose
// rounding is far below what is tested.
func TestDistanceAgainstHaversine(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 11))
	worst := 0.0
	for i := range scaled(100, 400) {
		a, b := randomPlace(r), randomPlace(r)
		switch i % 4 {
		case 0: // near
			b = near(r, a, math.Pow(10, -9*r.Float64()))
		case 1: // antipodal, or nearly
			b = near(r, LatLng{-a.Lat, math.Remainder(a.Lng+180, 360)}, math.Pow(10, -9*r.Float64()))
		}
		got, want := float64(a.Distance(b)), exactDistance(a, b)
		excess := math.Abs(got-want) - (10e-9 + 4e-16*want)
		if worst = max(worst, math.Abs(got-want)); excess > 0 {
			t.Errorf("%v to %v: %.12f m, want %.12f m", a, b, got, want)
		}
	}
	t.Logf("largest error %.3g m", worst)
}

const precision = 300

func num(x float64) *big.Float { return new(big.Float).SetPrec(precision).SetFloat64(x) }
func mul(x, y *big.Float) *big.Float {
	return new(big.Float).SetPrec(precision).Mul(x, y)
}
func add(x, y *big.Float) *big.Float { return new(big.Float).SetPrec(precision).Add(x, y) }
func sub(x, y *big.Float) *big.Float { return new(big.Float).SetPrec(precision).Sub(x, y) }
func quo(x, y *big.Float) *big.Float { return new(big.Float).SetPrec(precision).Quo(x, y) }
func sqrt(x *big.Float) *big.Float   { return new(big.Float).SetPrec(precision).Sqrt(x) }

// bigPi is 100 digits of π (OEIS A000796).
var bigPi, _ = new(big.Float).SetPrec(precision).SetString(
	"3.1415926535897932384626433832795028841971693993751058209749445923078164062862089986280348253421170679")

// bigSin sums the Taylor series; |x| ≤ 2π.
func bigSin(x *big.Float) *big.Float {
	sum, term, square := num(0), x, mul(x, x)
	for n := 1; n < 200; n += 2 {
		sum = add(sum, term)
		term = quo(mul(term, square), num(-float64((n+1)*(n+2))))
	}
	return sum
}

func bigCos(x *big.Float) *big.Float { return bigSin(add(x, quo(bigPi, num(2)))) }

// exactDistance is 2R·asin(√h), the arc sine by Newton's method on the sine, from
// the nearer side: h or 1-h, so that both have digits to spare.
func exactDistance(a, b LatLng) float64 {
	rad := func(deg float64) *big.Float { return quo(mul(num(deg), bigPi), num(180)) }
	sin2 := func(x *big.Float) *big.Float { s := bigSin(quo(x, num(2))); return mul(s, s) }
	h := add(sin2(sub(rad(b.Lat), rad(a.Lat))),
		mul(mul(bigCos(rad(a.Lat)), bigCos(rad(b.Lat))), sin2(sub(rad(b.Lng), rad(a.Lng)))))
	far := h.Cmp(num(0.5)) > 0
	if far {
		h = sub(num(1), h)
	}
	if h.Sign() < 0 {
		h = num(0)
	}
	half := asin(sqrt(h))
	if far {
		half = sub(quo(bigPi, num(2)), half)
	}
	d, _ := mul(mul(num(2), half), num(float64(EarthRadius))).Float64()
	return d
}

func asin(y *big.Float) *big.Float {
	f, _ := y.Float64()
	x := num(math.Asin(f))
	for range 6 { // each step doubles the digits
		x = sub(x, quo(sub(bigSin(x), y), bigCos(x)))
	}
	return x
}
