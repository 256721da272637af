package attr_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// Whatever is asked of a packed item is what the item itself answers.
func TestPackedAgreesWithItem(t *testing.T) {
	r := newRand(t)
	for range 3_000 {
		item := randomItem(t, r, 5)
		p := attr.Pack(item)
		if p.Len() != len(item) {
			t.Fatalf("Len %d of %s", p.Len(), attr.AppendItemJSON(nil, item))
		}
		names := []string{"no such name"}
		part := attr.Item{}
		for name, v := range item {
			if got, ok := p.Get(name); !ok || !attr.Equal(got, v) {
				t.Fatalf("Get(%q) of %s: %v, %v", name, attr.AppendItemJSON(nil, item), got, ok)
			}
			if r.IntN(2) == 0 {
				names = append(names, name)
				part[name] = v
			}
		}
		if v, ok := p.Get("no such name"); ok {
			t.Fatalf("Get found %v", v)
		}
		for _, row := range []struct {
			why   string
			names []string
			want  attr.Item
		}{{"all", nil, item}, {"some", names, part}, {"none", []string{}, attr.Item{}}} {
			if got := p.Item(row.names); !attr.EqualItems(got, row.want) {
				t.Fatalf("%s: Item %s, want %s", row.why, attr.AppendItemJSON(nil, got), attr.AppendItemJSON(nil, row.want))
			}
			if got := attr.Item(maps.Collect(p.All(row.names))); !attr.EqualItems(got, row.want) {
				t.Fatalf("%s: All %s, want %s", row.why, attr.AppendItemJSON(nil, got), attr.AppendItemJSON(nil, row.want))
			}
			if got, want := p.Size(row.names), row.want.Size(); got != want {
				t.Fatalf("%s: Size %d, want %d: %s", row.why, got, want, attr.AppendItemJSON(nil, row.want))
			}
			if got, want := string(p.AppendJSON(nil, row.names)), string(attr.AppendItemJSON(nil, row.want)); got != want {
				t.Fatalf("%s: AppendJSON\n%s, want\n%s", row.why, got, want)
			}
		}
		if got := p.Pick(names); got != attr.Pack(part) {
			t.Fatalf("Pick(%q) of %s: %x", names, attr.AppendItemJSON(nil, item), got)
		}
	}
}

// Equal items have equal bytes, however they came about.
func TestPackedIsCanonical(t *testing.T) {
	for _, row := range []struct{ reason, a, b string }{
		{"numbers by value", `{"n":{"N":"1.50"}}`, `{"n":{"N":"+0.15E1"}}`},
		{"every zero", `{"n":{"N":"-0.0"}}`, `{"n":{"N":"0E5"}}`},
		{"sets in any order", `{"s":{"NS":["10","9"]},"b":{"BS":["Ag==","AQ=="]}}`, `{"b":{"BS":["AQ==","Ag=="]},"s":{"NS":["9.0","1E1"]}}`},
		{"maps in any order", `{"m":{"M":{"a":{"S":"1"},"b":{"NULL":true}}}}`, `{"m":{"M":{"b":{"NULL":true},"a":{"S":"1"}}}}`},
	} {
		t.Run(row.reason, func(t *testing.T) {
			if a, b := attr.Pack(mustItem(t, row.a)), attr.Pack(mustItem(t, row.b)); a != b {
				t.Errorf("%x and %x", a, b)
			}
		})
	}
}

func TestNoPackedItem(t *testing.T) {
	var none attr.Packed
	if none.Item(nil) != nil || none.Size(nil) != 0 || none.Pick([]string{"a"}) != "" || string(none.AppendJSON(nil, nil)) != "{}" {
		t.Error("the zero Packed holds something")
	}
	if empty := attr.Pack(attr.Item{}); empty == "" || empty.Item(nil) == nil {
		t.Error("an item without attributes is no item")
	}
}

// A decoded item is the caller's: changing it changes no other.
func TestPackedItemsAreSeparate(t *testing.T) {
	p := attr.Pack(mustItem(t, benchItem))
	first := p.Item(nil)
	names := slices.Collect(maps.Keys(first))
	for _, name := range names {
		first[name] = attr.Null()
	}
	if !attr.EqualItems(p.Item(nil), mustItem(t, benchItem)) {
		t.Error("the second item is what the first was changed to")
	}
}
