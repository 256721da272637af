package sqs

import (
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// form is the parameters of the query protocol as a tree by the parts of their names:
// MessageAttribute.1.Value.StringValue is four deep.
type form struct {
	value *string
	parts map[string]*form
}

func newForm(parameters url.Values) *form {
	root := &form{}
	for name, values := range parameters {
		at := root
		for part := range strings.SplitSeq(name, ".") {
			at = at.grow(part)
		}
		at.value = &values[0]
	}
	return root
}

func (f *form) grow(part string) *form {
	if f.parts == nil {
		f.parts = map[string]*form{}
	}
	if f.parts[part] == nil {
		f.parts[part] = &form{}
	}
	return f.parts[part]
}

// elements returns the elements of a list or map, by their numbers. One without a number
// is the only one, as the oldest clients write it.
func (f *form) elements() (all []*form) {
	var numbers []int
	byNumber := map[int]*form{}
	for part, element := range f.parts {
		if n, err := strconv.Atoi(part); err == nil {
			numbers = append(numbers, n)
			byNumber[n] = element
		}
	}
	if len(numbers) == 0 {
		return []*form{f}
	}
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		all = append(all, byNumber[n])
	}
	return all
}

// member is how the query protocol names a field of an input or an answer. The tag
// "query" holds the name, where it is not that of the JSON protocol, and after a comma
// the name of a map's keys, where that is not "Name". "*" stands for the action.
type member struct{ name, key string }

func memberOf(field reflect.StructField, action string) member {
	m := member{field.Name, "Name"}
	if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" {
		m.name = name
	}
	if tag, ok := field.Tag.Lookup("query"); ok {
		name, key, found := strings.Cut(tag, ",")
		if m.name = strings.ReplaceAll(name, "*", action); found {
			m.key = key
		}
	}
	return m
}

// decode fills v, a struct, from f.
func (f *form) decode(v reflect.Value, action string) error {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.Anonymous {
			if err := f.decode(v.Field(i), action); err != nil {
				return err
			}
			continue
		}
		m := memberOf(field, action)
		part := f.parts[m.name]
		if part == nil {
			continue
		}
		if err := part.decodeValue(v.Field(i), m, action); err != nil {
			return err
		}
	}
	return nil
}

func (f *form) decodeValue(v reflect.Value, m member, action string) error {
	switch v.Kind() {
	case reflect.Struct:
		return f.decode(v, action)
	case reflect.Slice:
		return f.decodeList(v, m, action)
	case reflect.Map:
		return f.decodeMap(v, m, action)
	}
	if f.value == nil {
		return nil
	}
	switch v.Interface().(type) {
	case string:
		v.SetString(*f.value)
	case *string:
		v.Set(reflect.ValueOf(f.value))
	case *int:
		n, err := strconv.Atoi(*f.value)
		if err != nil {
			return outOfRange(shorten(*f.value), m.name, "Must be an integer")
		}
		v.Set(reflect.ValueOf(&n))
	}
	return nil
}

func (f *form) decodeList(v reflect.Value, m member, action string) error {
	elements := f.elements()
	list := reflect.MakeSlice(v.Type(), len(elements), len(elements))
	for i, element := range elements {
		if err := element.decodeValue(list.Index(i), m, action); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func (f *form) decodeMap(v reflect.Value, m member, action string) error {
	all := reflect.MakeMap(v.Type())
	for _, element := range f.elements() {
		key, value := element.parts[m.key], reflect.New(v.Type().Elem()).Elem()
		if key == nil || key.value == nil {
			return missingParameter(m.name + "." + m.key)
		}
		if part := element.parts["Value"]; part != nil {
			if err := part.decodeValue(value, member{name: m.name}, action); err != nil {
				return err
			}
		}
		all.SetMapIndex(reflect.ValueOf(*key.value), value)
	}
	v.Set(all)
	return nil
}

// sortedKeys returns the keys of a map of strings to something.
func sortedKeys(v reflect.Value) []string {
	keys := map[string]bool{}
	for _, key := range v.MapKeys() {
		keys[key.String()] = true
	}
	return slices.Sorted(maps.Keys(keys))
}
