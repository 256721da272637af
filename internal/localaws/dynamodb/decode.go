package dynamodb

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"

	"github.com/askaround/askaround-go/internal/localaws/attr"
)

// decode reads a request body into v. Every failure is a SerializationException.
func decode(body []byte, v any) error {
	if len(body) == 0 {
		body = []byte("{}")
	}
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
	switch got {
	case "object":
		return "Start of structure or map found where not expected"
	case "array":
		return "Start of list found where not expected"
	}
	for want.Kind() == reflect.Pointer {
		want = want.Elem()
	}
	token := map[string]string{"string": "STRING_VALUE", "bool": "TRUE_VALUE"}[got]
	if token == "" {
		token = "NUMBER_VALUE"
	}
	switch want.Kind() {
	case reflect.String:
		return token + " cannot be converted to String"
	case reflect.Int64:
		return token + " cannot be converted to Long"
	case reflect.Int32:
		return token + " cannot be converted to Integer"
	case reflect.Bool:
		return token + " cannot be converted to Boolean"
	}
	return "Unexpected value type in payload"
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
