package attr

import (
	"iter"
	"slices"
)

// Packed is an item in the form of [AppendBinary], as an immutable string that tables,
// indexes, streams and journals share. Equal items have equal Packed. The zero Packed
// is no item; any other must come from [Pack], [CutPacked] or [Packed.Pick].
//
// Strings in decoded values are parts of it and keep it alive.
type Packed string

// Pack returns the packed form of item.
func Pack(item Item) Packed {
	var room [512]byte
	return Packed(AppendBinary(room[:0], item))
}

// Item decodes the attributes with the given names, those that are there; nil names
// mean all. It is nil for the zero Packed.
func (p Packed) Item(names []string) Item {
	if p == "" {
		return nil
	}
	u := unpacker{string(p)}
	n := u.count()
	size := n
	if names != nil {
		size = min(n, len(names))
	}
	item := make(Item, size)
	for ; n > 0; n-- {
		if name := u.bytes(); wanted(names, name) {
			item[name] = u.value()
		} else {
			u.skip()
		}
	}
	return item
}

func wanted(names []string, name string) bool { return names == nil || slices.Contains(names, name) }

// Len returns the number of attributes.
func (p Packed) Len() int {
	if p == "" {
		return 0
	}
	n, _ := uvarint(string(p))
	return int(n)
}

// All decodes the attributes with the given names one after the other, in the order of
// their names; nil means all.
func (p Packed) All(names []string) iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		if p == "" {
			return
		}
		u := unpacker{string(p)}
		for n := u.count(); n > 0; n-- {
			if name := u.bytes(); !wanted(names, name) {
				u.skip()
			} else if !yield(name, u.value()) {
				return
			}
		}
	}
}

// Get decodes one attribute.
func (p Packed) Get(name string) (v Value, ok bool) {
	c, ok := p.Find(name)
	if !ok {
		return Value{}, false
	}
	return c.Value(), true
}

// Into decodes all attributes and adds them to item.
func (p Packed) Into(item Item) {
	for name, v := range p.All(nil) {
		item[name] = v
	}
}

// Pick returns the item with the attributes of the given names alone.
func (p Packed) Pick(names []string) Packed {
	if p == "" {
		return ""
	}
	var room [256]byte
	body, picked := room[:0], 0
	u := unpacker{string(p)}
	for n := u.count(); n > 0; n-- {
		before := u.data
		name := u.bytes()
		if u.skip(); slices.Contains(names, name) {
			body = append(body, before[:len(before)-len(u.data)]...)
			picked++
		}
	}
	var count [10]byte
	head := appendUvarint(count[:0], picked)
	return Packed(append(head, body...))
}

// Size is [Item.Size] of the attributes with the given names; nil means all.
func (p Packed) Size(names []string) int {
	if p == "" {
		return 0
	}
	u := unpacker{string(p)}
	size := 0
	for n := u.count(); n > 0; n-- {
		if name := u.bytes(); wanted(names, name) {
			size += len(name) + u.size()
		} else {
			u.skip()
		}
	}
	return size
}

// AppendJSON appends the wire form of the attributes with the given names; nil means all.
func (p Packed) AppendJSON(dst []byte, names []string) []byte {
	dst = append(dst, '{')
	if p == "" {
		return append(dst, '}')
	}
	u := unpacker{string(p)}
	first := true
	for n := u.count(); n > 0; n-- {
		name := u.bytes()
		if !wanted(names, name) {
			u.skip()
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(AppendString(dst, name), ':')
		dst = u.appendJSON(dst)
	}
	return append(dst, '}')
}
