package attr

import (
	"encoding/base64"
	"fmt"
)

// DecodeItem reads a JSON object of attribute values, such as
// {"pk":{"S":"a"},"n":{"N":"1"}}. data must hold nothing else but white space.
// JSON null decodes to a nil Item.
//
// The error is a [*SerializationError] where the JSON has the wrong shape, else
// a [*ValidationError] for the first value that DynamoDB refuses. A shape error
// anywhere wins over every validation error, because DynamoDB parses the whole
// body first: a server that meets a SerializationError answers it at once, and
// keeps a ValidationError until the checks that come before it have passed.
func DecodeItem(data []byte) (Item, error) {
	return DecodeNamed(data, nil)
}

// DecodeNamed is [DecodeItem], but calls wrap for the first refused value, with
// the name of its top-level attribute, to put the error into other words.
func DecodeNamed(data []byte, wrap func(name string, err *ValidationError) *ValidationError) (Item, error) {
	d := decoder{scanner: scanner{data: string(data)}, wrap: wrap}
	var item Item
	if !d.literal("null") {
		var err error
		if item, err = d.item(0); err != nil {
			return nil, err
		}
	}
	if err := d.end(); err != nil {
		return nil, err
	}
	return item, nil
}

// DecodeValue reads one attribute value, such as {"S":"a"}. Errors are those of
// [DecodeItem].
func DecodeValue(data []byte) (Value, error) {
	d := decoder{scanner: scanner{data: string(data)}}
	v, err := d.value(1)
	if err == nil {
		err = d.end()
	}
	if err != nil {
		return Value{}, err
	}
	return v, nil
}

// decoder reads attribute values. It goes on after a value that is refused, to
// find out whether the rest has the right shape.
type decoder struct {
	scanner
	invalid *ValidationError // the first refused value
	wrap    func(string, *ValidationError) *ValidationError
}

// refuse notes that a value is refused, unless an earlier one is.
func (d *decoder) refuse(err *ValidationError) {
	if d.invalid == nil {
		d.invalid = err
	}
}

// end reports what follows the last value, or the first refused value.
func (d *decoder) end() error {
	if d.peek(); d.pos < len(d.data) {
		return errSyntax
	}
	if d.invalid != nil {
		return d.invalid
	}
	return nil
}

// item reads an object of attributes, which are on the level depth + 1.
func (d *decoder) item(depth int) (Item, error) {
	if !d.accept('{') {
		return nil, d.wrongShape("java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>", unexpectedField)
	}
	item := Item{}
	err := d.members(func(name string) error {
		fine := d.invalid == nil
		switch {
		case name == "":
			d.refuse(errEmptyName)
		case len(name) > MaxName:
			d.refuse(errLongName)
		}
		v, err := d.value(depth + 1)
		if err != nil {
			return err
		}
		if fine && d.invalid != nil && depth == 0 && d.wrap != nil {
			d.invalid = d.wrap(name, d.invalid)
		}
		item[name] = v
		return nil
	})
	return item, err
}

// value reads an attribute value on the level depth.
func (d *decoder) value(depth int) (Value, error) {
	if depth > MaxNesting {
		d.refuse(errNesting)
		return Value{}, d.skip(2 * depth)
	}
	if d.literal("null") {
		d.refuse(errEmpty)
		return Value{}, nil
	}
	if !d.accept('{') {
		return Value{}, d.wrongShape("class com.amazonaws.dynamodb.v20120810.AttributeValue", "Unexpected value type in payload")
	}
	var v Value
	types := 0
	err := d.elements('}', func() error {
		t, err := d.typeName()
		if err != nil {
			return err
		}
		if d.literal("null") { // as if it were not there
			return nil
		}
		if t == 0 { // a member that this version of the API does not know
			return d.skip(2 * depth)
		}
		types++
		v, err = d.typed(t, depth)
		return err
	})
	switch {
	case types == 0:
		d.refuse(errEmpty)
	case types > 1:
		d.refuse(errSeveral)
	}
	return v, err
}

// typeName reads the name of a type and the colon behind it. A name that is none
// gives 0.
func (d *decoder) typeName() (Type, error) {
	raw, escaped, err := d.rawString()
	if err != nil {
		return 0, err
	}
	name := raw
	if escaped {
		if name, err = unescape(raw); err != nil {
			return 0, err
		}
	}
	if !d.accept(':') {
		return 0, errSyntax
	}
	t, _ := ParseType(name)
	return t, nil
}

