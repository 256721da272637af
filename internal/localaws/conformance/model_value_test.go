package conformance

import (
	"bytes"
	"cmp"
	"fmt"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The model's values are those of the suite, in the form that plain returns.

func rational(n num) *big.Rat {
	r, ok := new(big.Rat).SetString(string(n))
	if !ok {
		panic(fmt.Sprintf("no number: %s", n))
	}
	return r
}

func asNum(v any) any {
	if n, ok := v.(int); ok {
		return num(strconv.Itoa(n))
	}
	return v
}

// ordered reports whether two values are of one type that has an order.
func ordered(a, b any) bool {
	a, b = asNum(a), asNum(b)
	switch a.(type) {
	case string, num, []byte:
		return fmt.Sprintf("%T", a) == fmt.Sprintf("%T", b)
	}
	return false
}

// compare orders two values of one type: strings and bytes by byte, numbers by value.
func compare(a, b any) int {
	switch a := asNum(a).(type) {
	case string:
		return cmp.Compare(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case num:
		return rational(a).Cmp(rational(asNum(b).(num)))
	}
	panic(fmt.Sprintf("no order in %T", a))
}

func equal(a, b any) bool { return text(plain(av(a))) == text(plain(av(b))) }

var typeNames = map[string]string{
	"<nil>": "NULL", "bool": "BOOL", "string": "S", "conformance.num": "N", "[]uint8": "B", "conformance.list": "L", "conformance.item": "M",
	"conformance.ss": "SS", "conformance.ns": "NS", "conformance.bs": "BS",
}

func typeName(v any) string { return typeNames[fmt.Sprintf("%T", asNum(v))] }

// step is one part of a path: a name, or an index where name is "".
type step struct {
	name  string
	index int
}

func steps(path string) (all []step) {
	for part := range strings.SplitSeq(path, ".") {
		name, rest, indexed := strings.Cut(part, "[")
		all = append(all, step{name: name})
		if indexed {
			n, err := strconv.Atoi(strings.TrimSuffix(rest, "]"))
			if err != nil {
				panic(err)
			}
			all = append(all, step{index: n})
		}
	}
	return all
}

// lookup follows a path.
func lookup(i item, path string) (any, bool) {
	var v any = i
	for _, s := range steps(path) {
		switch in := v.(type) {
		case item:
			e, ok := in[s.name]
			if s.name == "" || !ok {
				return nil, false
			}
			v = e
		case list:
			if s.name != "" || s.index >= len(in) {
				return nil, false
			}
			v = in[s.index]
		default:
			return nil, false
		}
	}
	return v, true
}

// sizeOf is what the function size gives; numbers, booleans and nulls have none.
func sizeOf(v any, there bool) (any, bool) {
	n := 0
	switch v := v.(type) {
	case string:
		n = utf8.RuneCountInString(v)
	case []byte:
		n = len(v)
	case list:
		n = len(v)
	case item:
		n = len(v)
	case ss:
		n = len(v)
	case ns:
		n = len(v)
	case bs:
		n = len(v)
	default:
		return nil, false
	}
	return num(strconv.Itoa(n)), there
}

// clone copies what an update may change in place.
func clone(v any) any {
	switch v := v.(type) {
	case item:
		if v == nil {
			return v
		}
		c := item{}
		for name, e := range v {
			c[name] = clone(e)
		}
		return c
	case list:
		c := list{}
		for _, e := range v {
			c = append(c, clone(e))
		}
		return c
	}
	return v
}
