package expr_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

func TestResolve(t *testing.T) {
	is := func(op expr.RangeOp, operands ...int64) *expr.RangeCondition {
		r := &expr.RangeCondition{Op: op, Low: attr.Int(operands[0])}
		if len(operands) > 1 {
			r.High = attr.Int(operands[1])
		}
		return r
	}
	tests := []struct {
		reason, src string
		want        *expr.RangeCondition
	}{
		{"the hash key alone", "pk = :5", nil},
		{"the value in front", ":5 = pk", nil},
		{"equal", "pk = :5 AND sk = :1", is(expr.RangeEQ, 1)},
		{"in the other order", "sk = :1 AND pk = :5", is(expr.RangeEQ, 1)},
		{"in parentheses", "((pk = :5) AND (sk = (:1)))", is(expr.RangeEQ, 1)},
		{"less", "pk = :5 AND sk < :1", is(expr.RangeLT, 1)},
		{"less or equal", "pk = :5 AND sk <= :1", is(expr.RangeLE, 1)},
		{"greater", "pk = :5 AND sk > :1", is(expr.RangeGT, 1)},
		{"greater or equal", "pk = :5 AND sk >= :1", is(expr.RangeGE, 1)},
		{"the value in front turns less around", "pk = :5 AND :1 < sk", is(expr.RangeGT, 1)},
		{"and greater or equal", "pk = :5 AND :1 >= sk", is(expr.RangeLE, 1)},
		{"between", "pk = :5 AND sk BETWEEN :1 AND :9", is(expr.RangeBetween, 1, 9)},
		{"between in front", "sk BETWEEN :1 AND :9 AND pk = :5", is(expr.RangeBetween, 1, 9)},
		{"by aliases", "#pk = :5 AND #sk = :1", is(expr.RangeEQ, 1)},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			names := map[string]string{"#pk": "pk", "#sk": "sk"}
			k, err := expr.ParseKeyCondition(tt.src, mustParams(t, names, testValues()))
			if err != nil {
				t.Fatal(err)
			}
			hash, rng, err := k.Resolve("pk", "sk")
			if err != nil || !attr.Equal(hash, attr.Int(5)) {
				t.Fatalf("hash key %v, %v", hash, err)
			}
			if diff := cmp.Diff(tt.want, rng, cmp.Comparer(attr.Equal)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestKeyConditionErrors(t *testing.T) {
	const (
		notSupported = "Query key condition not supported"
		missed       = "Query condition missed key schema element: "
		operator     = "Invalid operator used in KeyConditionExpression: "
		condition    = "Invalid condition in KeyConditionExpression: "
	)
	tests := []struct {
		reason, src, want string
	}{
		{"empty", "", "Invalid KeyConditionExpression: The expression can not be empty;"},
		{"syntax", "pk = :1 foo", `Invalid KeyConditionExpression: Syntax error; token: "foo", near: ":1 foo"`},
		{"a reserved word", "status = :1", "Invalid KeyConditionExpression: Attribute name is a reserved keyword; reserved keyword: status"},
		{"an operand of a wrong type", "pk = :1 AND begins_with(sk, :1)", "Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{"OR", "pk = :1 OR sk = :1", operator + "OR"},
		{"NOT", "NOT pk = :1", operator + "NOT"},
		{"IN", "pk IN (:1)", operator + "IN"},
		{"unequal", "pk = :1 AND sk <> :1", operator + "<>"},
		{"a function", "pk = :1 AND contains(sk, :1)", operator + "contains"},
		{"another", "attribute_exists(pk)", operator + "attribute_exists"},
		{"another", "attribute_not_exists(pk)", operator + "attribute_not_exists"},
		{"another", "attribute_type(pk, :S)", operator + "attribute_type"},
		{"the first in the source", "pk <> :1 AND NOT sk = :1", operator + "<>"},
		{"size", "pk = :1 AND size(sk) = :1", "KeyConditionExpressions cannot contain nested operations"},
		{"a nested attribute", "pk.a = :1", "KeyConditionExpressions cannot have conditions on nested attributes"},
		{"two attributes", "pk = sk", condition + "Multiple attribute names used in one condition"},
		{"no attribute", ":1 = :1", condition + "No key attribute specified"},
		{"a value between", "pk = :1 AND :1 BETWEEN sk AND :1", condition + "BETWEEN operator must have the key attribute as its first operand"},
		{"a value that begins", "begins_with(:a, pk)", condition + "begins_with operator must have the key attribute as its first operand"},
		{"an attribute twice", "pk = :1 AND sk > :1 AND sk < :9", "KeyConditionExpressions must only contain one condition per key"},
		{"three attributes", "pk = :1 AND sk = :1 AND a = :1", "Conditions can be of length 1 or 2 only"},
		{"no hash key", "sk = :1", missed + "pk"},
		{"another attribute", "a = :1", missed + "pk"},
		{"another attribute than the range key", "pk = :1 AND a = :1", missed + "sk"},
		{"a range of hash keys", "pk > :1", notSupported},
		{"a prefix of hash keys", "begins_with(pk, :a) AND sk = :1", notSupported},
	}
	for _, tt := range tests {
		t.Run(tt.reason+": "+tt.src, func(t *testing.T) {
			k, err := expr.ParseKeyCondition(tt.src, mustParams(t, nil, testValues()))
			if err == nil {
				_, _, err = k.Resolve("pk", "sk")
			}
			var invalid *attr.ValidationError
			if !errors.As(err, &invalid) || invalid.Message != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	k, err := expr.ParseKeyCondition("pk = :1 AND sk = :1", mustParams(t, nil, testValues()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pk", "sk"}, k.Attributes()); diff != "" {
		t.Error(diff)
	}
	if _, _, err := k.Resolve("pk", ""); err == nil || err.Error() != notSupported {
		t.Errorf("two conditions on a table without range key: %v", err)
	}
}

// TestBounds compares the interval of key bytes with Match, and Match with the
// evaluation of the same condition.
func TestBounds(t *testing.T) {
	r := newRand(t)
	sources := map[expr.RangeOp]string{
		expr.RangeEQ: "v = :low", expr.RangeLT: "v < :low", expr.RangeLE: "v <= :low", expr.RangeGT: "v > :low", expr.RangeGE: "v >= :low",
		expr.RangeBetween: "v >= :low AND v <= :high", expr.RangeBeginsWith: "begins_with(v, :low)",
	}
	for range 20_000 {
		typ := []attr.Type{attr.TypeS, attr.TypeN, attr.TypeB}[r.IntN(3)]
		c := &expr.RangeCondition{Op: expr.RangeEQ + expr.RangeOp(r.IntN(7)), Low: randomKey(r, typ)}
		if c.Op == expr.RangeBeginsWith && typ == attr.TypeN {
			continue
		}
		values := expr.Values{":low": c.Low}
		if c.Op == expr.RangeBetween {
			c.High = randomKey(r, typ)
			values[":high"] = c.High
		}
		v, prefix := randomKey(r, typ), attr.AppendKey(nil, randomKey(r, attr.TypeS))
		if r.IntN(10) == 0 {
			prefix = nil
		}
		want := mustCondition(t, sources[c.Op], nil, values).Eval(attr.Item{"v": v})
		if c.Match(v) != want {
			t.Fatalf("%v does not agree with %s for %v", c, sources[c.Op], v)
		}
		low, high := c.Bounds(prefix)
		key := append(attr.AppendKey(bytes.Clone(prefix), v), "more"...)
		if got := inside(key, low, high); got != want {
			t.Fatalf("%v on %v: [%x, %x) holds %x: %t", c, v, low, high, key, got)
		}
		other := attr.AppendKey(attr.AppendKey(nil, attr.String("another hash key")), v)
		if len(prefix) > 0 && inside(other, low, high) {
			t.Fatalf("[%x, %x) holds %x, which has another prefix than %x", low, high, other, prefix)
		}
	}
}

func inside(key, low, high []byte) bool {
	return bytes.Compare(key, low) >= 0 && (high == nil || bytes.Compare(key, high) < 0)
}

func randomKey(r *rand.Rand, typ attr.Type) attr.Value {
	if typ == attr.TypeN {
		return attr.Int(r.Int64N(9) - 4)
	}
	b := make([]byte, r.IntN(4))
	for i := range b {
		b[i] = []byte{0, 1, 'a', 0xFE, 0xFF}[r.IntN(5)]
	}
	return attr.Value{Type: typ, S: string(b)}
}

func TestNoRangeCondition(t *testing.T) {
	var none *expr.RangeCondition
	if !none.Match(attr.Int(1)) {
		t.Error("no condition does not match")
	}
	prefix := attr.AppendKey(nil, attr.String("a"))
	low, high := none.Bounds(prefix)
	if !inside(attr.AppendKey(bytes.Clone(prefix), attr.Int(1)), low, high) || inside(attr.AppendKey(nil, attr.String("b")), low, high) {
		t.Errorf("[%x, %x) is not what begins with %x", low, high, prefix)
	}
	if (&expr.RangeCondition{Op: expr.RangeGE, Low: attr.Int(1)}).Match(attr.String("2")) {
		t.Error("a string matches a number")
	}
}
