package attr

// Type is the data type of a [Value]. The zero Type is no type at all.
type Type uint8

// The ten data types, by their wire names.
const (
	TypeS    Type = iota + 1 // string
	TypeN                    // number
	TypeB                    // binary
	TypeSS                   // string set
	TypeNS                   // number set
	TypeBS                   // binary set
	TypeM                    // map
	TypeL                    // list
	TypeBOOL                 // boolean
	TypeNULL                 // null
)

var typeNames = [...]string{"", "S", "N", "B", "SS", "NS", "BS", "M", "L", "BOOL", "NULL"}

// String returns the wire name ("S", "BOOL"), or "" for what is no type.
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return ""
}

// ParseType returns the Type of a wire name; ok is false for any other string.
func ParseType(name string) (t Type, ok bool) {
	for i, n := range typeNames {
		if n == name && i > 0 {
			return Type(i), true
		}
	}
	return 0, false
}

// IsSet reports whether t is SS, NS or BS.
func (t Type) IsSet() bool { return t == TypeSS || t == TypeNS || t == TypeBS }

// Member returns the type of a set's members: S for SS, N for NS, B for BS,
// and 0 for a type that is no set.
func (t Type) Member() Type {
	if t.IsSet() {
		return t - TypeSS + TypeS
	}
	return 0
}

// IsKey reports whether a key attribute may have type t: S, N or B.
func (t Type) IsKey() bool { return t == TypeS || t == TypeN || t == TypeB }