// typed reads what stands behind the name of the type t.
func (d *decoder) typed(t Type, depth int) (v Value, err error) {
	v.Type = t
	switch t {
	case TypeS, TypeN, TypeB:
		return d.scalarOf(t)
	case TypeBOOL, TypeNULL:
		v.Bool, err = d.boolean()
		if t == TypeNULL && !v.Bool {
			d.refuse(errNullFalse)
		}
	case TypeM:
		v.M, err = d.item(depth)
	case TypeL:
		v.L = []Value{}
		err = d.list(func() error {
			e, err := d.value(depth + 1)
			v.L = append(v.L, e)
			return err
		})
	default:
		v.Set, err = d.set(t)
	}
	return v, err
}

// scalarOf reads a string as an S, N or B.
func (d *decoder) scalarOf(t Type) (Value, error) {
	s, err := d.text(t)
	if err != nil {
		return Value{}, err
	}
	v := Value{Type: t}
	switch t {
	case TypeS:
		v.S = s
	case TypeN:
		if v.N, err = ParseNumber(s); err != nil {
			d.refuse(err.(*ValidationError))
		}
	case TypeB:
		b, err := decodeBase64(s)
		if err != nil {
			return Value{}, err
		}
		v.S = b
	}
	return v, nil
}

// text reads the string of an S, N or B.
func (d *decoder) text(t Type) (string, error) {
	class := "class java.lang.String"
	if t == TypeB {
		class = "class java.nio.ByteBuffer"
	}
	switch d.peek() {
	case '"':
		return d.string()
	case '{', '[':
		return "", d.wrongShape(class, "")
	}
	token, err := d.scalar()
	switch {
	case err != nil:
		return "", err
	case t == TypeB:
		return "", &SerializationError{"only base-64-encoded strings are convertible to bytes"}
	}
	return "", &SerializationError{token + " cannot be converted to String"}
}

// boolean reads true or false, or a string that means one of them.
func (d *decoder) boolean() (bool, error) {
	switch d.peek() {
	case '{', '[':
		return false, d.wrongShape("class java.lang.Boolean", "")
	case '"':
		s, err := d.string()
		if err != nil {
			return false, err
		}
		return parseBool(s)
	}
	token, err := d.scalar()
	switch {
	case err != nil:
		return false, err
	case token == "TRUE_VALUE" || token == "FALSE_VALUE":
		return token == "TRUE_VALUE", nil
	}
	return false, &SerializationError{token + " cannot be converted to Boolean"}
}

// list reads an array, calling each for every element.
func (d *decoder) list(each func() error) error {
	if !d.accept('[') {
		return d.wrongShape("", unexpectedField)
	}
	return d.elements(']', each)
}

// set reads the members of a set of type t.
func (d *decoder) set(t Type) ([]Value, error) {
	var members []Value
	err := d.list(func() error {
		if d.literal("null") {
			d.refuse(errNullMember(t))
			return nil
		}
		m, err := d.scalarOf(t.Member())
		members = append(members, m)
		return err
	})
	if err != nil || d.invalid != nil {
		return nil, err
	}
	if len(members) == 0 {
		d.refuse(errEmptySet(t))
		return nil, nil
	}
	wire := members
	if len(members) > 1 {
		wire = append([]Value(nil), members...)
	}
	set := Set(members...).Set
	if len(set) < len(wire) {
		d.refuse(errDuplicates(t, wire))
	}
	return set, nil
}

const unexpectedField = "Unexpected field type"

// wrongShape reads a value that is not what is expected here and returns AWS's
// words for it: about an array with the class that it cannot be, or about a
// scalar in the words other.
func (d *decoder) wrongShape(class, other string) error {
	start := d.peek()
	if err := d.skip(0); err != nil {
		return err
	}
	switch start {
	case '{':
		return &SerializationError{"Start of structure or map found where not expected"}
	case '[':
		return &SerializationError{"Unrecognized collection type " + class}
	}
	return &SerializationError{other}
}

func parseBool(s string) (bool, error) {
	switch s {
	case "true", "TRUE", "True", "1", "yes", "YES", "Yes":
		return true, nil
	case "false", "FALSE", "False", "0", "no", "NO", "No":
		return false, nil
	}
	return false, &SerializationError{"Unexpected token received from parser"}
}

func decodeBase64(s string) (string, error) {
	if len(s)%4 != 0 {
		return "", &SerializationError{fmt.Sprintf("Base64 encoded length is expected a multiple of 4 bytes but found: %d", len(s))}
	}
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return "", &SerializationError{"Invalid last non-pad Base64 character dectected"} // sic
	}
	return string(b), nil
}
