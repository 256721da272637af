package attr_test

import (
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// A cursor finds every value of a packed item, however deep, and no others.
func TestCursor(t *testing.T) {
	r := newRand(t)
	deepest := 0
	for range 1_000 {
		item := randomItem(t, r, 5)
		for name, v := range item {
			c, ok := attr.Pack(item).Find(name)
			if !ok {
				t.Fatalf("%q is not found in %s", name, attr.AppendItemJSON(nil, item))
			}
			checkCursor(t, c, v)
			deepest = max(deepest, v.Depth())
		}
		if _, ok := attr.Pack(item).Find("no such name"); ok {
			t.Fatalf("a name too many in %s", attr.AppendItemJSON(nil, item))
		}
	}
	if deepest < 3 {
		t.Errorf("values have %d levels at most", deepest)
	}
	if _, ok := attr.Packed("").Find("a"); ok {
		t.Error("no item has an attribute")
	}
}

func checkCursor(t *testing.T, c attr.Cursor, want attr.Value) {
	t.Helper()
	if got := c.Value(); !attr.Equal(got, want) {
		t.Fatalf("value %s, want %s", attr.AppendJSON(nil, got), attr.AppendJSON(nil, want))
	}
	for name, v := range want.M {
		inner, ok := c.Name(name)
		if !ok {
			t.Fatalf("%q is not found in %s", name, attr.AppendJSON(nil, want))
		}
		checkCursor(t, inner, v)
	}
	for i, v := range want.L {
		inner, ok := c.Index(i)
		if !ok {
			t.Fatalf("element %d is not found in %s", i, attr.AppendJSON(nil, want))
		}
		checkCursor(t, inner, v)
	}
	_, named := c.Name("no such name")
	_, below := c.Index(-1)
	_, above := c.Index(len(want.L))
	if named || below || above {
		t.Fatalf("there is too much in %s", attr.AppendJSON(nil, want))
	}
}
