package attr_test

import (
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

func TestSize(t *testing.T) {
	number := func(s string) attr.Value { return attr.Num(mustNumber(t, s)) }
	tests := []struct {
		reason string
		value  attr.Value
		want   int
	}{
		{"a string is its UTF-8 bytes", attr.String("é😀"), 6},
		{"an empty string is nothing", attr.String(""), 0},
		{"a binary is its bytes, not its base64", attr.Binary([]byte{0, 1, 2}), 3},
		{"zero", number("0"), 1},
		{"one digit", number("7"), 2},
		{"two digits in one pair", number("12"), 2},
		{"two digits across the point are in two pairs", number("1.2"), 3},
		{"zeros at the end do not count", number("1200"), 2},
		{"nor zeros in front", number("0.0012"), 2},
		{"three digits", number("123"), 3},
		{"38 digits", number("12345678901234567890123456789012345678"), 20},
		{"38 digits that begin inside a pair", number("1.2345678901234567890123456789012345678"), 21},
		{"a minus sign", number("-12"), 3},
		{"a boolean", attr.Bool(false), 1},
		{"null", attr.Null(), 1},
		{"a string set has no overhead", attr.Set(attr.String("a"), attr.String("bc")), 3},
		{"a number set", attr.Set(attr.Int(1), attr.Int(-12)), 5},
		{"an empty list", attr.List(), 3},
		{"an element costs one", attr.List(attr.String("a"), attr.Null()), 3 + 2 + 2},
		{"an empty map", attr.Map(nil), 3},
		{"an entry costs its name as well", attr.Map(attr.Item{"key": attr.String("a")}), 3 + 1 + 3 + 1},
		{"containers inside containers", attr.List(attr.Map(attr.Item{"k": attr.List()})), 3 + 1 + 3 + 1 + 1 + 3},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got := tt.value.Size(); got != tt.want {
				t.Errorf("Size() = %d, want %d", got, tt.want)
			}
			item := attr.Item{"name": tt.value, "other": attr.Null()}
			if got, want := item.Size(), tt.want+len("name")+len("other")+1; got != want {
				t.Errorf("Size() of the item = %d, want %d", got, want)
			}
		})
	}
}

func TestDepth(t *testing.T) {
	tests := []struct {
		reason string
		value  attr.Value
		want   int
	}{
		{"a scalar", attr.Int(1), 1},
		{"a set is as flat as a scalar", attr.Set(attr.Int(1)), 1},
		{"an empty list", attr.List(), 1},
		{"a list of scalars", attr.List(attr.Int(1), attr.Int(2)), 2},
		{"the deepest element counts", attr.List(attr.Int(1), attr.Map(attr.Item{"a": attr.List(attr.Null())})), 4},
		{"also in a map", attr.Map(attr.Item{"a": attr.Null(), "b": attr.List(attr.Null())}), 3},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got := tt.value.Depth(); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	tests := []struct {
		reason string
		a, b   attr.Value
		want   bool
	}{
		{"numbers by value", attr.Num(mustNumber(t, "1.0")), attr.Int(1), true},
		{"a string is no number", attr.String("1"), attr.Int(1), false},
		{"a string is no binary", attr.String("a"), attr.Binary([]byte("a")), false},
		{"sets without order", attr.Set(attr.Int(1), attr.Int(2)), attr.Set(attr.Int(2), attr.Int(1), attr.Int(2)), true},
		{"sets of different sizes", attr.Set(attr.Int(1)), attr.Set(attr.Int(1), attr.Int(2)), false},
		{"a string set is no number set", attr.Set(attr.String("1")), attr.Set(attr.Int(1)), false},
		{"lists in order", attr.List(attr.Int(1), attr.Int(2)), attr.List(attr.Int(2), attr.Int(1)), false},
		{"deep inside", attr.List(attr.Map(attr.Item{"a": attr.Bool(true)})), attr.List(attr.Map(attr.Item{"a": attr.Bool(false)})), false},
		{"the same deep inside", attr.List(attr.Map(attr.Item{"a": attr.Null()})), attr.List(attr.Map(attr.Item{"a": attr.Null()})), true},
		{"another name", attr.Map(attr.Item{"a": attr.Null()}), attr.Map(attr.Item{"b": attr.Null()}), false},
		{"an empty map is no empty list", attr.Map(nil), attr.List(), false},
	}
	for _, tt := range tests {
		t.Run(tt.reason, func(t *testing.T) {
			if got := attr.Equal(tt.a, tt.b); got != tt.want {
				t.Errorf("Equal(%s, %s) = %t", text(tt.a), text(tt.b), got)
			}
			if got := attr.Equal(tt.b, tt.a); got != tt.want {
				t.Errorf("Equal(%s, %s) = %t", text(tt.b), text(tt.a), got)
			}
		})
	}
}

func TestCompareHasNoOrderFor(t *testing.T) {
	for reason, pair := range map[string][2]attr.Value{
		"different types": {attr.String("1"), attr.Int(1)},
		"booleans":        {attr.Bool(false), attr.Bool(true)},
		"sets":            {attr.Set(attr.Int(1)), attr.Set(attr.Int(2))},
		"lists":           {attr.List(), attr.List(attr.Int(1))},
		"nulls":           {attr.Null(), attr.Null()},
	} {
		if c, ok := attr.Compare(pair[0], pair[1]); ok {
			t.Errorf("%s: Compare gives %d", reason, c)
		}
	}
}

func TestSets(t *testing.T) {
	set := func(members ...int64) attr.Value {
		values := make([]attr.Value, len(members))
		for i, m := range members {
			values[i] = attr.Int(m)
		}
		return attr.Set(values...)
	}
	a, b := set(1, 2, 3), set(5, 3, 4)
	if got := attr.Union(a, b); !attr.Equal(got, set(1, 2, 3, 4, 5)) {
		t.Errorf("union is %s", text(got))
	}
	if got := attr.Difference(a, b); !attr.Equal(got, set(1, 2)) {
		t.Errorf("difference is %s", text(got))
	}
	if got := attr.Difference(a, a); got.Type != 0 {
		t.Errorf("a set without itself is %s, want no value", text(got))
	}
	if !attr.Equal(a, set(1, 2, 3)) || !attr.Equal(b, set(3, 4, 5)) {
		t.Error("the operands changed")
	}
	if !a.Contains(attr.Int(2)) || a.Contains(attr.Int(4)) || a.Contains(attr.String("2")) || attr.Null().Contains(attr.Value{}) {
		t.Error("Contains is wrong")
	}
	if got := attr.Set(); got.Type != 0 {
		t.Errorf("Set() = %s, want no value", text(got))
	}
}

func TestTypes(t *testing.T) {
	names := []string{"S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"}
	for i, name := range names {
		typ, ok := attr.ParseType(name)
		if !ok || typ != attr.TypeS+attr.Type(i) || typ.String() != name {
			t.Errorf("ParseType(%q) = %v, %t", name, typ, ok)
		}
		if typ.IsKey() != (i < 3) || typ.IsSet() != (i >= 3 && i < 6) {
			t.Errorf("%s: IsKey %t, IsSet %t", name, typ.IsKey(), typ.IsSet())
		}
		if typ.IsSet() && typ.Member().String() != name[:1] {
			t.Errorf("members of %s are %s", name, typ.Member())
		}
	}
	for _, name := range []string{"", "s", "SET", "Null"} {
		if typ, ok := attr.ParseType(name); ok {
			t.Errorf("ParseType(%q) = %v", name, typ)
		}
	}
	if got := attr.Type(200).String(); got != "" {
		t.Errorf("type 200 is called %q", got)
	}
}
