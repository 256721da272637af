package iotsql

import (
	"maps"
	"strconv"
)

// A Kind is a data type of the language.
type Kind uint8

// Kinds. The zero Kind is Undefined: what is not there, or could not be computed.
const (
	Undefined Kind = iota
	Null
	Boolean
	Int     // whole
	Decimal // up to 34 digits
	String
	Array
	Object
)

var kinds = [...]string{"Undefined", "Null", "Boolean", "Int", "Decimal", "String", "Array", "Object"}

func (k Kind) String() string { return kinds[k] }

// A Value is one of the language's. The zero Value is Undefined. Values are immutable.
type Value struct {
	kind   Kind
	small  bool    // an Int is in i, not in text; a Boolean is true
	i      int64   // of an Int that is small
	text   string  // of a String; of a number, as JSON spells it, unless it is small
	items  []Value // of an Array
	object *object
}

// A Member is an entry of an Object.
type Member struct {
	Key   string
	Value Value
}

// an object keeps its members in the order of the payload or the statement.
type object struct {
	members []Member
	index   map[string]int // nil where there are few members
}

// fewMembers is how many are found as quickly without an index.
const fewMembers = 12

var (
	undefined = Value{}
	null      = Value{kind: Null}
)

func boolean(b bool) Value        { return Value{kind: Boolean, small: b} }
func integer(i int64) Value       { return Value{kind: Int, small: true, i: i} }
func str(s string) Value          { return Value{kind: String, text: s} }
func array(items []Value) Value   { return Value{kind: Array, items: items} }
func objectOf(o *object) Value    { return Value{kind: Object, object: o} }
func decimalOf(text string) Value { return Value{kind: Decimal, text: text} }

// Kind returns the type of v.
func (v Value) Kind() Kind { return v.kind }

// Bool reports whether v is the Boolean true.
func (v Value) Bool() bool { return v.kind == Boolean && v.small }

// Text returns a String, or the digits of an Int or Decimal in JSON's notation; of any
// other Value "".
func (v Value) Text() string {
	if v.kind == Int && v.small {
		return strconv.FormatInt(v.i, 10)
	}
	return v.text
}

// Items returns what an Array holds. The caller does not change it.
func (v Value) Items() []Value { return v.items }

// Members returns what an Object holds, in order. The caller does not change it.
func (v Value) Members() []Member {
	if v.object == nil {
		return nil
	}
	return v.object.members
}

func (v Value) isNumber() bool { return v.kind == Int || v.kind == Decimal }

// get returns the value under a key; Undefined where there is none.
func (o *object) get(key string) Value {
	if i := o.find(key); i >= 0 {
		return o.members[i].Value
	}
	return undefined
}

func (o *object) find(key string) int {
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].Key == key {
			return i
		}
	}
	return -1
}

// set puts a value under a key, in the place of what stood there. Undefined is not put,
// and takes nothing away.
func (o *object) set(key string, v Value) {
	if v.kind == Undefined {
		return
	}
	if i := o.find(key); i >= 0 {
		o.members[i].Value = v
		return
	}
	o.members = append(o.members, Member{key, v})
	switch {
	case o.index != nil:
		o.index[key] = len(o.members) - 1
	case len(o.members) > fewMembers:
		o.index = make(map[string]int, 2*len(o.members))
		for i := range o.members {
			o.index[o.members[i].Key] = i
		}
	}
}

// clone returns an object that can be set without changing o.
func (o *object) clone() *object {
	members := make([]Member, len(o.members), len(o.members)+4)
	copy(members, o.members)
	return &object{members: members, index: maps.Clone(o.index)}
}
