package conformance

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// random makes what a differential run is about. All of it comes from one seed.
type random struct {
	*rand.Rand
	strict bool // index keys always have their type
}

func newRandom(seed, episode uint64) random {
	return random{Rand: rand.New(rand.NewPCG(seed, episode))}
}

func (r random) chance(percent int) bool { return r.IntN(100) < percent }

func oneOf[T any](r random, all ...T) T { return all[r.IntN(len(all))] }

// number is one in DynamoDB's own form: zero, small, or of up to 38 digits.
func (r random) number() num {
	switch r.IntN(5) {
	case 0:
		return num(fmt.Sprint(r.IntN(21) - 10))
	case 1:
		return num(fmt.Sprintf("%d.%d", r.IntN(1000), 1+r.IntN(9)))
	case 2: // 64 bits, as a geohash has
		return num(fmt.Sprint(r.Uint64()))
	}
	digits := make([]byte, 1+r.IntN(38))
	for i := range digits {
		digits[i] = byte('0' + r.IntN(10))
	}
	digits[0], digits[len(digits)-1] = byte('1'+r.IntN(9)), byte('1'+r.IntN(9))
	n, zeros := string(digits), strings.Repeat("0", r.IntN(20))
	sign := oneOf(r, "", "-")
	if r.chance(50) {
		return num(sign + n + zeros)
	}
	return num(sign + "0." + zeros + n)
}

func (r random) word() string {
	return oneOf(r, "a", "b", "ab", "abc", "ba", "z", "Ä", "x y", "longer text with words", "0")
}

func (r random) bytes() []byte {
	b := make([]byte, 1+r.IntN(4))
	for i := range b {
		b[i] = byte(r.IntN(3) * 127)
	}
	return b
}

// value is of any type, nested at most depth levels.
func (r random) value(depth int) any {
	kinds := 12
	if depth == 0 {
		kinds = 9
	}
	switch r.IntN(kinds) {
	case 0, 1:
		return r.word()
	case 2, 3:
		return r.number()
	case 4:
		return r.bytes()
	case 5:
		return r.chance(50)
	case 6:
		return nil
	case 7:
		return r.set()
	case 8:
		return ""
	case 9, 10:
		return r.list(depth - 1)
	}
	return item{"x": r.value(depth - 1), "y": r.number()}
}

func (r random) list(depth int) list {
	l := list{}
	for range r.IntN(4) {
		l = append(l, r.value(depth))
	}
	return l
}

// set is of two or three elements that differ.
func (r random) set() any {
	n := 2 + r.IntN(2)
	switch r.IntN(3) {
	case 0:
		return ss([]string{"a", "b", "c", "d"}[r.IntN(2):][:n])
	case 1:
		return ns([]string{"-1", "0.5", "10", "2"}[r.IntN(2):][:n])
	}
	return bs([][]byte{{0}, {0, 1}, {2}, {255}}[r.IntN(2):][:n])
}

// keys are few, so that operations meet.
func (r random) key(kind string) any {
	switch kind {
	case "S":
		return oneOf(r, "a", "ab", "b", "é", "zz")
	case "N":
		return oneOf(r, num("-10"), num("-9.5"), num("0"), num("2"), num("10"), num("9223372036854775807"), num("9223372036854775808"))
	}
	return oneOf(r, []byte{0}, []byte{0, 0}, []byte{0, 255}, []byte{1}, []byte{255})
}

// schema has a key and up to two indexes of each kind, with random projections.
func (r random) schema() schema {
	sc := schema{key: "pk:" + oneOf(r, "S", "N", "B"), view: types.StreamViewTypeNewAndOldImages}
	if r.chance(80) {
		sc.key += " sk:" + oneOf(r, "S", "N", "B")
		for i := range r.IntN(3) {
			hash, _, _ := strings.Cut(sc.key, " ")
			sc.local = append(sc.local, r.index("local"+fmt.Sprint(i), hash+[]string{" a:N", " b:S"}[i]))
		}
	}
	for i := range r.IntN(3) {
		sc.global = append(sc.global, r.index("global"+fmt.Sprint(i), []string{oneOf(r, "g:S", "g:S a:N"), oneOf(r, "h:N", "h:N b:S", "h:N pk:"+sc.typeOf()["pk"])}[i]))
	}
	return sc
}

func (r random) index(name, key string) index {
	x := index{name, key, oneOf(r, types.ProjectionTypeAll, types.ProjectionTypeKeysOnly, types.ProjectionTypeInclude), nil}
	if x.projection == types.ProjectionTypeInclude {
		x.include = []string{"n", "m"}
	}
	return x
}

// keyOf is a primary key of the table.
func (r random) keyOf(sc schema) item {
	key, kinds := item{}, sc.typeOf()
	for _, name := range names(sc.key) {
		key[name] = r.key(kinds[name])
	}
	return key
}

// item has the attributes that expressions and indexes are about. Now and then an index
// key has a type that it must not have.
func (r random) item(sc schema) item {
	i := r.keyOf(sc)
	for name, kind := range sc.typeOf() {
		if _, is := i[name]; !is && r.chance(60) {
			i[name] = r.key(kind)
			if !r.strict && r.chance(3) {
				i[name] = r.value(1)
			}
		}
	}
	fill := func(name string, v any) {
		if r.chance(60) {
			i[name] = v
		}
	}
	fill("n", num(fmt.Sprint(r.IntN(200)-100)))
	fill("v", r.value(2))
	fill("s", r.set())
	fill("l", r.list(1))
	fill("m", item{"x": r.value(1), "y": r.number()})
	return i
}
