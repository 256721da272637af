package attr_test

import (
	"errors"
	"math"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/cockroachdb/apd/v3"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

func TestParseNumber(t *testing.T) {
	const (
		overflow  = "Number overflow. Attempting to store a number with magnitude larger than supported range"
		underflow = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
		precision = "Attempting to store more than 38 significant digits in a Number"
		numeric   = "The parameter cannot be converted to a numeric value"
	)
	nines := strings.Repeat("9", 38)
	tests := []struct {
		reason, in, want, err string
	}{
		{"an integer", "42", "42", ""},
		{"a negative integer", "-42", "-42", ""},
		{"a plus sign is allowed and dropped", "+3", "3", ""},
		{"leading zeros do not count", "00042", "42", ""},
		{"trailing zeros behind the point are dropped", "3.1400", "3.14", ""},
		{"a fraction of zeros leaves an integer", "1.0", "1", ""},
		{"no digit before the point", ".5", "0.5", ""},
		{"no digit behind the point", "5.", "5", ""},
		{"an exponent is written out", "1.5E2", "150", ""},
		{"a small e, and a plus in the exponent", "1e+5", "100000", ""},
		{"a negative exponent", "15e-4", "0.0015", ""},
		{"zero", "0", "0", ""},
		{"minus zero is zero", "-0", "0", ""},
		{"zero with any exponent is zero", "0e1000", "0", ""},
		{"zeros alone are zero", "000.000", "0", ""},
		{"38 digits", nines, nines, ""},
		{"38 digits around the point", "1234567890123456789.0123456789012345678", "1234567890123456789.0123456789012345678", ""},
		{"38 digits in the middle of zeros", "000" + nines + "000", nines + "000", ""},
		{"zeros between digits count", "1" + strings.Repeat("0", 36) + "1", "1" + strings.Repeat("0", 36) + "1", ""},
		{"the largest", "9." + nines[1:] + "E+125", nines + strings.Repeat("0", 88), ""},
		{"the least", "-9." + nines[1:] + "E+125", "-" + nines + strings.Repeat("0", 88), ""},
		{"the smallest above zero", "1E-130", "0." + strings.Repeat("0", 129) + "1", ""},
		{"the range is that of the first digit", "1.5E-130", "0." + strings.Repeat("0", 129) + "15", ""},
		{"39 digits", nines + "9", "", precision},
		{"39 digits with zeros between", "1" + strings.Repeat("0", 37) + "1", "", precision},
		{"above the largest", "1E+126", "", overflow},
		{"a large mantissa overflows as well", "11e125", "", overflow},
		{"an exponent beyond any integer type", "1e99999999999999999999", "", overflow},
		{"below the smallest", "1E-131", "", underflow},
		{"just below the smallest", "0.9e-130", "", underflow},
		{"an exponent below any integer type", "-1e-99999999999999999999", "", underflow},
		{"nothing", "", "", numeric},
		{"a sign alone", "-", "", numeric + ": -"},
		{"a point alone", ".", "", numeric + ": ."},
		{"two points", "1.2.3", "", numeric + ": 1.2.3"},
		{"an exponent without digits", "1e", "", numeric + ": 1e"},
		{"an exponent with a sign only", "1e-", "", numeric + ": 1e-"},
		{"an exponent without mantissa", "e5", "", numeric + ": e5"},
		{"a fraction in the exponent", "1e1.5", "", numeric + ": 1e1.5"},
		{"blanks in front", " 1", "", numeric + ":  1"},
		{"blanks behind", "1 ", "", numeric + ": 1 "},
		{"a word", "dog", "", numeric + ": dog"},
		{"no number has this name here", "NaN", "", numeric + ": NaN"},
		{"nor this", "-Infinity", "", numeric + ": -Infinity"},
		{"Go's digit separator", "1_0", "", numeric + ": 1_0"},
		{"hexadecimal", "0x1", "", numeric + ": 0x1"},
		{"digits of another script", "١", "", numeric + ": ١"},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			n, err := attr.ParseNumber(tt.in)
			if tt.err != "" {
				var invalid *attr.ValidationError
				if !errors.As(err, &invalid) || invalid.Message != tt.err {
					t.Fatalf("ParseNumber(%q) = %v, %v; want error %q", tt.in, n, err, tt.err)
				}
				return
			}
			if err != nil || n.String() != tt.want {
				t.Fatalf("ParseNumber(%q) = %v, %v; want %s", tt.in, n, err, tt.want)
			}
			if again := mustNumber(t, n.String()); again != n {
				t.Errorf("%q does not survive its own text: %v", tt.in, again)
			}
		})
	}
}

// TestNumberAgainstRationals compares order, sums and differences with exact
// rational arithmetic.
func TestNumberAgainstRationals(t *testing.T) {
	r := newRand(t)
	n := 5_000
	if os.Getenv("ASKAROUND_SLOW") == "1" {
		n = 20_000
	}
	for range n {
		a, b := randomDecimal(r), randomDecimal(r)
		if r.IntN(4) == 0 { // a near neighbour
			b = mustNumber(t, a).Neg().Neg().String()
		}
		x, y := mustNumber(t, a), mustNumber(t, b)
		p, q := rat(t, a), rat(t, b)
		if x.Cmp(y) != p.Cmp(q) {
			t.Fatalf("%s compared with %s gives %d", a, b, x.Cmp(y))
		}
		if x.Sign() != p.Sign() {
			t.Fatalf("sign of %s is %d", a, x.Sign())
		}
		if (x == y) != (p.Cmp(q) == 0) {
			t.Fatalf("%s == %s is %t", a, b, x == y)
		}
		sum, err := x.Add(y)
		checkResult(t, a+" + "+b, sum, err, new(big.Rat).Add(p, q))
		difference, err := x.Sub(y)
		checkResult(t, a+" - "+b, difference, err, new(big.Rat).Sub(p, q))
	}
}

