package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

func fuzzParams() *Params {
	return &Params{
		names: Names{"#n": "n", "#a": "a b", "#m": "m"},
		values: Values{
			":n": attr.Int(5), ":s": attr.String("S"), ":b": attr.Binary([]byte{0}), ":t": attr.Bool(true), ":z": attr.Null(),
			":l": attr.List(attr.Int(1)), ":m": attr.Map(nil), ":ss": attr.Set(attr.String("a")), ":e": attr.String(""),
		},
	}
}

func fuzzItem() attr.Item {
	return attr.Item{
		"n": attr.Int(5), "s": attr.String("hello"), "b": attr.Binary([]byte("x")), "ss": attr.Set(attr.String("a"), attr.String("b")),
		"l": attr.List(attr.Int(1), attr.Map(attr.Item{"x": attr.Int(1)})), "m": attr.Map(attr.Item{"x": attr.Int(1), "l": attr.List()}),
	}
}

// spread returns src with a line feed between all its tokens, which means the
// same, and without which the result is too long.
func spread(src string) (string, bool) {
	l := lexer{src: src}
	var b strings.Builder
	for t := l.next(); t.kind != kindEOF; t = l.next() {
		b.WriteString(src[t.start:t.end])
		b.WriteByte('\n')
	}
	return b.String(), b.Len() <= maxExpression
}

// checkError fails where err is not of the type or form that callers rely on.
func checkError(t *testing.T, expression string, err error) {
	t.Helper()
	var invalid *attr.ValidationError
	if !errors.As(err, &invalid) {
		t.Fatalf("untyped error %T %v", err, err)
	}
	if expression != "KeyConditionExpression" && !strings.HasPrefix(invalid.Message, "Invalid "+expression+": ") {
		t.Fatalf("error %q", invalid.Message)
	}
}

func FuzzParseCondition(f *testing.F) {
	for _, src := range []string{
		"n = :n", "(n = :n) AND NOT (s <> :s OR #n < :n)", "n BETWEEN :n AND :n", "n IN (:n, :s, m.x)", "size(l) >= :n",
		"attribute_exists(m.l[0]) AND attribute_not_exists(#a)", "begins_with(s, :s) OR contains(ss, :s)", "attribute_type(s, :s)",
		"((n)) = :n", "a.:n = :n", "status = :n", "n = ", "[[[", "foo(bar(baz))", strings.Repeat("(", 300), strings.Repeat("NOT ", 50) + "n=:n",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		c, err := ParseCondition("ConditionExpression", src, fuzzParams())
		if err != nil {
			checkError(t, "ConditionExpression", err)
			return
		}
		c.Eval(nil)
		got := c.Eval(fuzzItem())
		if c.EvalPacked("") != c.Eval(nil) || c.EvalPacked(attr.Pack(fuzzItem())) != got {
			t.Errorf("%q: a packed item gives another result", src)
		}
		if len(c.Attributes()) > len(c.Paths()) {
			t.Fatalf("%q: attributes %v of paths %v", src, c.Attributes(), c.Paths())
		}
		if wide, ok := spread(src); ok {
			again, err := ParseCondition("ConditionExpression", wide, fuzzParams())
			if err != nil || again.Eval(fuzzItem()) != got {
				t.Fatalf("%q and %q differ: %v", src, wide, err)
			}
		}
		negated := "NOT (" + src + ")"
		if n, err := ParseCondition("ConditionExpression", negated, fuzzParams()); err == nil && n.Eval(fuzzItem()) == got {
			t.Fatalf("%q and %q are both %t", src, negated, got)
		}
	})
}

func FuzzParseKeyCondition(f *testing.F) {
	for _, src := range []string{
		"pk = :s", "pk = :s AND sk BETWEEN :n AND :n", "pk = :s AND begins_with(sk, :e)", ":n >= sk AND (:s = pk)", "pk = :s OR n = :n", "size(pk) = :n", "pk = #n",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		k, err := ParseKeyCondition(src, fuzzParams())
		if err != nil {
			checkError(t, "KeyConditionExpression", err)
			return
		}
		c, err := ParseCondition("FilterExpression", src, fuzzParams())
		if err != nil {
			t.Fatalf("%q is a key condition but no condition: %v", src, err)
		}
		hash, rng, err := k.Resolve("pk", "sk")
		if err != nil {
			checkError(t, "KeyConditionExpression", err)
			return
		}
		// Both views of the expression agree on an item with these keys.
		for _, sk := range []attr.Value{attr.Int(5), attr.String("S"), attr.String(""), attr.Binary([]byte{0})} {
			if c.Eval(attr.Item{"pk": hash, "sk": sk}) != rng.Match(sk) {
				t.Fatalf("%q disagrees with itself for %v", src, sk)
			}
		}
	})
}

func FuzzParseUpdate(f *testing.F) {
	for _, src := range []string{
		"SET n = :n", "SET n = n + :n, l[0] = l[1] REMOVE m.x, l[9] ADD c :n DELETE ss :ss", "SET l = list_append(if_not_exists(nope, :l), :l)",
		"SET a = ((n))", "SET a = :n SET b = :n", "SET a.b = :n, a = :n", "REMOVE l[0], l[1]", "ADD n :s", "SET #a = (n - :n)", "SET", "DELETE x",
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		u, err := ParseUpdate(src, fuzzParams())
		if err != nil {
			checkError(t, "UpdateExpression", err)
			return
		}
		old := fuzzItem()
		result, touched, err := u.Apply(old)
		if !attr.EqualItems(old, fuzzItem()) {
			t.Fatalf("%q changes the old item", src)
		}
		if err != nil {
			checkApplyError(t, err)
			return
		}
		Pick(result, touched)
		if wide, ok := spread(src); ok {
			again, err := ParseUpdate(wide, fuzzParams())
			if err != nil {
				t.Fatalf("%q and %q differ: %v", src, wide, err)
			}
			if r, _, err := again.Apply(old); err != nil || !attr.EqualItems(r, result) {
				t.Fatalf("%q and %q differ: %v", src, wide, err)
			}
		}
		// The result can be stored.
		if data := attr.AppendItemJSON(nil, result); !storable(data) {
			t.Fatalf("%q makes %s", src, data)
		}
	})
}

func checkApplyError(t *testing.T, err error) {
	t.Helper()
	if !errors.As(err, new(*attr.ValidationError)) {
		t.Fatalf("untyped error %T %v", err, err)
	}
}

func storable(data []byte) bool {
	_, err := attr.DecodeItem(data)
	return err == nil
}

func FuzzParseProjection(f *testing.F) {
	for _, src := range []string{"n", "n, m.x, l[1].x", "#n, #a", "m.x, m", "n,", "l[0], l[0]", "n.:n"} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		p, err := ParseProjection(src, fuzzParams())
		if err != nil {
			checkError(t, "ProjectionExpression", err)
			return
		}
		item := fuzzItem()
		picked := p.Apply(item)
		if !attr.EqualItems(item, fuzzItem()) {
			t.Fatalf("%q changes the item", src)
		}
		if picked.Size() > item.Size() {
			t.Fatalf("%q picks more than there is", src)
		}
		if wide, ok := spread(src); ok {
			again, err := ParseProjection(wide, fuzzParams())
			if err != nil || !attr.EqualItems(again.Apply(item), picked) {
				t.Fatalf("%q and %q differ: %v", src, wide, err)
			}
		}
	})
}
