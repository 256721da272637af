package dynamodb

import (
	"reflect"
	"strconv"
	"strings"
)

// javaText writes a value as AWS's messages show it, which is what Java prints:
// [a, b] for a list, {k=v} for a map and Name(member=value) for a structure. Attribute
// values stand there as their JSON: AWS's own form of them changes with its releases.
func javaText(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return javaText(v.Elem())
	case reflect.String:
		return v.String()
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Slice:
		return javaList(v)
	case reflect.Map:
		return javaMap(v)
	case reflect.Struct:
		if v.Type() == document {
			return string(documentIn(v).json())
		}
		return javaStructure(v)
	}
	return ""
}

func javaList(v reflect.Value) string {
	switch {
	case v.IsNil():
		return "null"
	case v.Type() == rawMessage:
		return string(v.Bytes())
	}
	texts := make([]string, v.Len())
	for i := range texts {
		texts[i] = javaText(v.Index(i))
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func javaMap(v reflect.Value) string {
	var texts []string
	for _, key := range sortedKeys(v) {
		texts = append(texts, key.String()+"="+javaText(v.MapIndex(key)))
	}
	return "{" + strings.Join(texts, ", ") + "}"
}

func javaStructure(v reflect.Value) string {
	return upperFirst(v.Type().Name()) + "(" + strings.Join(javaMembers(v), ", ") + ")"
}

func javaMembers(v reflect.Value) (texts []string) {
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.Anonymous {
			texts = append(texts, javaMembers(v.Field(i))...)
		} else {
			texts = append(texts, lowerFirst(f.Name)+"="+javaText(v.Field(i)))
		}
	}
	return texts
}
