package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// decode reads a request body into v, whose raw JSON may be parts of it. Every failure is a
// SerializationException.
func decode[T any](p *plain, body []byte, v *T) error {
	if p.decode(body, v) {
		return nil
	}
	*v = *new(T)
	err := json.Unmarshal(body, v)
	var (
		mismatch *json.UnmarshalTypeError
		shape    *attr.SerializationError
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &shape):
		return serialization(shape.Message)
	case errors.As(err, &mismatch):
		return serialization(conversion(mismatch.Value, mismatch.Type))
	}
	return serialization("")
}

// conversion has AWS's words for a JSON value of the wrong kind.
func conversion(got string, want reflect.Type) string {
	for want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	kind := javaKinds[want.Kind()]
	switch {
	case got == "object":
		return "Start of structure or map found where not expected"
	case got == "array" && kind != "":
		return "Unrecognized collection type class java.lang." + kind
	case got == "array":
		return "Unrecognized collection type class com.amazonaws.dynamodb.v20120810." + upperFirst(want.Name())
	case kind != "":
		return jsonToken(got) + " cannot be converted to " + kind
	case want.Kind() == reflect.Struct:
		return "Unexpected value type in payload"
	}
	return "Unexpected field type"
}

var javaKinds = map[reflect.Kind]string{
	reflect.String: "String", reflect.Bool: "Boolean", reflect.Int: "Integer", reflect.Int64: "Long",
}

// jsonToken is the name that AWS's parser has for a scalar; got is what package json
// calls it.
func jsonToken(got string) string {
	switch kind, number, _ := strings.Cut(got, " "); {
	case kind == "string":
		return "STRING_VALUE"
	case kind == "bool":
		return "TRUE_VALUE"
	case strings.ContainsAny(number, ".eE"):
		return "DECIMAL_VALUE"
	}
	return "NUMBER_VALUE"
}

// encode writes an answer. HTML in strings is left as it is, as DynamoDB leaves it.
func encode(v any) ([]byte, error) {
	if a, ok := v.(appender); ok {
		return a.appendJSON(takeBuffer()), nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
