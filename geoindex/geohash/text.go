package geohash

import "fmt"

// alphabet is base 32 of geohash: digits and letters without a, i, l and o.
const alphabet = "0123456789bcdefghjkmnpqrstuvwxyz"

// values of the bytes of a text, from 1; 0 for those that are no digits.
var values = func() (v [256]byte) {
	for i, c := range []byte(alphabet) {
		v[c] = byte(i + 1)
		if c >= 'a' {
			v[c-'a'+'A'] = byte(i + 1)
		}
	}
	return v
}()

// Parse reads a text of 1 to [MaxPrecision] characters, in either case. Other text is an
// [ErrInvalid].
func Parse(s string) (Hash, error) {
	if len(s) < 1 || len(s) > MaxPrecision {
		return Hash{}, fmt.Errorf("%w: a text of %d bytes, not of 1 to %d", ErrInvalid, len(s), MaxPrecision)
	}
	h := Hash{precision: uint8(len(s))}
	for i := range len(s) {
		v := values[s[i]]
		if v == 0 {
			return Hash{}, fmt.Errorf("%w: %q has a byte that is no digit of base 32", ErrInvalid, s)
		}
		h.bits = h.bits<<5 | uint64(v-1)
	}
	return h, nil
}

// String returns the text, in lower case.
func (h Hash) String() string {
	var b [MaxPrecision]byte
	return string(h.Append(b[:0]))
}

// Append appends the text to b.
func (h Hash) Append(b []byte) []byte {
	for shift := 5 * (h.Precision() - 1); shift >= 0; shift -= 5 {
		b = append(b, alphabet[h.bits>>shift&31])
	}
	return b
}

// MarshalText returns the text; it never fails.
func (h Hash) MarshalText() ([]byte, error) { return h.Append(nil), nil }

// UnmarshalText reads what [Parse] does, and no text as the zero Hash.
func (h *Hash) UnmarshalText(text []byte) (err error) {
	if len(text) == 0 {
		*h = Hash{}
		return nil
	}
	*h, err = Parse(string(text))
	return err
}
