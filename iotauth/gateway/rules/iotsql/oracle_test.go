package iotsql

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The oracle is a second evaluator, of random expressions: its numbers are fractions of
// math/big, its values plain Go, and its rules are written down from the guide's tables.

// missing is Undefined; Null is nil, numbers are *big.Rat.
type missing struct{}

// errInexact gives up an expression whose value has more than 34 digits, which fractions
// do not round.
type errInexact struct{}

// A generator makes random expressions, with their values by the oracle.
type generator struct{ *rand.Rand }

type made struct {
	text  string
	value any
}

// atoms have one value each, whatever the payload's spelling is.
var atoms = []made{
	{"i", rat("7")}, {"-3", rat("-3")}, {"0", rat("0")}, {"0.1", rat("0.1")}, {"d", rat("7.25")}, {"2.50", rat("2.50")}, {"10.0", rat("10")},
	{"1e2", rat("100")}, {"123456789012345678", rat("123456789012345678")}, {"'12'", "12"}, {"'-0.5'", "-0.5"}, {"'abc'", "abc"}, {"''", ""},
	{"'TRUE'", "TRUE"}, {"t", true}, {"f", false}, {"n", nil}, {"nothing", missing{}}, {"[1, 'x']", []any{rat("1"), "x"}}, {"{'k': 2}", map[string]any{"k": rat("2")}},
}

func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic(s)
	}
	return r
}

func (g generator) expression(depth int) made {
	if depth == 0 || g.IntN(6) == 0 {
		return atoms[g.IntN(len(atoms))]
	}
	a, b := g.expression(depth-1), g.expression(depth-1)
	switch g.IntN(8) {
	case 0, 1, 2:
		op := []string{"+", "-", "*", "/", "%"}[g.IntN(5)]
		return made{fmt.Sprintf("(%s) %s (%s)", a.text, op, b.text), oracleArithmetic(op, a.value, b.value)}
	case 3:
		op := []string{"=", "<>", "<", "<=", ">", ">="}[g.IntN(6)]
		return made{fmt.Sprintf("(%s) %s (%s)", a.text, op, b.text), oracleCompare(op, a.value, b.value)}
	case 4:
		op := []string{"AND", "OR"}[g.IntN(2)]
		return made{fmt.Sprintf("(%s) %s (%s)", a.text, op, b.text), oracleLogic(op, a.value, b.value)}
	case 5:
		return made{fmt.Sprintf("NOT (%s)", a.text), oracleNot(a.value)}
	case 6:
		c := g.expression(depth - 1)
		return made{fmt.Sprintf("CASE %s WHEN %s THEN %s ELSE 0 END", a.text, b.text, c.text), oracleCase(a.value, b.value, c.value)}
	}
	return g.function(a, b)
}

func (g generator) function(a, b made) made {
	name := []string{"abs", "ceil", "floor", "sign", "isNull", "isUndefined", "startswith", "concat", "nanvl"}[g.IntN(9)]
	args := []made{a, b}[:1]
	if slices.Contains([]string{"startswith", "concat", "nanvl"}, name) {
		args = append(args, b)
	}
	var texts []string
	for _, arg := range args {
		texts = append(texts, arg.text)
	}
	return made{name + "(" + strings.Join(texts, ", ") + ")", oracleFunction(name, a.value, b.value)}
}

// toNumber converts; nil where there is none.
func toNumber(v any) *big.Rat {
	switch v := v.(type) {
	case *big.Rat:
		return v
	case string:
		if strings.ContainsAny(v, "0123456789") && !strings.ContainsAny(v, " /_xX+") && v[0] != '.' {
			if r, ok := new(big.Rat).SetString(v); ok {
				return r
			}
		}
	}
	return nil
}

// toString converts; false where there is none. A number that is not whole may be written
// in more than one way, so such expressions are given up.
func toString(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return fmt.Sprint(v), true
	case *big.Rat:
		if !v.IsInt() {
			panic(errInexact{})
		}
		return v.Num().String(), true
	case []any, map[string]any:
		b, err := json.Marshal(jsonable(v))
		if err != nil {
			panic(err)
		}
		return string(b), true
	}
	return "", false
}

func jsonable(v any) any {
	switch v := v.(type) {
	case *big.Rat:
		s, _ := toString(v)
		return json.Number(s)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = jsonable(v[i])
		}
		return list
	case map[string]any:
		m := map[string]any{}
		for k := range v {
			m[k] = jsonable(v[k])
		}
		return m
	}
	return v
}

func oracleArithmetic(op string, a, b any) any {
	_, left := a.(string)
	_, right := b.(string)
	if op == "+" && (left || right) {
		s, ok := toString(a)
		u, also := toString(b)
		if !ok || !also {
			return missing{}
		}
		return s + u
	}
	x, y := toNumber(a), toNumber(b)
	if x == nil || y == nil {
		return missing{}
	}
	z := new(big.Rat)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	default:
		if y.Sign() == 0 {
			return missing{}
		}
		z.Quo(x, y)
		quotient := new(big.Rat).SetInt(new(big.Int).Quo(z.Num(), z.Denom())) // towards zero
		if op == "%" {
			z.Sub(x, quotient.Mul(quotient, y))
		} else if x.IsInt() && y.IsInt() && !left && !right {
			z = quotient
		}
	}
	if !exactIn34(z) {
		panic(errInexact{})
	}
	return z
}

// exactIn34 reports whether r is a decimal of up to 34 digits.
func exactIn34(r *big.Rat) bool {
	n, exact := r.FloatPrec()
	digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(r.FloatString(n)), "0")
	return exact && len(digits) <= precision
}

