package attr

// Cursor stands at a value of a [Packed] item, which is decoded only when it is asked for.
type Cursor struct{ u unpacker }

// Find returns the value of an attribute; ok is false where there is none.
func (p Packed) Find(name string) (c Cursor, ok bool) {
	if p == "" {
		return Cursor{}, false
	}
	return unpacker{string(p)}.find(name)
}

// find looks for a name in the item at the front of u.
func (u unpacker) find(name string) (c Cursor, ok bool) {
	for n := u.count(); n > 0; n-- {
		switch got := u.bytes(); {
		case got == name:
			return Cursor{u}, true
		case got > name: // they are in order
			return Cursor{}, false
		}
		u.skip()
	}
	return Cursor{}, false
}

// Value decodes the value.
func (c Cursor) Value() Value { return c.u.value() }

// Name returns the value of an attribute of an M; ok is false for another type, or where
// there is none.
func (c Cursor) Name(name string) (Cursor, bool) {
	if Type(c.u.byte()) != TypeM {
		return Cursor{}, false
	}
	return c.u.find(name)
}

// Index returns an element of an L, counted from 0; ok is false for another type, or where
// there is none.
func (c Cursor) Index(i int) (Cursor, bool) {
	if Type(c.u.byte()) != TypeL || i < 0 || i >= c.u.count() {
		return Cursor{}, false
	}
	for range i {
		c.u.skip()
	}
	return c, true
}
