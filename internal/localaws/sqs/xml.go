package sqs

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"reflect"
	"strings"
)

func element(b *bytes.Buffer, name string, content func()) {
	b.WriteString("<" + name + ">")
	content()
	b.WriteString("</" + name + ">")
}

func text(b *bytes.Buffer, name, value string) {
	element(b, name, func() { _ = xml.EscapeText(b, []byte(value)) }) // a buffer takes everything
}

// encodeFields writes the fields of a struct as elements, lists and maps flattened.
func encodeFields(b *bytes.Buffer, v reflect.Value, action string) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if value.IsZero() && strings.HasSuffix(field.Tag.Get("json"), ",omitempty") {
			continue
		}
		encodeValue(b, value, memberOf(field, action), action)
	}
}

func encodeValue(b *bytes.Buffer, v reflect.Value, m member, action string) {
	switch v.Kind() {
	case reflect.Pointer:
		encodeValue(b, v.Elem(), m, action)
	case reflect.Struct:
		element(b, m.name, func() { encodeFields(b, v, action) })
	case reflect.Slice:
		for i := range v.Len() {
			encodeValue(b, v.Index(i), m, action)
		}
	case reflect.Map:
		for _, key := range sortedKeys(v) {
			element(b, m.name, func() {
				text(b, m.key, key)
				encodeValue(b, v.MapIndex(reflect.ValueOf(key)), member{"Value", "Name"}, action)
			})
		}
	default:
		text(b, m.name, fmt.Sprint(v.Interface()))
	}
}
