package attr

import "strings"

// AWS's words for attribute values that it refuses. They are protocol: clients
// and their tests compare them.
var (
	errEmpty     = &ValidationError{"Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"}
	errSeveral   = &ValidationError{"Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"}
	errNesting   = &ValidationError{"Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit"}
	errEmptyName = &ValidationError{"Empty attribute name"}
	errLongName  = &ValidationError{"Attribute name is too large, must be less than 65536 bytes"}
	errNullFalse = &ValidationError{invalidValues + "Null attribute value types must have the value of true"}
)

const invalidValues = "One or more parameter values were invalid: "

func errEmptySet(t Type) *ValidationError {
	switch t {
	case TypeSS:
		return &ValidationError{invalidValues + "An string set  may not be empty"}
	case TypeNS:
		return &ValidationError{invalidValues + "An number set  may not be empty"}
	}
	return &ValidationError{invalidValues + "Binary sets should not be empty"}
}

func errNullMember(t Type) *ValidationError {
	switch t {
	case TypeSS:
		return &ValidationError{invalidValues + "An string set may not have a null string as a member"}
	case TypeNS:
		return &ValidationError{invalidValues + "An number set may not have a null string as a member"}
	}
	return &ValidationError{invalidValues + "Binary sets may not contain null values"}
}

// errDuplicates names the members in the order in which they came.
func errDuplicates(t Type, members []Value) *ValidationError {
	if t == TypeNS {
		return &ValidationError{"Input collection contains duplicates"}
	}
	var list strings.Builder
	for i := range members {
		if i > 0 {
			list.WriteString(", ")
		}
		if t == TypeBS {
			list.WriteString(strings.Trim(string(appendScalar(nil, members[i])), `"`))
		} else {
			list.WriteString(members[i].S)
		}
	}
	if t == TypeBS {
		return &ValidationError{invalidValues + "Input collection [" + list.String() + "]of type BS contains duplicates."}
	}
	return &ValidationError{invalidValues + "Input collection [" + list.String() + "] contains duplicates."}
}