// checkResult compares a result with the exact one: equal, or an error exactly
// where that is no DynamoDB number.
func checkResult(t *testing.T, what string, got attr.Number, err error, want *big.Rat) {
	t.Helper()
	fits := storable(t, want)
	if err != nil {
		var invalid *attr.ValidationError
		if fits || !errors.As(err, &invalid) {
			t.Fatalf("%s: %v; exact result %s", what, err, want.FloatString(140))
		}
		return
	}
	if !fits || rat(t, got.String()).Cmp(want) != 0 {
		t.Fatalf("%s = %s; exact result %s, storable %t", what, got, want.FloatString(170), fits)
	}
}

// storable reports whether x is zero, or in range with at most 38 digits.
func storable(t *testing.T, x *big.Rat) bool {
	// Every sum of two numbers is a multiple of 10^-167.
	text := strings.TrimLeft(strings.TrimLeft(x.FloatString(170), "-"), "0.")
	digits := strings.Trim(strings.ReplaceAll(text, ".", ""), "0")
	if digits == "" {
		return true
	}
	abs := new(big.Rat).Abs(x)
	return len(digits) <= 38 && abs.Cmp(rat(t, "1E-130")) >= 0 && abs.Cmp(rat(t, "1E126")) < 0
}

func TestNumberEdgesOfArithmetic(t *testing.T) {
	nines := strings.Repeat("9", 38)
	tests := []struct {
		reason, a, b, want string // "" wants an error
	}{
		{"a carry into a 39th place is one digit again", nines, "1", "1" + strings.Repeat("0", 38)},
		{"a borrow from a 39th place", "1E38", "-1", nines},
		{"a 39th digit", nines, "0.1", ""},
		{"far apart", "1E50", "1", ""},
		{"as far apart as can be", "9E125", "1E-130", ""},
		{"out of range", "9E125", "9E125", ""},
		{"out of range below", "-9E125", "-9E125", ""},
		{"below the smallest", "1.5E-130", "-1E-130", ""},
		{"cancel to zero", "1E-130", "-1E-130", "0"},
		{"zero is neutral", "0", "1E-130", "0." + strings.Repeat("0", 129) + "1"},
		{"more than float64 holds", "9223372036854775807", "2", "9223372036854775809"},
		{"no binary fraction", "0.1", "0.2", "0.3"},
		{"39 digits of which the last is 0", "3.4028236692093846346337460743176821145E38", "1E38", "440282366920938463463374607431768211450"},
		{"39 digits below 2^128", "3.4028236692093846346337460743176821145E38", "3", ""},
		{"39 digits above 2^128", "3.4028236692093846346337460743176821145E38", "7", ""},
		{"39 digits, shifted beyond 2^128", "9E38", "7", ""},
		{"a sum of both beyond 2^128", "3.4E38", nines, ""},
		{"a borrow that leaves 39 digits", "2E38", "-" + nines, ""},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			got, err := mustNumber(t, tt.a).Add(mustNumber(t, tt.b))
			exact := new(big.Rat).Add(rat(t, tt.a), rat(t, tt.b))
			checkResult(t, tt.a+" + "+tt.b, got, err, exact)
			if tt.want == "" && err == nil || tt.want != "" && got.String() != tt.want {
				t.Errorf("%s + %s = %v, %v; want %q", tt.a, tt.b, got, err, tt.want)
			}
		})
	}
}

func TestNumberInt64(t *testing.T) {
	for _, i := range []int64{0, 1, -1, 10, 1000, math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, math.MinInt64 + 1} {
		n := attr.NumberFromInt(i)
		if n.String() != big.NewInt(i).String() {
			t.Errorf("NumberFromInt(%d) = %s", i, n)
		}
		if back, ok := n.Int64(); !ok || back != i {
			t.Errorf("%d came back as %d, %t", i, back, ok)
		}
	}
	for _, s := range []string{"9223372036854775808", "-9223372036854775809", "1E19", "1E100", "0.5", "1E-5"} {
		if i, ok := mustNumber(t, s).Int64(); ok {
			t.Errorf("%s is not an int64, got %d", s, i)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"1", "-0.5", "1.5E-7", "1e126", "00042.4200", "1e", "..", strings.Repeat("1", 50), "1" + strings.Repeat("0", 200) + "1", "9.9999999999999999999999999999999999999E+125"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := attr.ParseNumber(s)
		// apd reads every decimal; it reads more words, and not every exponent.
		want, _, apdErr := apd.NewFromString(s)
		if err != nil {
			return
		}
		if n.String() != "0" && (apdErr != nil || want.Form != apd.Finite) {
			t.Fatalf("ParseNumber(%q) = %s, but apd does not read it", s, n)
		}
		text, _, err := apd.NewFromString(n.String())
		if err != nil || n.String() != "0" && text.Cmp(want) != 0 {
			t.Fatalf("ParseNumber(%q) = %s", s, n)
		}
		if again := mustNumber(t, n.String()); again != n {
			t.Fatalf("%q is read as %s, that as %s", s, n, again)
		}
	})
}
