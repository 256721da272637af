package geohash

import (
	"strings"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "ezs42", "U4PRUYDQQVJ", "a", "zzzzzzzzzzzz", "zzzzzzzzzzzzz"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := Parse(s)
		if err != nil {
			return
		}
		if h.String() != strings.ToLower(s) {
			t.Fatalf("%q became %q", s, h)
		}
		lat, lng := h.Center()
		if again, err := Encode(lat, lng, h.Precision()); err != nil || again != h {
			t.Fatalf("the middle of %q is in %q, %v", s, again, err)
		}
	})
}

// FuzzEncode compares with halving the ranges, as geohash is defined.
func FuzzEncode(f *testing.F) {
	f.Add(57.64911, 10.40744)
	f.Add(90.0, 180.0)
	f.Add(-90.0, -180.0)
	f.Add(5.625, 11.25)
	f.Fuzz(func(t *testing.T, lat, lng float64) {
		h, err := Encode(lat, lng, MaxPrecision)
		if err != nil {
			return
		}
		if want := halved(lat, lng, MaxPrecision); h.String() != want {
			t.Fatalf("%v, %v: %s, want %s", lat, lng, h, want)
		}
	})
}

// halved is the definition of geohash, bit by bit.
func halved(lat, lng float64, precision int) string {
	ranges, v := [2][2]float64{{-180, 180}, {-90, 90}}, [2]float64{lng, lat}
	var b strings.Builder
	digit := 0
	for i := range 5 * precision {
		r := &ranges[i%2]
		digit *= 2
		if middle := (r[0] + r[1]) / 2; v[i%2] >= middle {
			digit++
			r[0] = middle
		} else {
			r[1] = middle
		}
		if i%5 == 4 {
			b.WriteByte(alphabet[digit])
			digit = 0
		}
	}
	return b.String()
}
