package dynamodb

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// shape is what the tags of a structure say, read once.
type shape struct{ members []member }

// member is a field that has constraints, or holds structures that have.
type member struct {
	name     string
	index    []int
	present  bool
	required bool
	bare     bool
	rules    []rule
	inner    *shape // of the structure, or the elements of the list or map
}

type shapeKey struct {
	of      reflect.Type
	require string
}

var shapes sync.Map // shapeKey to *shape

// shapeOf returns the shape of a structure type; require names members that must be
// there besides those whose own tags say so.
func shapeOf(t reflect.Type, require string) *shape {
	key := shapeKey{t, require}
	if s, ok := shapes.Load(key); ok {
		return s.(*shape)
	}
	s := &shape{members: readMembers(t, strings.Fields(require))}
	shapes.Store(key, s)
	return s
}

func readMembers(t reflect.Type, require []string) (members []member) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			for _, m := range shapeOf(f.Type, requireOf(f.Tag.Get("api"))).members {
				m.index = append([]int{i}, m.index...)
				members = append(members, m)
			}
			continue
		}
		m := readMember(f, slices.Contains(require, f.Name))
		if m.present || m.required || m.rules != nil || m.inner != nil {
			m.index = []int{i}
			members = append(members, m)
		}
	}
	return members
}

// readMember reads a tag. A word that it does not know is a mistake of this package.
func readMember(f reflect.StructField, required bool) member {
	m := member{name: f.Name, required: required}
	tag := f.Tag.Get("api")
	for word := range strings.SplitSeq(tag, ",") {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "", "require":
		case "present":
			m.present = true
		case "required":
			m.required = true
		case "bare":
			m.bare = true
		case "enum":
			m.rules = append(m.rules, enumRule(strings.Fields(value)))
		case "name":
			m.rules = append(m.rules, nameRule)
		case "table":
			m.rules = append(m.rules, tableRules(value)...)
		case "range":
			m.rules = append(m.rules, boundRules(value, "value", reflect.Value.Int)...)
		case "len":
			m.rules = append(m.rules, boundRules(value, "length", length)...)
		case "keys":
			m.rules = append(m.rules, keysRule(tableRules(value)))
		case "values":
			m.rules = append(m.rules, valuesRule(value))
		default:
			panic(fmt.Sprintf("dynamodb: field %s: unknown constraint %q", f.Name, word))
		}
	}
	if inner := innermost(f.Type); inner != nil {
		if s := shapeOf(inner, requireOf(tag)); len(s.members) > 0 {
			m.inner = s
		}
	}
	return m
}

// requireOf returns the members that a tag's require names.
func requireOf(tag string) string {
	for word := range strings.SplitSeq(tag, ",") {
		if names, ok := strings.CutPrefix(word, "require="); ok {
			return names
		}
	}
	return ""
}

// innermost returns the structure type that t is or holds, nil where there is none.
func innermost(t reflect.Type) reflect.Type {
	for t != rawMessage && slices.Contains([]reflect.Kind{reflect.Pointer, reflect.Slice, reflect.Map}, t.Kind()) {
		t = t.Elem()
	}
	if t.Kind() == reflect.Struct && t != document {
		return t
	}
	return nil
}
