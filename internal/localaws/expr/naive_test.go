package expr_test

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// randomAWS returns a value; depth 0 leaves only those that have an order.
func randomAWS(r *rand.Rand, depth int) types.AttributeValue {
	kinds := []int{3, 6, 9}[min(depth, 2)]
	word := func() string { return strings.Repeat("a", r.IntN(3)) + []string{"", "b", "é", "😀"}[r.IntN(4)] }
	number := func() string {
		return []string{"0", "1", "2", "3", "-1", "1.0", "1.5", "1E1", "10"}[r.IntN(9)]
	}
	switch r.IntN(kinds) {
	case 0:
		return &types.AttributeValueMemberS{Value: word()}
	case 1:
		return &types.AttributeValueMemberN{Value: number()}
	case 2:
		return &types.AttributeValueMemberB{Value: []byte(word())}
	case 3:
		return &types.AttributeValueMemberBOOL{Value: r.IntN(2) == 0}
	case 4:
		return &types.AttributeValueMemberNULL{Value: true}
	case 5:
		return &types.AttributeValueMemberSS{Value: [][]string{{"a"}, {"a", "aa"}, {"b", "a"}}[r.IntN(3)]}
	case 6:
		return &types.AttributeValueMemberNS{Value: [][]string{{"1"}, {"1", "2"}, {"2", "1.0"}}[r.IntN(3)]}
	case 7:
		list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
		for range r.IntN(4) {
			list.Value = append(list.Value, randomAWS(r, depth-1))
		}
		return list
	}
	return &types.AttributeValueMemberM{Value: randomFields(r, depth-1, "x", "y", "l")}
}

func randomFields(r *rand.Rand, depth int, names ...string) document {
	d := document{}
	for _, name := range names {
		if r.IntN(3) > 0 {
			d[name] = randomAWS(r, depth)
		}
	}
	return d
}

// randomDocument returns an item in which most of oraclePaths lead somewhere.
func randomDocument(r *rand.Rand) document {
	d := randomFields(r, 2, "a", "b", "c")
	if r.IntN(4) > 0 {
		m := randomFields(r, 2, "x", "y")
		m["l"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{randomAWS(r, 1), randomAWS(r, 1), randomAWS(r, 1)}}
		d["m"] = &types.AttributeValueMemberM{Value: m}
	}
	if r.IntN(4) > 0 {
		inner := &types.AttributeValueMemberM{Value: randomFields(r, 1, "x")}
		d["l"] = &types.AttributeValueMemberL{Value: []types.AttributeValue{randomAWS(r, 2), inner}}
	}
	return d
}

func typeName(v types.AttributeValue) string {
	switch v.(type) {
	case *types.AttributeValueMemberS:
		return "S"
	case *types.AttributeValueMemberN:
		return "N"
	case *types.AttributeValueMemberB:
		return "B"
	case *types.AttributeValueMemberBOOL:
		return "BOOL"
	case *types.AttributeValueMemberNULL:
		return "NULL"
	case *types.AttributeValueMemberSS:
		return "SS"
	case *types.AttributeValueMemberNS:
		return "NS"
	case *types.AttributeValueMemberL:
		return "L"
	case *types.AttributeValueMemberM:
		return "M"
	}
	return ""
}

// canonical returns a text that equal values share.
func canonical(v types.AttributeValue) string {
	var parts []string
	switch v := v.(type) {
	case nil:
		return "nothing"
	case *types.AttributeValueMemberS:
		return "S" + strconv.Quote(v.Value)
	case *types.AttributeValueMemberN:
		return "N" + rational(v.Value).String()
	case *types.AttributeValueMemberB:
		return "B" + strconv.Quote(string(v.Value))
	case *types.AttributeValueMemberBOOL:
		return "BOOL" + strconv.FormatBool(v.Value)
	case *types.AttributeValueMemberSS:
		parts = slices.Clone(v.Value)
		slices.Sort(parts)
	case *types.AttributeValueMemberNS:
		for _, n := range v.Value {
			parts = append(parts, rational(n).String())
		}
		slices.Sort(parts)
	case *types.AttributeValueMemberL:
		for _, e := range v.Value {
			parts = append(parts, canonical(e))
		}
	case *types.AttributeValueMemberM:
		for name, e := range v.Value {
			parts = append(parts, strconv.Quote(name)+canonical(e))
		}
		slices.Sort(parts)
	}
	return typeName(v) + "(" + strings.Join(parts, ",") + ")"
}

func rational(s string) *big.Rat {
	x, _ := new(big.Rat).SetString(s)
	return x
}

func naiveEqual(a, b types.AttributeValue) bool {
	return a != nil && b != nil && canonical(a) == canonical(b)
}

func naiveCompare(a, b types.AttributeValue) (c int, ok bool) {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		if b, ok := b.(*types.AttributeValueMemberS); ok {
			return strings.Compare(a.Value, b.Value), true
		}
	case *types.AttributeValueMemberB:
		if b, ok := b.(*types.AttributeValueMemberB); ok {
			return strings.Compare(string(a.Value), string(b.Value)), true
		}
	case *types.AttributeValueMemberN:
		if b, ok := b.(*types.AttributeValueMemberN); ok {
			return rational(a.Value).Cmp(rational(b.Value)), true
		}
	}
	return 0, false
}

func naiveContains(v, w types.AttributeValue) bool {
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		w, ok := w.(*types.AttributeValueMemberS)
		return ok && strings.Contains(v.Value, w.Value)
	case *types.AttributeValueMemberB:
		w, ok := w.(*types.AttributeValueMemberB)
		return ok && strings.Contains(string(v.Value), string(w.Value))
	case *types.AttributeValueMemberSS:
		w, ok := w.(*types.AttributeValueMemberS)
		return ok && slices.Contains(v.Value, w.Value)
	case *types.AttributeValueMemberNS:
		w, ok := w.(*types.AttributeValueMemberN)
		return ok && slices.ContainsFunc(v.Value, func(n string) bool { return rational(n).Cmp(rational(w.Value)) == 0 })
	case *types.AttributeValueMemberL:
		return slices.ContainsFunc(v.Value, func(e types.AttributeValue) bool { return naiveEqual(e, w) })
	}
	return false
}

// naiveSize returns the size of v as a number, or nil where it has none.
func naiveSize(v types.AttributeValue) types.AttributeValue {
	n := 0
	switch v := v.(type) {
	case *types.AttributeValueMemberS:
		n = len(utf16.Encode([]rune(v.Value)))
	case *types.AttributeValueMemberB:
		n = len(v.Value)
	case *types.AttributeValueMemberSS:
		n = len(v.Value)
	case *types.AttributeValueMemberNS:
		n = len(v.Value)
	case *types.AttributeValueMemberL:
		n = len(v.Value)
	case *types.AttributeValueMemberM:
		n = len(v.Value)
	default:
		return nil
	}
	return &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
}
