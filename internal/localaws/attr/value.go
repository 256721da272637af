package attr

// Value is one attribute value. The zero Value is invalid (Type 0).
//
// Values are immutable once built: nobody mutates the maps and slices of a
// Value that is stored or shared, so that items can share parts of each other.
type Value struct {
	Type Type
	Bool bool    // BOOL; true for NULL
	S    string  // S, and the raw bytes of B
	N    Number  // N
	M    Item    // M, not nil
	L    []Value // L
	Set  []Value // SS, NS, BS: the members, S, N or B, ascending, without duplicates, at least one
}

// Item is a set of named attributes: a whole item, or the value of an M.
type Item map[string]Value

// String returns an S.
func String(s string) Value { return Value{Type: TypeS, S: s} }

// Num returns an N.
func Num(n Number) Value { return Value{Type: TypeN, N: n} }

// Int returns an N holding i.
func Int(i int64) Value { return Value{Type: TypeN, N: NumberFromInt(i)} }

// Binary returns a B holding a copy of b.
func Binary(b []byte) Value { return Value{Type: TypeB, S: string(b)} }

// Bool returns a BOOL.
func Bool(b bool) Value { return Value{Type: TypeBOOL, Bool: b} }

// Null returns the NULL.
func Null() Value { return Value{Type: TypeNULL, Bool: true} }

// List returns an L that owns elems.
func List(elems ...Value) Value { return Value{Type: TypeL, L: elems} }

// Map returns an M that owns m.
func Map(m Item) Value {
	if m == nil {
		m = Item{}
	}
	return Value{Type: TypeM, M: m}
}
