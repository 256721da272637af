package attr_test

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// oracleCompare orders two key values by other means than the package.
func oracleCompare(t *testing.T, a, b attr.Value) int {
	if a.Type == attr.TypeN {
		return rat(t, a.N.String()).Cmp(rat(t, b.N.String()))
	}
	return strings.Compare(a.S, b.S)
}

// TestKeyOrder compares the order of key bytes with that of the values, alone and
// as columns of a longer key.
func TestKeyOrder(t *testing.T) {
	r := newRand(t)
	for range 20_000 {
		typ := attr.TypeS + attr.Type(r.IntN(3))
		a, b := randomScalar(t, r, typ), randomScalar(t, r, typ)
		want := oracleCompare(t, a, b)
		if c, ok := attr.Compare(a, b); !ok || c != want {
			t.Fatalf("Compare(%v, %v) = %d, %t; want %d", a, b, c, ok, want)
		}
		ka, kb := attr.AppendKey(nil, a), attr.AppendKey(nil, b)
		if bytes.Compare(ka, kb) != want {
			t.Fatalf("key bytes of %s and %s: %x and %x; want order %d", text(a), text(b), ka, kb, want)
		}
		if want != 0 && (bytes.HasPrefix(ka, kb) || bytes.HasPrefix(kb, ka)) {
			t.Fatalf("key bytes of %s and %s: one begins with the other: %x, %x", text(a), text(b), ka, kb)
		}
		// With a second column the first decides, and else the second.
		c, d := randomScalar(t, r, attr.TypeS), randomScalar(t, r, attr.TypeS)
		if want == 0 {
			want = oracleCompare(t, c, d)
		}
		if got := bytes.Compare(attr.AppendKey(ka, c), attr.AppendKey(kb, d)); got != want {
			t.Fatalf("(%s, %s) and (%s, %s) are in order %d, want %d", text(a), text(c), text(b), text(d), got, want)
		}
	}
}

func text(v attr.Value) string { return string(attr.AppendJSON(nil, v)) }

// TestKeyNeighbours puts numbers that are next to each other in a row.
func TestKeyNeighbours(t *testing.T) {
	ascending := []string{
		"-9.9999999999999999999999999999999999999E+125", "-9.9999999999999999999999999999999999998E+125", "-1E125", "-101", "-100.5",
		"-100", "-99.99", "-99", "-10", "-9", "-1.1", "-1", "-0.11", "-0.1", "-0.01", "-1.1E-130", "-1E-130",
		"0", "1E-130", "1.1E-130", "0.01", "0.1", "0.11", "1", "1.000000001", "1.1", "9", "10", "10.01", "11", "99", "100",
		"9007199254740992", "9007199254740993", "9223372036854775807", "9223372036854775808", "1E125",
		"9.9999999999999999999999999999999999999E+125",
	}
	var last []byte
	for _, s := range ascending {
		key := attr.AppendKey(nil, attr.Num(mustNumber(t, s)))
		if bytes.Compare(last, key) >= 0 {
			t.Errorf("%s does not sort behind the one before it", s)
		}
		last = key
	}
}

func TestKeyPrefix(t *testing.T) {
	r := newRand(t)
	for range 20_000 {
		typ := []attr.Type{attr.TypeS, attr.TypeB}[r.IntN(2)]
		v, prefix := randomScalar(t, r, typ), randomScalar(t, r, typ)
		if r.IntN(2) == 0 {
			prefix.S = v.S[:r.IntN(len(v.S)+1)]
		}
		want := strings.HasPrefix(v.S, prefix.S)
		got := bytes.HasPrefix(attr.AppendKey(nil, v), attr.AppendKeyPrefix(nil, prefix))
		if got != want {
			t.Fatalf("%q begins with %q: %t by their key bytes", v.S, prefix.S, got)
		}
	}
}

func TestSuccessor(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 5_000 {
		key, other := randomBytes(r), randomBytes(r)
		if r.IntN(2) == 0 {
			other = append(bytes.Clone(key), other...)
		}
		next := attr.Successor(key)
		inside := bytes.Compare(other, key) >= 0 && (next == nil || bytes.Compare(other, next) < 0)
		if inside != bytes.HasPrefix(other, key) {
			t.Fatalf("Successor(%x) = %x, and %x is inside: %t", key, next, other, inside)
		}
	}
}

func TestAppendKeyRefusesOtherTypes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("AppendKey of a BOOL did not panic")
		}
	}()
	attr.AppendKey(nil, attr.Bool(true))
}
