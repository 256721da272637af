package openapi

import "strings"

// Kind is the type of a JSON value. The zero Kind is no value.
type Kind uint8

// The kinds of values.
const (
	Null Kind = iota + 1
	Bool
	Number
	String
	Array
	Object
)

// String returns the name that JSON Schema uses.
func (k Kind) String() string {
	switch k {
	case Null:
		return "null"
	case Bool:
		return "boolean"
	case Number:
		return "number"
	case String:
		return "string"
	case Array:
		return "array"
	case Object:
		return "object"
	}
	return "nothing"
}

// A Value is a parsed JSON value.
type Value struct {
	Kind    Kind
	Bool    bool     // Bool
	Text    string   // String: its characters; Number: as it was written
	Number  float64  // Number: the nearest double, ±Inf beyond the range of doubles
	Items   []Value  // Array
	Members []Member // Object: in the order of the text, names unique
}

// A Member is a name and its value.
type Member struct {
	Name  string
	Value Value
}

// Get returns the member with that name, or nil.
func (v *Value) Get(name string) *Value {
	for i := range v.Members {
		if v.Members[i].Name == name {
			return &v.Members[i].Value
		}
	}
	return nil
}

// equal reports whether JSON Schema calls a and b the same value: numbers by
// value, objects in any order.
func equal(a, b *Value) bool {
	if a.Kind != b.Kind || len(a.Items) != len(b.Items) || len(a.Members) != len(b.Members) {
		return false
	}
	switch a.Kind {
	case Bool:
		return a.Bool == b.Bool
	case Number:
		return a.Number == b.Number
	case String:
		return a.Text == b.Text
	case Array:
		for i := range a.Items {
			if !equal(&a.Items[i], &b.Items[i]) {
				return false
			}
		}
	case Object:
		for i := range a.Members {
			other := b.Get(a.Members[i].Name)
			if other == nil || !equal(&a.Members[i].Value, other) {
				return false
			}
		}
	}
	return true
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// pointerToken returns name as one step of a JSON pointer (RFC 6901).
func pointerToken(name string) string { return "/" + pointerEscapes.Replace(name) }