func oracleCompare(op string, a, b any) any {
	if op == "=" || op == "<>" {
		if a == (any)(missing{}) || b == (any)(missing{}) {
			return missing{}
		}
		return oracleEqual(a, b) == (op == "=")
	}
	x, y := toNumber(a), toNumber(b)
	if x == nil || y == nil {
		return missing{}
	}
	return map[string]bool{"<": x.Cmp(y) < 0, "<=": x.Cmp(y) <= 0, ">": x.Cmp(y) > 0, ">=": x.Cmp(y) >= 0}[op]
}

func oracleEqual(a, b any) bool {
	x, left := a.(*big.Rat)
	y, right := b.(*big.Rat)
	if left && right {
		return x.Cmp(y) == 0
	}
	return reflect.DeepEqual(comparable(a), comparable(b))
}

// comparable writes numbers as text, by value.
func comparable(v any) any {
	switch v := v.(type) {
	case *big.Rat:
		return "number " + v.String()
	case string:
		return "string " + v
	case []any:
		list := []any{}
		for i := range v {
			list = append(list, comparable(v[i]))
		}
		return list
	case map[string]any:
		m := map[string]any{}
		for k := range v {
			m[k] = comparable(v[k])
		}
		return m
	}
	return v
}

// toBool returns 1, 0, or -1 for neither.
func toBool(v any) int {
	switch v := v.(type) {
	case bool:
		if v {
			return 1
		}
		return 0
	case string:
		return slices.Index([]string{"false", "true"}, strings.ToLower(v))
	}
	return -1
}

func oracleLogic(op string, a, b any) any {
	x, y := toBool(a), toBool(b)
	if x < 0 || y < 0 {
		return missing{}
	}
	if op == "AND" {
		return x+y == 2
	}
	return x+y > 0
}

func oracleNot(a any) any {
	if x := toBool(a); x >= 0 {
		return x == 0
	}
	return missing{}
}

func oracleCase(of, when, then any) any {
	switch {
	case of == (any)(missing{}):
		return missing{}
	case when != (any)(missing{}) && oracleEqual(of, when):
		return then
	}
	return rat("0")
}

func oracleFunction(name string, a, b any) any {
	x := toNumber(a)
	switch name {
	case "isNull":
		return a == nil
	case "isUndefined":
		return a == (any)(missing{})
	case "nanvl":
		if a == nil || a == (any)(missing{}) {
			return b
		}
		return a
	case "startswith":
		s, ok := toString(a)
		u, also := toString(b)
		if !ok || !also {
			return missing{}
		}
		return strings.HasPrefix(s, u)
	case "concat":
		return oracleConcat(a, b)
	}
	if x == nil {
		return missing{}
	}
	floor := new(big.Rat).SetInt(new(big.Int).Div(x.Num(), x.Denom())) // Euclid's, with a positive divisor
	switch name {
	case "abs":
		return new(big.Rat).Abs(x)
	case "sign":
		return big.NewRat(int64(x.Sign()), 1)
	case "ceil":
		if !x.IsInt() {
			floor.Add(floor, big.NewRat(1, 1))
		}
	}
	return floor
}

func oracleConcat(a, b any) any {
	if a == (any)(missing{}) || b == (any)(missing{}) {
		return missing{}
	}
	x, left := a.([]any)
	y, right := b.([]any)
	switch {
	case left && right:
		return append(slices.Clone(x), y...)
	case left:
		return append(slices.Clone(x), b)
	case right:
		return append([]any{a}, y...)
	}
	_, left = a.(string)
	_, right = b.(string)
	s, ok := toString(a)
	u, also := toString(b)
	if !left && !right || !ok || !also {
		return missing{}
	}
	return s + u
}

// plain is a Value as the oracle has it.
func plain(v Value) any {
	switch v.Kind() {
	case Undefined:
		return missing{}
	case Boolean:
		return v.Bool()
	case Int, Decimal:
		return rat(v.Text())
	case String:
		return v.Text()
	case Array:
		list := []any{}
		for _, item := range v.Items() {
			list = append(list, plain(item))
		}
		return list
	case Object:
		m := map[string]any{}
		for _, member := range v.Members() {
			m[member.Key] = plain(member.Value)
		}
		return m
	}
	return nil
}

// try returns a random expression; false where the oracle gave it up.
func (g generator) try(depth int) (m made, ok bool) {
	defer func() {
		if p := recover(); p != nil {
			if _, inexact := p.(errInexact); !inexact {
				panic(p)
			}
		}
	}()
	return g.expression(depth), true
}

func TestOracle(t *testing.T) {
	seed := rand.Uint64()
	g := generator{rand.New(rand.NewPCG(seed, 0))}
	kinds := map[string]int{}
	for checked := 0; checked < 10_000; {
		m, ok := g.try(1 + g.IntN(4))
		if !ok {
			continue
		}
		checked++
		s, err := Parse("SELECT VALUE ("+m.text+") FROM 'a'", V2016)
		if err != nil {
			t.Fatalf("seed %d: %s: %v", seed, m.text, err)
		}
		r, err := s.Evaluate(testMessage(samplePayload))
		if err != nil {
			t.Fatalf("seed %d: %s: %v", seed, m.text, err)
		}
		if got, want := comparable(plain(r.value)), comparable(m.value); !reflect.DeepEqual(got, want) {
			t.Fatalf("seed %d: %s is %v, want %v", seed, m.text, got, want)
		}
		kinds[r.value.Kind().String()]++
	}
	for _, kind := range []string{"Undefined", "Null", "Boolean", "Int", "Decimal", "String", "Array", "Object"} {
		if kinds[kind] < 10 {
			t.Errorf("seed %d: of 10,000 expressions, %d were %s", seed, kinds[kind], kind)
		}
	}
}
