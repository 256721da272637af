package attr

import (
	"maps"
	"slices"
	"strings"
)

// Set returns the set of members, which must be of one of the types S, N, B.
// It owns members, sorts them and drops duplicates. Without a member it returns
// the zero Value: DynamoDB has no empty sets.
func Set(members ...Value) Value {
	if len(members) == 0 {
		return Value{}
	}
	slices.SortFunc(members, compareMembers)
	members = slices.CompactFunc(members, func(a, b Value) bool { return compareMembers(a, b) == 0 })
	return Value{Type: setOf(members[0].Type), Set: members}
}

// setOf returns the type of a set of members of type t.
func setOf(t Type) Type { return t - TypeS + TypeSS }

// compareMembers orders two values of the same key type.
func compareMembers(a, b Value) int {
	if a.Type == TypeN {
		return a.N.Cmp(b.N)
	}
	return strings.Compare(a.S, b.S)
}

// Compare orders two values of one key type: S and B by their bytes, N by
// value. It returns -1, 0 or +1, and ok is false where the types differ or have
// no order.
func Compare(a, b Value) (c int, ok bool) {
	if a.Type != b.Type || !a.Type.IsKey() {
		return 0, false
	}
	return compareMembers(a, b), true
}

// Equal reports whether a and b are the same value: numbers by value, sets
// without regard to order, lists and maps by their elements.
func Equal(a, b Value) bool {
	if a.Type != b.Type {
		return false
	}
	switch a.Type {
	case TypeS, TypeB:
		return a.S == b.S
	case TypeN:
		return a.N == b.N
	case TypeBOOL:
		return a.Bool == b.Bool
	case TypeM:
		return EqualItems(a.M, b.M)
	case TypeL:
		return slices.EqualFunc(a.L, b.L, Equal)
	default: // sets are in canonical order; a NULL has no content
		return slices.EqualFunc(a.Set, b.Set, Equal)
	}
}

// EqualItems reports whether a and b have the same attributes with equal values.
func EqualItems(a, b Item) bool { return maps.EqualFunc(a, b, Equal) }

// Contains reports whether the set v has member.
func (v Value) Contains(member Value) bool {
	if v.Type.Member() != member.Type || !v.Type.IsSet() {
		return false
	}
	_, found := slices.BinarySearchFunc(v.Set, member, compareMembers)
	return found
}

// Union returns the set with the members of a and b, which are sets of one type.
func Union(a, b Value) Value {
	members := make([]Value, 0, len(a.Set)+len(b.Set))
	return Set(append(append(members, a.Set...), b.Set...)...)
}

// Difference returns the set with the members of a that are not in b, which are
// sets of one type; the zero Value where none is left.
func Difference(a, b Value) Value {
	left := make([]Value, 0, len(a.Set))
	for i := range a.Set {
		if !b.Contains(a.Set[i]) {
			left = append(left, a.Set[i])
		}
	}
	if len(left) == 0 {
		return Value{}
	}
	return Value{Type: a.Type, Set: left}
}
