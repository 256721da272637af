package dynamodb

import (
	"bytes"
	"encoding/json"
	"iter"

	"github.com/askaround/askaround-go/internal/localaws/attr"
	"github.com/askaround/askaround-go/internal/localaws/expr"
)

// Document is a member of a request that holds attributes by name: JSON, which is decoded
// when its turn among the checks comes, or values. The zero Document is not there.
type Document struct {
	raw    json.RawMessage
	values attr.Item
}

// DocumentOf returns the Document of values that [attr.DecodeItem] could have returned;
// nil is no Document. Nobody may change them until the operation has returned, which
// keeps nothing of them.
func DocumentOf(values attr.Item) Document { return Document{values: values} }

// UnmarshalJSON keeps a copy of the JSON.
func (d *Document) UnmarshalJSON(text []byte) error {
	d.raw = bytes.Clone(text)
	return nil
}

// MarshalJSON returns the JSON, null for none.
func (d Document) MarshalJSON() ([]byte, error) { return d.json(), nil }

func (d Document) json() json.RawMessage {
	if d.values != nil {
		return attr.AppendItemJSON(nil, d.values)
	}
	return orNull(d.raw)
}

// present reports whether the member is there. JSON null is not.
func (d Document) present() bool { return d.values != nil || present(d.raw) }

// item returns the attributes, nil for none.
func (d Document) item() (attr.Item, error) {
	if d.values != nil {
		return d.values, nil
	}
	return attr.DecodeItem(orNull(d.raw))
}

// expressionValues returns the attributes as values of expressions.
func (d Document) expressionValues() (expr.Values, error) {
	if d.values != nil {
		return expr.Values(d.values), nil
	}
	return expr.DecodeValues(orNull(d.raw))
}

// Image is what an answer shows of an item: all of it, or parts. The zero Image shows
// nothing, which is less than an item without attributes.
type Image struct {
	whole attr.Packed
	names []string // of the whole's attributes that are shown, nil for all
	parts attr.Item
}

// imageOf is a row under a projection, of which nil shows all.
func imageOf(r row, p *expr.Projection) Image {
	if r == noRow || p == nil {
		return Image{whole: r.packed()}
	}
	return projected(r, p, p.Attributes())
}

// projected is a row under a projection of which it sees the attributes with the given
// names.
func projected(r row, p *expr.Projection, names []string) Image {
	if p.Flat() {
		return Image{whole: r.packed(), names: names}
	}
	return Image{parts: p.Apply(r.packed().Item(names))}
}

// IsZero reports whether there is nothing to show.
func (m Image) IsZero() bool { return m.whole == "" && m.parts == nil }

// Len returns the number of attributes, or somewhat more.
func (m Image) Len() int {
	switch {
	case m.parts != nil:
		return len(m.parts)
	case m.names != nil:
		return min(len(m.names), m.whole.Len())
	}
	return m.whole.Len()
}

// All returns the attributes. Strings in their values are parts of the stored item.
func (m Image) All() iter.Seq2[string, attr.Value] {
	if m.parts == nil {
		return m.whole.All(m.names)
	}
	return func(yield func(string, attr.Value) bool) {
		for name, v := range m.parts {
			if !yield(name, v) {
				return
			}
		}
	}
}

func (m Image) appendJSON(dst []byte) []byte {
	if m.parts != nil {
		return attr.AppendItemJSON(dst, m.parts)
	}
	return m.whole.AppendJSON(dst, m.names)
}
