package attr_test

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// newRand returns a random source whose seed is told where the test fails.
func newRand(t testing.TB) *rand.Rand {
	t.Helper()
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return rand.New(rand.NewPCG(seed, 0))
}

// randomDecimal returns the text of a decimal that DynamoDB stores. Lengths and
// exponents are spread so that neighbours, ties and limits are frequent.
func randomDecimal(r *rand.Rand) string {
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	n := 1 + r.IntN(38)
	if r.IntN(3) == 0 {
		n = 1 + r.IntN(3)
	}
	b.WriteByte('1' + byte(r.IntN(9)))
	for i := 1; i < n; i++ {
		if i == 1 {
			b.WriteByte('.')
		}
		b.WriteByte('0' + byte(r.IntN(10)*r.IntN(2)))
	}
	exp := r.IntN(256) - 130
	if r.IntN(2) == 0 {
		exp = r.IntN(6) - 3
	}
	b.WriteString("E" + strconv.Itoa(exp))
	return b.String()
}

func mustNumber(t testing.TB, s string) attr.Number {
	t.Helper()
	n, err := attr.ParseNumber(s)
	if err != nil {
		t.Fatalf("ParseNumber(%q): %v", s, err)
	}
	return n
}

// rat returns the exact value of a decimal text.
func rat(t testing.TB, s string) *big.Rat {
	t.Helper()
	x, ok := new(big.Rat).SetString(s)
	if !ok {
		t.Fatalf("math/big does not read %q", s)
	}
	return x
}

func randomString(r *rand.Rand) string {
	runes := []rune{0, 1, 'a', 'b', 'z', '"', '\\', '\n', 0x7f, 'é', 0x2028, '😀', 0xFFFF}
	var b strings.Builder
	for range r.IntN(5) {
		b.WriteRune(runes[r.IntN(len(runes))])
	}
	return b.String()
}

func randomBytes(r *rand.Rand) []byte {
	b := make([]byte, r.IntN(5))
	for i := range b {
		b[i] = []byte{0, 1, 0x7f, 0xfe, 0xff}[r.IntN(5)]
	}
	return b
}

// randomScalar returns a value of one of the key types.
func randomScalar(t testing.TB, r *rand.Rand, typ attr.Type) attr.Value {
	switch typ {
	case attr.TypeS:
		return attr.String(randomString(r))
	case attr.TypeB:
		return attr.Binary(randomBytes(r))
	}
	if r.IntN(20) == 0 {
		return attr.Int(0)
	}
	return attr.Num(mustNumber(t, randomDecimal(r)))
}

// randomValue returns a value of any type, nested at most depth levels.
func randomValue(t testing.TB, r *rand.Rand, depth int) attr.Value {
	kinds := 10
	if depth <= 1 {
		kinds = 8
	}
	switch k := r.IntN(kinds); k {
	case 0, 1, 2:
		return randomScalar(t, r, attr.TypeS+attr.Type(k))
	case 3, 4, 5:
		members := make([]attr.Value, 1+r.IntN(4))
		for i := range members {
			members[i] = randomScalar(t, r, attr.TypeS+attr.Type(k-3))
		}
		return attr.Set(members...)
	case 6:
		return attr.Bool(r.IntN(2) == 0)
	case 7:
		return attr.Null()
	case 8:
		list := make([]attr.Value, r.IntN(4))
		for i := range list {
			list[i] = randomValue(t, r, depth-1)
		}
		return attr.List(list...)
	}
	return attr.Map(randomItem(t, r, depth-1))
}

func randomItem(t testing.TB, r *rand.Rand, depth int) attr.Item {
	item := attr.Item{}
	for range r.IntN(5) {
		item[randomString(r)+"n"] = randomValue(t, r, depth)
	}
	return item
}
